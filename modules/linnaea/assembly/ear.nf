// The ERGA assembly report: YAML and texts that make_EAR.py reads, and a PDF.
process EAR {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'ear.py') })

    input:
    tuple val(meta), path(metrics, stageAs: 'metrics/*'), path(tables, stageAs: 'tables/*'), path(summaries, stageAs: 'summaries/*')  // [genome, [json, ...], [tsv, ...], [txt, ...]]
    path software

    output:
    tuple(val(meta), path("${meta.id}_EAR.yaml"), emit: yaml)
    tuple(val(meta), path("${meta.id}_EAR_Linnaea.pdf"), emit: pdf)
    tuple(val(meta), path("${meta.id}.ear_missing.tsv"), emit: missing)
    tuple(val(meta), path("*.txt"), emit: texts)
    tuple(val(meta), path("*.merqury/*"), emit: merqury, optional: true)       // with k-mers

    script:
    def expected = [taxid: '--taxid', haploid_number: '--haploid-number', ploidy: '--ploidy', sex: '--sex', genome_size_bp: '--genome-size']
        .findAll { key, option -> meta[key] }.collect { key, option -> "${option} '${meta[key]}'" }.join(' ')
    """
    # ${task.ext.code}
    ear.py --id ${meta.id} --name '${meta.name}' --metrics metrics/*.json --tables ${tables} ${summaries ? "--short-summaries summaries/short_summary*.txt" : ''} \\
        ${expected} --software ${software} --out .
    """

    stub:
    """
    touch ${meta.id}_EAR.yaml ${meta.id}_EAR_Linnaea.pdf ${meta.id}.ear_missing.tsv pre_curation.hap1.gfastats.txt
    """
}
