// Depth of one sample: its distribution, the window taken from that, and the sites within it that no mask excludes.
process SAMPLE_DEPTH {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(bam), path(index)                          // [meta, bam, csi]
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)         // [bed, bed, tsv]
    val min_mapq
    tuple val(low), val(high), val(min_depth)                        // [share of the median, multiple of the median, x]
    val code_hash

    output:
    tuple(val(meta), path("${meta.sample}.depth.json"), emit: metrics)
    tuple(val(meta), path("${meta.sample}.callable.bed.gz"), emit: callable)
    tuple(val(meta), path("${meta.sample}.mosdepth.*.txt"), emit: logs)
    tuple(val(task.process), val('mosdepth'), eval("mosdepth --version | sed 's/mosdepth //'"), emit: mosdepth_version)
    tuple(val(task.process), val('bedtools'), eval("bedtools --version | sed 's/bedtools v//'"), emit: versions)

    script:
    def depth = "mosdepth --threads ${Math.min(4, task.cpus as int)} --no-per-base --mapq ${min_mapq}"
    """
    ${depth} ${meta.sample} ${bam}
    window=\$(sample_depth.py --sample ${meta.sample} --mosdepth ${meta.sample}.mosdepth.global.dist.txt ${meta.sample}.mosdepth.summary.txt \\
        --compartments ${compartments} --low ${low} --high ${high} --min-depth ${min_depth} --out ${meta.sample}.depth.json)
    read smallest largest <<< "\$window"
    ${depth} --quantize "\$smallest:\$((largest + 1))" window ${bam}
    bgzip -dc window.quantized.bed.gz | cut -f 1-3 | bedtools intersect -sorted -g ${fai} -a - -b ${included} | bedtools subtract -sorted -g ${fai} -a - -b ${excluded} \\
        | bgzip > ${meta.sample}.callable.bed.gz
    """

    stub:
    """
    touch ${meta.sample}.callable.bed.gz ${meta.sample}.mosdepth.global.dist.txt ${meta.sample}.mosdepth.summary.txt
    echo '{"id": "popgen", "step": "sample_depth", "sample": "${meta.sample}", "median_depth_x": 12, "mean_depth_x": 12, "min_depth_x": 4, "max_depth_x": 24}' > ${meta.sample}.depth.json
    """
}
