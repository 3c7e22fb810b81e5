// The package of a haplotype, an organelle or a cobiont for ENA, checked, or what ENA would refuse in it; and what it waits for.
process PACKAGE_PART {
    tag "${meta.id} ${meta.part}"
    ext(code: { Code.hash(projectDir, 'submission_parts.py') })

    input:
    tuple val(meta), path(fasta, stageAs: 'given/*'), path(genes, stageAs: 'genes/*'), path(chromosomes, stageAs: 'chromosomes/*'), path(unlocalised, stageAs: 'unlocalised/*'), path(earlier, stageAs: 'earlier/*'), path(metrics, stageAs: 'metrics/*'), val(facts)  // [part of a genome, fasta, gff3 or [], tsv or [], tsv or [], gff3 or embl or [], [json, ...], JSON]
    path programs                                                              // tsv: process, tool, version; or []
    path(specimens, stageAs: 'specimens/*')                                   // csv, or []

    output:
    path("*.{embl,fa,chromosomes.tsv,unlocalised.tsv}.gz", emit: sequences, optional: true)
    path("*.{manifest.txt,locus_tags.tsv}", emit: manifest, optional: true)
    path("${prefix}.findings.tsv", emit: findings)
    tuple(val(meta), path("${prefix}.package.json"), emit: records)

    script:
    prefix = "${meta.id}.${meta.part}"
    def options = [genes: genes, chromosomes: chromosomes, unlocalised: unlocalised, earlier: earlier, metrics: metrics, programs: programs, specimens: specimens]
        .findAll { option, files -> files }.collect { option, files -> "--${option} ${files}" }.join(' ')
    """
    # ${task.ext.code}
    cat > facts.json <<'JSON'
    ${facts}
    JSON
    submission_parts.py --genome facts.json --part ${meta.part} --fasta ${fasta} ${options} --out package \\
        --record ${prefix}.package.json --findings ${prefix}.findings.tsv
    find package -type f -exec mv {} . \\;
    """

    stub:
    prefix = "${meta.id}.${meta.part}"
    """
    touch ${prefix}.1.fa.gz ${prefix}.1.manifest.txt ${prefix}.findings.tsv
    echo '{"id": "${meta.id}", "step": "submission_package", "part": "${meta.part}"}' > ${prefix}.package.json
    """
}
