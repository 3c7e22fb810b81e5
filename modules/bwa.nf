include { splitMates } from './linnaea/populations.nf'

// Indexes a reference for bwa.
process BWA_INDEX {
    input:
    path fasta

    output:
    tuple(path(fasta), path("${fasta}.*"), emit: index)              // [fasta, [index file, ...]]
    tuple(val(task.process), eval("tool_versions.sh BWA_INDEX"), emit: versions)

    script:
    "bwa index ${fasta} 2> bwa_index.log || { cat bwa_index.log >&2; exit 1; }"

    stub:
    "touch ${fasta}.amb ${fasta}.ann ${fasta}.bwt ${fasta}.pac ${fasta}.sa"
}

// Trims the reads of one modern library, maps them by lane, and marks duplicates across the library.
process MAP_MODERN {
    tag "${meta.sample} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'split_pairs.py', 'library_trimming.py') })

    input:
    tuple val(meta), val(lanes), path(read1, stageAs: 'lanes_1/?/*'), path(read2, stageAs: 'lanes_2/?/*')   // [meta, [name, ...], [fastq, ...], [fastq, ...] or []]
    tuple path(fasta), path(index)
    val min_length

    output:
    tuple(val(meta), path("${prefix}.bam"), emit: bam)
    tuple(val(meta), path("${prefix}.trimming.json"), emit: metrics)
    tuple(val(meta), path("*.fastp.json"), emit: logs)
    tuple(val(task.process), eval("tool_versions.sh MAP_MODERN"), emit: versions)

    script:
    prefix = "${meta.sample}.${meta.library}"
    def threads = Math.max(1, (task.cpus as int).intdiv(4))
    def mapping = [lanes, [read1].flatten(), read2 ? [read2].flatten() : lanes.collect { '' }].transpose().withIndex().collect { files, number ->
        def (lane, given, mate) = files
        def split = lane in meta.interleaved ? splitMates("${prefix}.${lane}", given) : ''
        def one = split ? 'mates_1.fastq.gz' : given
        def two = split ? 'mates_2.fastq.gz' : mate
        """${split}fastp -w ${threads} -i ${one} ${two ? "-I ${two} --detect_adapter_for_pe" : ''} -l ${min_length} --stdout -R '${prefix} ${lane}' -j ${prefix}.${lane}.fastp.json -h /dev/null 2> fastp.log \\
        | bwa mem -t ${task.cpus} ${two ? '-p' : ''} -R '@RG\\tID:${prefix}.${lane}\\tSM:${meta.sample}\\tLB:${meta.library}\\tPU:${lane}\\tPL:ILLUMINA' ${fasta} - 2> bwa.log \\
        | samtools fixmate -u -m - - \\
        | samtools sort -u \$sorting -T sorting -o lane${number}.bam -"""
    }
    """
    # ${task.ext.code}
    sorting=\$(tool_options.py samtools-sort --cpus ${threads} --memory-mb ${task.memory.toMega()} --share 0.33)
    ${mapping.join('\n    ')}
    samtools merge -u -o - lane*.bam | samtools markdup -@ ${threads} -T marking - ${prefix}.bam
    rm lane*.bam
    library_trimming.py fastp --sample ${meta.sample} --library ${meta.library} ${meta.interleaved ? "--read-pairs ${prefix}.*.read_pairs.json" : ''} --out ${prefix}.trimming.json ${prefix}.*.fastp.json
    """

    stub:
    prefix = "${meta.sample}.${meta.library}"
    """
    touch ${prefix}.bam ${prefix}.${lanes[0]}.fastp.json
    echo '{"id": "popgen", "step": "library_trimming", "sample": "${meta.sample}"}' > ${prefix}.trimming.json
    """
}

// Maps the trimmed and merged reads of one historical library without a seed, because damage breaks seeds (Oliva et al. 2021,
// doi:10.1093/bib/bbab076). Unmapped reads are counted and left out. Merged reads are duplicates if both ends agree.
process MAP_HISTORICAL {
    tag "${meta.sample} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'merged_duplicates.py') })

    input:
    tuple val(meta), val(lanes), path(reads)                         // [meta, [name, ...], [fastq, ...]]
    tuple path(fasta), path(index)

    output:
    tuple(val(meta), path("${prefix}.bam"), emit: bam)
    tuple(val(task.process), eval("tool_versions.sh MAP_HISTORICAL"), emit: versions)

    script:
    prefix = "${meta.sample}.${meta.library}"
    def threads = Math.max(1, (task.cpus as int).intdiv(4))
    def mapping = [lanes, [reads].flatten()].transpose().withIndex().collect { files, number ->
        def (lane, fastq) = files
        """bwa aln -t ${task.cpus} -l 1024 -n 0.01 -o 2 -k 2 ${fasta} ${fastq} > lane.sai 2> bwa.log
    bwa samse -r '@RG\\tID:${prefix}.${lane}\\tSM:${meta.sample}\\tLB:${meta.library}\\tPU:${lane}\\tPL:ILLUMINA' ${fasta} lane.sai ${fastq} 2>> bwa.log \\
        | samtools view -u -F 4 - | samtools sort -u \$sorting -T sorting -o lane${number}.bam -"""
    }
    """
    # ${task.ext.code}
    sorting=\$(tool_options.py samtools-sort --cpus ${threads} --memory-mb ${task.memory.toMega()} --share 0.33)
    ${mapping.join('\n    ')}
    samtools merge -u -o - lane*.bam | ${meta.paired ? "merged_duplicates.py > ${prefix}.bam" : "samtools markdup -@ ${threads} -T marking - ${prefix}.bam"}
    rm lane*.bam lane.sai
    """

    stub:
    prefix = "${meta.sample}.${meta.library}"
    "touch ${prefix}.bam"
}
