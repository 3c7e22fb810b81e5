// Unaligned BAM (as sequencers deliver it) to FASTQ.
process SAMTOOLS_FASTQ {
    tag "${meta.id} ${meta.library}"

    input:
    tuple val(meta), path(bams)                                     // [meta, [bam, ...]]

    output:
    tuple(val(meta), path("${meta.library}.fastq.gz"), emit: reads)  // [meta, fastq]
    tuple(val(task.process), val('samtools'), eval("samtools --version | sed -n '1s/samtools //p'"), emit: versions)

    script:
    """
    for bam in ${bams}; do samtools fastq -@ ${task.cpus} "\$bam"; done | bgzip -@ ${task.cpus} > ${meta.library}.fastq.gz
    """

    stub:
    "touch ${meta.library}.fastq.gz"
}

// One BAM a sample from its libraries and given BAMs, its share of reads when subsampled, and what it holds.
process SAMPLE_BAM {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(bams, stageAs: 'libraries/?/*')                      // [meta, [bam, ...]]
    val code_hash

    output:
    tuple(val(meta), path("${meta.sample}.bam"), path("${meta.sample}.bam.csi"), emit: bam)
    tuple(val(meta), path("${meta.sample}.alignment.json"), emit: metrics)
    tuple(val(meta), path("${meta.sample}.stats.txt"), emit: logs)
    tuple(val(task.process), val('samtools'), eval("samtools --version | sed -n '1s/samtools //p'"), emit: versions)

    script:
    def merging = [bams].flatten().size() > 1 ? "samtools merge \$threads -o ${meta.sample}.bam ${bams}" : "ln -s ${bams} ${meta.sample}.bam"
    """
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

// A random share of the reads of a sample whose depth is above a limit, so that samples are compared at one depth.
process SUBSAMPLE {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(bam, stageAs: 'deep/*'), path(index, stageAs: 'deep/*'), val(share)   // [meta, bam, csi, 0 to 1]

    output:
    tuple(val(meta), path("${meta.sample}.bam"), path("${meta.sample}.bam.csi"), emit: bam)
    tuple(val(task.process), val('samtools'), eval("samtools --version | sed -n '1s/samtools //p'"), emit: versions)

    script:
    """
    samtools view -b -@ ${task.cpus} --subsample ${share} --subsample-seed 11 -o ${meta.sample}.bam ${bam}
    samtools index -c -@ ${task.cpus} ${meta.sample}.bam
    """

    stub:
    "touch ${meta.sample}.bam ${meta.sample}.bam.csi"
}
