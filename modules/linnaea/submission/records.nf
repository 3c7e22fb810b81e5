// MD5 of the files of a library, as an archive asks for them.
process CHECKSUMS {
    tag "${meta.id} ${meta.type} ${meta.library}"

    input:
    tuple val(meta), path(reads)                                               // [genome + library, [file, ...]]

    output:
    tuple(val(meta), path("${meta.id}.${meta.type}.${meta.library}.md5"), emit: sums)

    script:
    "md5sum ${reads} > ${meta.id}.${meta.type}.${meta.library}.md5"

    stub:
    "touch ${meta.id}.${meta.type}.${meta.library}.md5"
}

// Samples, studies, experiments and runs of a genome for ENA, and a table of what is missing, with who can supply it.
process SUBMISSION_RECORDS {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'submission_records.py') })

    input:
    tuple val(meta), path(packages, stageAs: 'packages/*'), path(checksums, stageAs: 'checksums/*'), val(facts)  // [genome, [json, ...], [md5, ...], JSON]
    path(specimens, stageAs: 'specimens/*')                                   // csv, or []

    output:
    path("${meta.id}.{samples,projects,umbrella,experiments,runs,submission}.xml", emit: xml, optional: true)
    path("${meta.id}.{erc000053,reads,runs}.tsv", emit: tables, optional: true)
    path("${meta.id}.{packages,missing}.tsv", emit: missing)
    tuple(val(meta), path("${meta.id}.submission.json"), emit: metrics)

    script:
    """
    # ${task.ext.code}
    cat > facts.json <<'JSON'
    ${facts}
    JSON
    submission_records.py --genome facts.json --packages packages/* ${checksums ? "--checksums ${checksums}" : ''} ${specimens ? "--specimens ${specimens}" : ''} \\
        --out files --record ${meta.id}.submission.json
    mv files/* .
    """

    stub:
    """
    touch ${meta.id}.packages.tsv ${meta.id}.missing.tsv
    echo '{"id": "${meta.id}", "step": "submission"}' > ${meta.id}.submission.json
    """
}
