// Heterozygosity of one sample from genotype likelihoods, for all sites and for transversions.
process LIKELIHOOD_HETEROZYGOSITY {
    tag "${meta.sample}"
    ext(code: { Code.hash(projectDir, 'likelihood_heterozygosity.py') })

    input:
    tuple val(meta), path(gvcf), path(index), val(max_depth)         // [meta, bcf, csi, x]
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)

    output:
    path("${meta.sample}.likelihood_heterozygosity.tsv", emit: table)
    path("${meta.sample}.likelihood_heterozygosity.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh LIKELIHOOD_HETEROZYGOSITY"), emit: versions)

    script:
    """
    # ${task.ext.code}
    bedtools subtract -a ${included} -b ${excluded} > sites.bed
    # bedtools stops at the last interval; what comes behind it is read on, or bcftools would end by SIGPIPE
    reads='%PL'
    if bcftools view -h ${gvcf} | grep '^##FORMAT=<ID=AD,' > /dev/null; then reads='%PL:%DP:%AD'; fi
    bcftools query -i 'INDEL=0 && FMT/DP<=${max_depth}' -f "%CHROM\\t%POS0\\t%END\\t%REF\\t%ALT[\\t\$reads]\\n" ${gvcf} \\
        | { bedtools intersect -sorted -g ${fai} -a - -b sites.bed; cat > /dev/null; } \\
        | awk 'BEGIN { FS = OFS = "\\t" } { \$2 += 1; print }' \\
        | likelihood_heterozygosity.py --sample ${meta.sample} --compartments ${compartments} --table ${meta.sample}.likelihood_heterozygosity.tsv --out ${meta.sample}.likelihood_heterozygosity.json
    """

    stub:
    """
    touch ${meta.sample}.likelihood_heterozygosity.tsv
    echo '{"id": "popgen", "step": "likelihood_heterozygosity", "sample": "${meta.sample}"}' > ${meta.sample}.likelihood_heterozygosity.json
    """
}

// Frequency spectra, diversity and divergence of shallow samples by EM; without transitions if old DNA is damaged.
process LIKELIHOOD_SPECTRUM {
    ext(code: { Code.hash(projectDir, 'likelihood_spectrum.py') })

    input:
    path gvcfs                                                       // folder of gVCFs and their indices
    path samples                                                     // tsv: all samples
    path called                                                      // tsv: those whose genotypes are called
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val transversions_only
    val excess_heterozygosity                                        // least probability of a site

    output:
    path("likelihood_{spectrum,diversity,divergence,kinship,inbreeding}.tsv", emit: tables)
    path("likelihood_spectrum.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh LIKELIHOOD_SPECTRUM"), emit: versions)

    script:
    """
    # ${task.ext.code}
    bedtools subtract -a ${included} -b ${excluded} > sites.bed
    cut -f 1 ${called} > called.txt
    awk -F '\\t' 'NR == FNR { called[\$1] = 1; next } FNR == 1 || !(\$1 in called)' called.txt ${samples} > shallow.tsv
    sed 1d shallow.tsv | cut -f 1 | while read name; do echo ${gvcfs}/\$name.g.*[fz]; done > gvcfs.txt
    reads='%PL'
    if bcftools view -h \$(head -n 1 gvcfs.txt) | grep '^##FORMAT=<ID=AD,' > /dev/null; then reads='%PL:%DP:%AD'; fi
    if [ \$(wc -l < gvcfs.txt) -gt 1 ]; then joined="bcftools merge --gvcf ${fasta} -l gvcfs.txt -Ou"; else joined="bcftools view -Ou \$(cat gvcfs.txt)"; fi
    \$joined | bcftools convert --gvcf2vcf -f ${fasta} -Ou | bcftools view -T sites.bed -e 'INFO/INDEL=1' -Ou \\
        | bcftools query -H -f "%CHROM\\t%POS\\t%REF\\t%ALT[\\t\$reads]\\n" \\
        | likelihood_spectrum.py --id popgen --samples shallow.tsv --compartments ${compartments} --excess-heterozygosity ${excess_heterozygosity} ${transversions_only ? '--transversions-only' : ''} \\
            --table likelihood_spectrum.tsv --diversity likelihood_diversity.tsv --divergence likelihood_divergence.tsv --kinship likelihood_kinship.tsv --inbreeding likelihood_inbreeding.tsv --out likelihood_spectrum.json
    """

    stub:
    """
    touch likelihood_spectrum.tsv likelihood_diversity.tsv likelihood_divergence.tsv likelihood_kinship.tsv likelihood_inbreeding.tsv
    echo '{"id": "popgen", "step": "likelihood_spectrum"}' > likelihood_spectrum.json
    """
}

process LIKELIHOOD_CONTRAST {
    ext(code: { Code.hash(projectDir, 'likelihood_contrast.py') })

    input:
    path tables                                                      // [tsv, ...]
    path samples

    output:
    path("likelihood_{heterozygosity,contrast}.tsv", emit: tables)
    path("likelihood_contrast.json", emit: metrics)

    script:
    """
    # ${task.ext.code}
    likelihood_contrast.py ${tables} --samples ${samples} --table likelihood_heterozygosity.tsv --contrast likelihood_contrast.tsv --out likelihood_contrast.json
    """

    stub:
    """
    touch likelihood_heterozygosity.tsv likelihood_contrast.tsv
    echo '{"id": "popgen", "step": "likelihood_contrast"}' > likelihood_contrast.json
    """
}
