// The gVCF of one sample by DeepVariant.
process DEEPVARIANT {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(bam), path(index)                          // [meta, bam, csi]
    tuple path(fasta), path(fai)

    output:
    tuple(val(meta), path("${meta.sample}.g.vcf.gz"), path("${meta.sample}.g.vcf.gz.tbi"), emit: gvcf)
    tuple(val(task.process), eval("tool_versions.sh DEEPVARIANT"), emit: versions)

    script:
    """
    run_deepvariant --model_type=WGS --ref=${fasta} --reads=${bam} --sample_name=${meta.sample} --num_shards=${task.cpus} \\
        --output_vcf=${meta.sample}.vcf.gz --output_gvcf=${meta.sample}.g.vcf.gz --intermediate_results_dir=intermediate
    rm -r intermediate
    """

    stub:
    "touch ${meta.sample}.g.vcf.gz ${meta.sample}.g.vcf.gz.tbi"
}

// Joins DeepVariant's gVCFs in one region with GLnexus. It only writes variants; sites without one are those callable in all samples.
process GLNEXUS {
    tag "${region.baseName}"

    input:
    path region                                                      // bed
    path gvcfs                                                       // folder of gVCFs and their indices

    output:
    tuple(path(region), path("${region.baseName}.vcf.gz"), path("${region.baseName}.vcf.gz.csi"), emit: vcf)
    tuple(val(task.process), eval("tool_versions.sh GLNEXUS"), emit: versions)

    script:
    """
    glnexus_cli --config DeepVariant --bed ${region} --threads ${task.cpus} --mem-gbytes ${Math.max(1, (task.memory.toGiga() as int) - 1)} ${gvcfs}/*.g.vcf.gz \\
        | bcftools view -Oz -o ${region.baseName}.vcf.gz
    bcftools index -c ${region.baseName}.vcf.gz
    """

    stub:
    "touch ${region.baseName}.vcf.gz ${region.baseName}.vcf.gz.csi"
}
