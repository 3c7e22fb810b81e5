process HISAT2_INDEX {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple(val(meta), path("index"), emit: index)
    tuple(val(task.process), eval("tool_versions.sh HISAT2_INDEX"), emit: versions)

    script:
    """
    mkdir index
    hisat2-build -q -p ${task.cpus} ${genome} index/genome
    """

    stub:
    "mkdir index"
}

// Maps RNA reads to the assembly, and extracts the introns and the strandedness of the library from the alignments.
process HISAT2_ALIGN {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'rna_evidence.py') })

    input:
    tuple val(meta), path(read1), path(read2), path(index), path(genome)       // [meta + library, fastq, fastq or [], folder, fasta]

    output:
    tuple(val(meta), path("${meta.library}.bam"), emit: bam)
    tuple(val(meta), path("${meta.library}.hints.gff"), emit: hints)
    tuple(val(meta), path("${meta.library}.transcript_mapping.json"), emit: metrics)
    path("${meta.library}.hisat2.log", emit: log)
    tuple(val(task.process), eval("tool_versions.sh HISAT2_ALIGN"), emit: versions)

    script:
    def reads = read2 ? "-1 ${read1} -2 ${read2}" : "-U ${read1}"
    """
    # ${task.ext.code}
    hisat2 --dta --new-summary --summary-file ${meta.library}.hisat2.log -p ${task.cpus} -x ${index}/genome ${reads} ${task.ext.args ?: ''} \\
        | samtools sort \$(tool_options.py samtools-sort --cpus ${task.cpus} --memory-mb ${task.memory.toMega()} --share 0.33) -o ${meta.library}.bam -
    rna_evidence.py ${meta.library}.bam --id ${meta.id} --library ${meta.library} --type ${meta.type} --genome ${genome} \\
        ${meta.strandedness ? "--strandedness ${meta.strandedness}" : ''} --hints ${meta.library}.hints.gff --out ${meta.library}.transcript_mapping.json
    """

    stub:
    """
    touch ${meta.library}.bam ${meta.library}.hints.gff ${meta.library}.hisat2.log
    echo '{"id": "${meta.id}", "step": "transcript_mapping", "strandedness": "reverse"}' > ${meta.library}.transcript_mapping.json
    """
}
