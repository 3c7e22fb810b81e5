include { passingGenotypes } from '../populations.nf'

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
