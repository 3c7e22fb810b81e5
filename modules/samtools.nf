// Unaligned BAM (as sequencers deliver it) to FASTQ.
process SAMTOOLS_FASTQ {
    tag "${meta.id} ${meta.library}"

    input:
    tuple val(meta), path(bams)                                     // [meta, [bam, ...]]

    output:
    tuple val(meta), path("${meta.library}.fastq.gz"), emit: reads   // [meta, fastq]
    tuple val(task.process), val('samtools'), eval("samtools --version | sed -n '1s/samtools //p'"), emit: versions

    script:
    """
    for bam in ${bams}; do samtools fastq -@ ${task.cpus} "\$bam"; done | bgzip -@ ${task.cpus} > ${meta.library}.fastq.gz
    """

    stub:
    "touch ${meta.library}.fastq.gz"
}
