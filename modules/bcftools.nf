// Joins the variants of all regions in one file, in genome order.
process CONCAT_VARIANTS {
    input:
    path parts                                                       // [bcf, ...]: region0001.variants.bcf, ...

    output:
    tuple(path("variants.bcf"), path("variants.bcf.csi"), emit: variants)
    tuple(val(task.process), eval("tool_versions.sh CONCAT_VARIANTS"), emit: versions)

    script:
    """
    ls *.variants.bcf > parts.txt
    bcftools concat -n -f parts.txt -o variants.bcf 2> concat.log || { cat concat.log >&2; exit 1; }
    bcftools index -c variants.bcf
    """

    stub:
    "touch variants.bcf variants.bcf.csi"
}

// Indexes given VCF or BCF files; CSI supports sequences of any length.
process INDEX_VCF {
    input:
    path vcfs                                                        // [vcf, ...]

    output:
    path("*.csi", emit: indexes)
    tuple(val(task.process), eval("tool_versions.sh INDEX_VCF"), emit: versions)

    script:
    "printf '%s\\n' ${vcfs} | xargs -P ${task.cpus} -n 1 bcftools index -c"

    stub:
    "for vcf in ${vcfs}; do touch \$vcf.csi; done"
}

// Names a given gVCF after its sample, and reads the depth from its blocks.
process GIVEN_GVCF {
    tag "${meta.sample}"
    ext(code: { Code.hash(projectDir, 'sample_depth.py') })

    input:
    tuple val(meta), path(given, stageAs: 'given/*')                 // [meta, bcf or vcf.gz]
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    tuple val(low), val(high), val(min_depth)                        // [share of the median, multiple of the median, x]

    output:
    tuple(val(meta), path("${name}"), path("${name}.csi"), emit: gvcf)
    tuple(val(meta), path("${meta.sample}.depth.json"), emit: metrics)
    tuple(val(meta), path("${meta.sample}.callable.bed.gz"), emit: callable)
    tuple(val(task.process), eval("tool_versions.sh GIVEN_GVCF"), emit: versions)

    script:
    name = "${meta.sample}.g.${given.name.endsWith('.bcf') ? 'bcf' : 'vcf.gz'}"
    """
    # ${task.ext.code}
    bcftools reheader -s <(echo ${meta.sample}) -o ${name} ${given}
    bcftools index -c ${name}
    bcftools query -f '%CHROM\\t%POS\\t%END[\\t%DP]\\n' ${name} \\
        | sample_depth.py --sample ${meta.sample} --blocks --fai ${fai} --compartments ${compartments} --include ${included} --exclude ${excluded} \\
            --low ${low} --high ${high} --min-depth ${min_depth} --callable ${meta.sample}.callable.bed.gz --out ${meta.sample}.depth.json
    """

    stub:
    name = "${meta.sample}.g.bcf"
    """
    touch ${name} ${name}.csi ${meta.sample}.callable.bed.gz
    echo '{"id": "popgen", "step": "sample_depth", "sample": "${meta.sample}", "median_depth_x": 12, "mean_depth_x": 12, "min_depth_x": 4, "max_depth_x": 24}' > ${meta.sample}.depth.json
    """
}
