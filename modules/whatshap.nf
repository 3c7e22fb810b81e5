// Keeps the reads of one haplotype: at heterozygous insertions and inversions, a consensus from both haplotypes is neither. Heterozygous
// sites of the draft are called and phased, reads are assigned to haplotypes, and in each phase block the haplotype with fewer reads is
// left out. Reads without a heterozygous site are kept.
process HAPLOTYPE_READS {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'smaller_haplotypes.py') })

    input:
    tuple val(meta), path(assembly), path(reads)                               // [meta, fasta, [fastq, ...]]

    output:
    tuple(val(meta), path("${meta.id}.one_haplotype.fasta.gz"), emit: reads)         // [meta, fasta]
    tuple(val(task.process), eval("tool_versions.sh HAPLOTYPE_READS"), emit: versions)

    script:
    """
    # ${task.ext.code}
    samtools faidx ${assembly}
    minimap2 -ax map-hifi -t ${task.cpus} ${assembly} ${reads} | samtools sort \$(tool_options.py samtools-sort --cpus ${task.cpus} --memory-mb ${task.memory.toMega()} --share 0.33) -o mapped.bam --write-index -
    bcftools mpileup \$(tool_options.py bcftools --cpus ${task.cpus}) -X pacbio-ccs --skip-indels -Ou -f ${assembly} mapped.bam \\
        | bcftools call -mv -Ou | bcftools view -g het -i 'QUAL >= 20' -Oz -o heterozygous.vcf.gz
    whatshap phase --ignore-read-groups --reference ${assembly} -o phased.vcf.gz heterozygous.vcf.gz mapped.bam
    bcftools index --tbi phased.vcf.gz
    whatshap haplotag --ignore-read-groups --reference ${assembly} --output-haplotag-list tags.tsv -o /dev/null phased.vcf.gz mapped.bam
    smaller_haplotypes.py tags.tsv > left_out.txt
    seqkit grep -v -f left_out.txt ${reads} | seqkit fq2fa -o ${meta.id}.one_haplotype.fasta.gz
    rm mapped.bam*
    """

    stub:
    "touch ${meta.id}.one_haplotype.fasta.gz"
}
