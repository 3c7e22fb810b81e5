// Depth of one sample: its distribution, the depth window, and the sites within it that no mask excludes. Sites where mates overlap
// count once.
process SAMPLE_DEPTH {
    tag "${meta.sample}"
    ext(code: { Code.hash(projectDir, 'sample_depth.py') })

    input:
    tuple val(meta), path(bam), path(index)                          // [meta, bam, csi]
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)         // [bed, bed, tsv]
    val min_mapq
    tuple val(low), val(high), val(min_depth)                        // [share of the median, multiple of the median, x]

    output:
    tuple(val(meta), path("${meta.sample}.depth.json"), emit: metrics)
    tuple(val(meta), path("${meta.sample}.callable.bed.gz"), emit: callable)
    tuple(val(task.process), eval("tool_versions.sh SAMPLE_DEPTH"), emit: versions)

    script:
    """
    # ${task.ext.code}
    samtools depth -@ ${Math.min(4, task.cpus as int)} -aa -s -Q ${min_mapq} ${bam} \\
        | sample_depth.py --sample ${meta.sample} --fai ${fai} --compartments ${compartments} --include ${included} --exclude ${excluded} \\
            --low ${low} --high ${high} --min-depth ${min_depth} --callable ${meta.sample}.callable.bed.gz --out ${meta.sample}.depth.json
    """

    stub:
    """
    touch ${meta.sample}.callable.bed.gz
    echo '{"id": "popgen", "step": "sample_depth", "sample": "${meta.sample}", "median_depth_x": 12, "mean_depth_x": 12, "min_depth_x": 4, "max_depth_x": 24}' > ${meta.sample}.depth.json
    """
}

// The depth window of each sample, the samples that are too shallow for calls, and ploidy by chromosome.
process COHORT_DEPTHS {
    ext(code: { Code.hash(projectDir, 'cohort_depths.py') })

    input:
    path(depths, stageAs: 'depths/*')                                // [json, ...]
    path samples                                                     // tsv
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val low_depth

    output:
    tuple(path("called_samples.tsv"), path("depth_windows.tsv"), path("ploidy.txt"), path("sexes.txt"), emit: cohort)
    path("cohort.json", emit: metrics)

    script:
    """
    # ${task.ext.code}
    cohort_depths.py --samples ${samples} --fai ${fai} --compartments ${compartments} --low-depth ${low_depth} --windows depth_windows.tsv \\
        --called called_samples.tsv --ploidy ploidy.txt --sexes sexes.txt --out cohort.json depths/*
    """

    stub:
    // all samples have the depth of the stub of SAMPLE_DEPTH
    """
    ${low_depth > 12 ? 'head -n 1' : 'cat'} ${samples} > called_samples.tsv
    touch depth_windows.tsv ploidy.txt sexes.txt
    echo '{"id": "popgen", "step": "cohort", "samples": []}' > cohort.json
    """
}
