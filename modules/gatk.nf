include { onHead } from './linnaea/functions.nf'

// The gVCF of one sample by GATK's HaplotypeCaller; every site is in a block or a variant.
process HAPLOTYPECALLER {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(bam), path(index)                          // [meta, bam, csi]
    tuple path(fasta), path(fai)

    output:
    tuple(val(meta), path("${meta.sample}.g.vcf.gz"), path("${meta.sample}.g.vcf.gz.tbi"), emit: gvcf)
    tuple(val(task.process), eval("tool_versions.sh HAPLOTYPECALLER"), emit: versions)

    script:
    def java = "--java-options '${onHead(['tool_options.py', 'java', '--memory-mb', "${task.memory.toMega()}"]).trim()}'"
    """
    gatk ${java} CreateSequenceDictionary -R ${fasta}
    samtools addreplacerg -m overwrite_all -w -r 'ID:${meta.sample}' -r 'SM:${meta.sample}' -r 'PL:ILLUMINA' --write-index -o named.bam##idx##named.bam.bai ${bam}
    gatk ${java} HaplotypeCaller -R ${fasta} -I named.bam -O ${meta.sample}.g.vcf.gz -ERC GVCF --native-pair-hmm-threads ${task.cpus}
    rm named.bam*
    """

    stub:
    "touch ${meta.sample}.g.vcf.gz ${meta.sample}.g.vcf.gz.tbi"
}

// Genotypes all samples jointly in one region, at every site.
process GENOTYPE_GVCFS {
    tag "${region.baseName}"

    input:
    path region                                                      // bed
    path gvcfs                                                       // folder of gVCFs and their indices
    tuple path(fasta), path(fai)

    output:
    tuple(path(region), path("${region.baseName}.vcf.gz"), path("${region.baseName}.vcf.gz.csi"), emit: vcf)
    tuple(val(task.process), eval("tool_versions.sh GENOTYPE_GVCFS"), emit: versions)

    script:
    def java = "--java-options '${onHead(['tool_options.py', 'java', '--memory-mb', "${task.memory.toMega()}"]).trim()}'"
    """
    gatk ${java} CreateSequenceDictionary -R ${fasta}
    for gvcf in ${gvcfs}/*.vcf.gz; do printf '%s\\t%s\\n' "\$(basename "\$gvcf" .g.vcf.gz)" "\$gvcf"; done > samples.map
    gatk ${java} GenomicsDBImport --sample-name-map samples.map --genomicsdb-workspace-path database -L ${region} --merge-input-intervals \\
        --genomicsdb-shared-posixfs-optimizations --bypass-feature-reader --batch-size 50 --reader-threads ${task.cpus}
    gatk ${java} GenotypeGVCFs -R ${fasta} -V gendb://database -L ${region} --include-non-variant-sites -O ${region.baseName}.vcf.gz
    rm -r database
    bcftools index -c ${region.baseName}.vcf.gz
    """

    stub:
    "touch ${region.baseName}.vcf.gz ${region.baseName}.vcf.gz.csi"
}
