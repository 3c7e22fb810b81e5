// Converts BAM or CRAM to FASTQ: every primary record once, aligned or not.
process SAMTOOLS_FASTQ {
    tag "${meta.id} ${meta.library}"

    input:
    tuple val(meta), path(given, stageAs: 'given/*'), path(reference, stageAs: 'reference/*')   // [meta + library, [bam or cram, ...], fasta of the CRAM or []]

    output:
    tuple(val(meta), path("${meta.library}.fast{q,a}.gz"), emit: reads)  // [meta, fastq or fasta]
    tuple(val(task.process), eval("tool_versions.sh SAMTOOLS_FASTQ"), emit: versions)

    script:
    // samtools fastq would invent qualities for reads without any
    def format = meta.qualities == false ? 'fasta' : 'fastq'
    """
    ${reference ? "gzip -dcf ${reference} > reference.fa" : ''}
    for file in ${given}; do samtools ${format} -@ ${task.cpus} ${reference ? '--reference reference.fa' : ''} "\$file"; done | bgzip -@ ${task.cpus} > ${meta.library}.${format}.gz
    rm -f reference.fa*
    """

    stub:
    "touch ${meta.library}.fastq.gz"
}

// Converts BAM or CRAM of paired reads to two FASTQ files in the same order. Reads without their mate are counted and left out.
process SAMTOOLS_PAIRS {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(given, stageAs: 'given/*'), path(reference, stageAs: 'reference/*')   // [meta + library, [bam or cram, ...], fasta of the CRAM or []]

    output:
    tuple(val(meta), path("${meta.library}.pairs_1.fastq.gz"), path("${meta.library}.pairs_2.fastq.gz"), emit: reads)  // [meta, fastq, fastq]
    tuple(val(meta), path("${meta.library}.read_pairs.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh SAMTOOLS_PAIRS"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${reference ? "gzip -dcf ${reference} > reference.fa" : ''}
    number=0
    for file in ${given}; do
        number=\$((number + 1))
        samtools collate -@ ${task.cpus} ${reference ? '--reference reference.fa' : ''} -O -u "\$file" collate.\$number \\
            | samtools fastq -@ ${task.cpus} -n -1 pairs_1.\$number.fastq.gz -2 pairs_2.\$number.fastq.gz -0 other.\$number.fastq.gz -s single.\$number.fastq.gz -
    done
    reads() { echo \$((\$(gzip -dc "\$@" | wc -l) / 4)); }
    echo "{\\"pairs\\": \$(reads pairs_1.*), \\"single\\": \$(reads single.*), \\"unmarked\\": \$(reads other.*)}" > counts.json
    tool_metrics.py pairs --id ${meta.id} --library ${meta.library} --type ${meta.type} --out ${meta.library}.read_pairs.json counts.json
    cat pairs_1.*.fastq.gz > ${meta.library}.pairs_1.fastq.gz
    cat pairs_2.*.fastq.gz > ${meta.library}.pairs_2.fastq.gz
    rm -f reference.fa* pairs_?.*.fastq.gz single.*.fastq.gz other.*.fastq.gz
    """

    stub:
    """
    touch ${meta.library}.pairs_1.fastq.gz ${meta.library}.pairs_2.fastq.gz
    echo '{"id": "${meta.id}", "step": "read_pairs"}' > ${meta.library}.read_pairs.json
    """
}

// Joins the libraries and given BAMs of a sample in one BAM, downsamples it if asked to, and records what it contains.
process SAMPLE_BAM {
    tag "${meta.sample}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(bams, stageAs: 'libraries/?/*')                      // [meta, [bam, ...]]

    output:
    tuple(val(meta), path("${meta.sample}.bam"), path("${meta.sample}.bam.csi"), emit: bam)
    tuple(val(meta), path("${meta.sample}.alignment.json"), emit: metrics)
    tuple(val(meta), path("${meta.sample}.stats.txt"), emit: logs)
    tuple(val(task.process), eval("tool_versions.sh SAMPLE_BAM"), emit: versions)

    script:
    def merging = [bams].flatten().size() > 1 ? "samtools merge \$threads -o ${meta.sample}.bam ${bams}" : "ln -s ${bams} ${meta.sample}.bam"
    """
    # ${task.ext.code}
    threads=\$(tool_options.py samtools --cpus ${task.cpus})
    ${merging}
    samtools index -c \$threads ${meta.sample}.bam
    samtools stats \$threads ${meta.sample}.bam > ${meta.sample}.stats.txt
    samtools flagstat -O json ${meta.sample}.bam > flagstat.json
    tool_metrics.py flagstat --id popgen --sample ${meta.sample} --out ${meta.sample}.alignment.json flagstat.json
    """

    stub:
    """
    touch ${meta.sample}.bam ${meta.sample}.bam.csi ${meta.sample}.stats.txt
    echo '{"id": "popgen", "step": "sample_alignment", "sample": "${meta.sample}"}' > ${meta.sample}.alignment.json
    """
}

// Takes a random share of the reads of a sample that is deeper than a limit, so that samples can be compared at equal depth.
process SUBSAMPLE {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(bam, stageAs: 'deep/*'), path(index, stageAs: 'deep/*'), val(share)   // [meta, bam, csi, 0 to 1]

    output:
    tuple(val(meta), path("${meta.sample}.bam"), path("${meta.sample}.bam.csi"), emit: bam)
    tuple(val(task.process), eval("tool_versions.sh SUBSAMPLE"), emit: versions)

    script:
    """
    samtools view -b -@ ${task.cpus} --subsample ${share} --subsample-seed 11 -o ${meta.sample}.bam ${bam}
    samtools index -c -@ ${task.cpus} ${meta.sample}.bam
    """

    stub:
    "touch ${meta.sample}.bam ${meta.sample}.bam.csi"
}
