// The verdicts on one genome, its report, and its content for MultiQC.
process REPORT {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'report.py') })

    input:
    tuple val(meta), path(metrics, stageAs: 'metrics/*'), path(tables, stageAs: 'tables/*'), path(pictures, stageAs: 'pictures/*'), val(judged)  // [genome, [json, ...], [tsv, ...], [png, ...], true or []]: tables of assemblies evaluated, whether genes were
    path software
    path tools
    val parameters                                                             // JSON

    output:
    tuple(val(meta), path("report.html"), emit: report)
    tuple(val(meta), path("${meta.id}.{verdict,annotation_verdict}.{json,tsv}"), emit: verdict, optional: true)  // none without an assembly or genes
    path("${meta.id}.multiqc/*", emit: multiqc)

    script:
    def verdict = tables ? "--tables ${tables} --verdict ${meta.id}.verdict.json" : ''
    def annotated = judged ? "--annotation-verdict ${meta.id}.annotation_verdict.json" : ''
    def expected = [haploid_number: '--haploid-number', ploidy: '--ploidy', sex: '--sex', genome_size_bp: '--genome-size']
        .findAll { key, option -> meta[key] }.collect { key, option -> "${option} '${meta[key]}'" }.join(' ')
    """
    # ${task.ext.code}
    cat > parameters.json <<'JSON'
    ${parameters}
    JSON
    report.py --id ${meta.id} --name '${meta.name}' --metrics metrics/*.json ${verdict} ${expected} ${annotated} --software ${software} --tools ${tools} \\
        --parameters parameters.json ${pictures ? "--images ${pictures}" : ''} --out report.html --multiqc ${meta.id}.multiqc
    """

    stub:
    """
    touch report.html ${tables ? "${meta.id}.verdict.json ${meta.id}.verdict.tsv" : ''} ${judged ? "${meta.id}.annotation_verdict.json ${meta.id}.annotation_verdict.tsv" : ''}
    mkdir ${meta.id}.multiqc && touch ${meta.id}.multiqc/${meta.id}_mqc.json
    """
}

// One report of all samples, and its content for MultiQC.
process POPULATION_REPORT {
    ext(code: { Code.hash(projectDir, 'population_report.py') })

    input:
    tuple path(metrics, stageAs: 'metrics/*'), path(tables, stageAs: 'tables/*'), path(tree, stageAs: 'tree.nwk'), path(samples, stageAs: 'samples.tsv')  // [[json, ...], [tsv, ...], nwk or [], tsv]
    path software
    path tools
    val parameters                                                   // JSON

    output:
    path("report.html", emit: report)
    path("popgen.multiqc/*", emit: multiqc)

    script:
    """
    # ${task.ext.code}
    cat > parameters.json <<'JSON'
    ${parameters}
    JSON
    population_report.py --metrics metrics/* --tables tables/* ${tree ? "--tree ${tree}" : ''} --samples samples.tsv --software ${software} --tools ${tools} --parameters parameters.json --out report.html --multiqc popgen.multiqc
    """

    stub:
    "touch report.html && mkdir popgen.multiqc && touch popgen.multiqc/popgen_mqc.json"
}
