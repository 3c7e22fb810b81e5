// Adds up the sums of all regions, and writes the tables.
process COMBINE_REGIONS {
    ext(code: { Code.hash(projectDir, 'combine_regions.py') })

    input:
    path sums                                                        // [npz, ...]

    output:
    path("*.tsv", emit: tables)
    path("heterozygosity.tsv", emit: heterozygosity)
    tuple(path("diversity_windows.tsv"), path("divergence_windows.tsv"), emit: windows)
    path("*.json", emit: metrics)
    path("sample_bins.npz", emit: bins)

    script:
    """
    # ${task.ext.code}
    combine_regions.py --id popgen --out . ${sums}
    """

    stub:
    """
    touch diversity.tsv divergence.tsv heterozygosity.tsv diversity_windows.tsv divergence_windows.tsv sample_bins.npz
    echo '{"id": "popgen", "step": "site_filters"}' > site_filters.json
    """
}

// Runs of homozygosity from heterozygous sites per callable base; also by bcftools roh, which only uses genotypes.
process RUNS_OF_HOMOZYGOSITY {
    ext(code: { Code.hash(projectDir, 'runs_of_homozygosity.py') })

    input:
    path bins                                                        // npz
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val length_classes                                               // bp, comma-separated

    output:
    path("roh.tsv", emit: runs)
    path("froh.tsv", emit: table)
    path("runs_of_homozygosity.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh RUNS_OF_HOMOZYGOSITY"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ou')} | bcftools roh -G 30 --AF-dflt 0.4 -O r -o bcftools_roh.txt - 2> bcftools_roh.log || { cat bcftools_roh.log >&2; exit 1; }
    runs_of_homozygosity.py --id popgen --bins ${bins} --compartments ${compartments} --fai ${fai} --bcftools bcftools_roh.txt --length-classes ${length_classes} \
        --samples ${samples} --roh roh.tsv --froh froh.tsv --out runs_of_homozygosity.json
    """

    stub:
    """
    touch roh.tsv froh.tsv
    echo '{"id": "popgen", "step": "runs_of_homozygosity"}' > runs_of_homozygosity.json
    """
}

// Kinship of pairs, compared with a pedigree if there is one.
process KINSHIP {
    ext(code: { Code.hash(projectDir, 'kinship.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    path(pedigree, stageAs: 'given/*')                               // table, .fam or []

    output:
    path("kinship.tsv", emit: table)
    path("pedigree.tsv", emit: pedigree, optional: true)
    path("kinship.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh KINSHIP"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | kinship.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} \\
        ${pedigree ? "--pedigree ${pedigree} --pedigree-table pedigree.tsv" : ''} --table kinship.tsv --out kinship.json
    """

    stub:
    """
    touch kinship.tsv
    echo '{"id": "popgen", "step": "kinship"}' > kinship.json
    """
}

// Principal components of unlinked variants, which are also written as PLINK files.
process PCA {
    ext(code: { Code.hash(projectDir, 'pca.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)

    output:
    path("pca.tsv", emit: table)
    path("eigenvalues.tsv", emit: eigenvalues)
    path("pca.json", emit: metrics)
    tuple(path("unlinked.bed"), path("unlinked.bim"), path("unlinked.fam"), emit: plink)
    tuple(val(task.process), eval("tool_versions.sh PCA"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | pca.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --plink unlinked \
        --pca pca.tsv --eigenvalues eigenvalues.tsv --out pca.json
    """

    stub:
    """
    touch pca.tsv eigenvalues.tsv unlinked.bed unlinked.bim unlinked.fam
    echo '{"id": "popgen", "step": "pca"}' > pca.json
    """
}

// Counts the effects of coding variants on proteins, by sample.
process GENETIC_LOAD {
    ext(code: { Code.hash(projectDir, 'csq_genes.py', 'genetic_load.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(fasta), path(fai)
    path gff

    output:
    path("load.tsv", emit: table)
    path("load_sites.tsv", emit: sites)
    path("genetic_load.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh GENETIC_LOAD"), emit: versions)

    script:
    """
    # ${task.ext.code}
    csq_genes.py ${gff} --out genes.gff3
    bcftools query -l ${variants} > columns.txt
    bcftools view -f PASS,. -Ou ${variants} | bcftools filter -S . -e 'FMT/FT!="PASS"' -Ou \
        | bcftools csq --local-csq --phase a -f ${fasta} -g genes.gff3 -Ou 2> csq.log \
        | bcftools query -f '%CHROM\t%POS\t%REF\t%ALT\t%INFO/BCSQ[\t%GT]\n' \
        | genetic_load.py --columns columns.txt --samples ${samples} --table load.tsv --sites load_sites.tsv --out genetic_load.json || { cat csq.log >&2; exit 1; }
    """

    stub:
    """
    touch load.tsv load_sites.tsv
    echo '{"id": "popgen", "step": "genetic_load"}' > genetic_load.json
    """
}

// Distances between samples per callable site, and their neighbour-joining tree.
process DISTANCE_TREE {
    ext(code: { Code.hash(projectDir, 'distance_tree.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    path heterozygosity                                              // tsv: callable sites of each sample
    tuple path(included), path(excluded), path(compartments)

    output:
    path("distances.tsv", emit: table)
    path("tree.nwk", emit: tree)
    path("distance_tree.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh DISTANCE_TREE"), emit: versions)

    script:
    """
    # ${task.ext.code}
    callable=\$(awk -F '\\t' '\$2 == "autosome" && \$3 > most { most = \$3 } END { print most + 0 }' ${heterozygosity})
    ${passingGenotypes(variants, '-Ov')} | distance_tree.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --callable-sites "\$callable" \\
        --distances distances.tsv --tree tree.nwk --out distance_tree.json
    """

    stub:
    """
    touch distances.tsv tree.nwk
    echo '{"id": "popgen", "step": "distance_tree"}' > distance_tree.json
    """
}

process LD_DECAY {
    ext(code: { Code.hash(projectDir, 'ld_decay.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)

    output:
    path("ld_decay.tsv", emit: table)
    path("ld_decay.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh LD_DECAY"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | ld_decay.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --table ld_decay.tsv --out ld_decay.json
    """

    stub:
    """
    touch ld_decay.tsv
    echo '{"id": "popgen", "step": "ld_decay"}' > ld_decay.json
    """
}

// Effective size from linkage between chromosomes; one of each pair of duplicates is left out.
process EFFECTIVE_SIZE {
    ext(code: { Code.hash(projectDir, 'effective_size.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    path kinship                                                     // tsv
    tuple path(included), path(excluded), path(compartments)

    output:
    path("effective_size.tsv", emit: table)
    path("effective_size.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh EFFECTIVE_SIZE"), emit: versions)

    script:
    """
    # ${task.ext.code}
    copies=\$(awk -F '\\t' '\$NF == "duplicate_or_swap" { print \$2 }' ${kinship} | sort -u | paste -sd,)
    ${passingGenotypes(variants, '-Ov')} | effective_size.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --exclude "\$copies" --table effective_size.tsv --out effective_size.json
    """

    stub:
    """
    touch effective_size.tsv
    echo '{"id": "popgen", "step": "effective_size"}' > effective_size.json
    """
}

// Effective size through time of single genomes.
process SIZE_HISTORY {
    ext(code: { Code.hash(projectDir, 'size_history.py') })

    input:
    path bins                                                        // npz
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    tuple val(mutation_rate), val(generation_years)                  // per base and generation, years; '' if not known

    output:
    path("size_history.tsv", emit: table)
    path("size_history.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh SIZE_HISTORY"), emit: versions)

    script:
    options = ['--mutation-rate': mutation_rate, '--generation-years': generation_years].findAll { option, value -> value }.collect { option, value -> "${option} ${value}" }.join(' ')
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | size_history.py --id popgen --bins ${bins} --vcf - --samples ${samples} --compartments ${compartments} ${options} \\
        --table size_history.tsv --out size_history.json
    """

    stub:
    """
    touch size_history.tsv
    echo '{"id": "popgen", "step": "size_history"}' > size_history.json
    """
}

// Compares historical and modern samples with called genotypes, at transversions.
process TEMPORAL_CONTRAST {
    ext(code: { Code.hash(projectDir, 'temporal_contrast.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    val generations                                                  // between the two, or ''

    output:
    path("{temporal,contrast}.tsv", emit: tables)
    path("temporal_contrast.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh TEMPORAL_CONTRAST"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | temporal_contrast.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} ${generations ? "--generations ${generations}" : ''} \\
        --temporal temporal.tsv --contrast contrast.tsv --out temporal_contrast.json
    """

    stub:
    """
    touch temporal.tsv contrast.tsv
    echo '{"id": "popgen", "step": "temporal_contrast"}' > temporal_contrast.json
    """
}

// f2, f3, f4 and Patterson's D of groups, and the tree that fits their f2.
process F_STATISTICS {
    ext(code: { Code.hash(projectDir, 'f_statistics.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)

    output:
    path("{f_statistics,f2_residuals}.tsv", emit: tables)
    path("group_tree.nwk", emit: tree)
    path("f_statistics.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh F_STATISTICS"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | f_statistics.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} \
        --table f_statistics.tsv --residuals f2_residuals.tsv --tree group_tree.nwk --out f_statistics.json
    """

    stub:
    """
    touch f_statistics.tsv f2_residuals.tsv group_tree.nwk
    echo '{"id": "popgen", "step": "f_statistics"}' > f_statistics.json
    """
}

// Windows that differ from the rest of the autosomes, by PBS, Fst, diversity and local PCA, with their genes.
process WINDOW_SCANS {
    ext(code: { Code.hash(projectDir, 'window_scans.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(diversity), path(divergence)                          // [tsv, tsv]: windows
    tuple path(included), path(excluded), path(compartments)
    path(gff, stageAs: 'given/*')                                    // gff or []

    output:
    path("{scans,outliers}.tsv", emit: tables)
    path("window_scans.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh WINDOW_SCANS"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | window_scans.py --id popgen --vcf - --variants \$(bcftools index -n ${variants}) --samples ${samples} --compartments ${compartments} \
        --diversity ${diversity} --divergence ${divergence} ${gff ? "--gff ${gff}" : ''} --scans scans.tsv --outliers outliers.tsv --out window_scans.json
    """

    stub:
    """
    touch scans.tsv outliers.tsv
    echo '{"id": "popgen", "step": "window_scans"}' > window_scans.json
    """
}

// The command that selects biallelic SNVs that passed, and sets genotypes that did not pass to missing.
def passingGenotypes(variants, format) {
    return """bcftools view -f PASS,. -m2 -M2 -v snps -Ou ${variants} | bcftools filter -S . -e 'FMT/FT!="PASS"' ${format}"""
}
