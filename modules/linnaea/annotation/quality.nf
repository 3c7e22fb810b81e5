// Statistics and quality of the gene set, and pictures of genes to look at.
process ANNOTATION_QUALITY {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'annotation_statistics.py', 'annotation_quality.py', 'annotation_tracks.py', 'locus_plots.py') })

    input:
    tuple val(meta), path(annotation), path(assembly), path(names), path(repeats), path(junctions), path(coverage), path(proteins, stageAs: 'proteins/*'), path(hits), path(reference)  // [meta, gff3, fasta, tsv, then file or []]

    output:
    tuple(val(meta), path("${meta.id}.{annotation_statistics,annotation_quality,locus_pictures}.json"), emit: metrics)
    tuple(val(meta), path("${meta.id}.transcript_quality.tsv"), emit: table)
    tuple(val(meta), path("tracks/*"), emit: tracks)

    script:
    def evidence = [hits: hits, coverage: coverage, 'rna-introns': junctions].findAll { kind, found -> found }.collect { kind, found -> "--${kind} ${found}" }.join(' ')
    def drawn = [coverage: coverage, 'rna-introns': junctions, repeats: repeats, reference: reference].findAll { kind, found -> found }.collect { kind, found -> "--${kind} ${found}" }.join(' ')
    """
    # ${task.ext.code}
    cut -f 2,3 ${names} > lengths.tsv
    annotation_statistics.py ${annotation} --id ${meta.id} --lengths lengths.tsv --out ${meta.id}.annotation_statistics.json
    annotation_quality.py ${annotation} ${assembly} --id ${meta.id} ${evidence} --genetic-code ${meta.genetic_code ?: 1} ${meta.mito_code ? "--mito-code ${meta.mito_code}" : ''} \\
        --out ${meta.id}.annotation_quality.json --table ${meta.id}.transcript_quality.tsv
    annotation_tracks.py --annotation ${annotation} --assembly ${assembly} --names ${names} ${proteins ? "--proteins ${proteins}" : ''} ${junctions ? "--junctions ${junctions}" : ''} \\
        ${coverage ? "--coverage ${coverage}" : ''} ${repeats ? "--repeats ${repeats}" : ''} --id ${meta.id} --outdir tracks
    locus_plots.py ${annotation} ${meta.id}.annotation_quality.json ${drawn} ${proteins ? "--proteins tracks/${meta.id}.protein_alignments.gff3.gz" : ''} --out ${meta.id}.locus_pictures.json
    """

    stub:
    """
    mkdir tracks && touch tracks/config.json ${meta.id}.transcript_quality.tsv
    for step in annotation_statistics annotation_quality locus_pictures; do
        echo "{\\"id\\": \\"${meta.id}\\", \\"step\\": \\"\$step\\"}" > ${meta.id}.\$step.json
    done
    """
}

// Compares the gene set with a reference annotation of the same assembly, or with the truth of the demo.
process ANNOTATION_ACCURACY {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'annotation_accuracy.py') })

    input:
    tuple val(meta), path(annotation), path(assembly), path(reference), val(evidence)  // [meta, gff3, fasta, gff3, words]
    val stage

    output:
    tuple(val(meta), path("${meta.id}.annotation_accuracy.json"), emit: metrics)
    tuple(val(meta), path("${meta.id}.differing_genes.tsv"), emit: table)

    script:
    """
    # ${task.ext.code}
    annotation_accuracy.py ${annotation} ${reference} --id ${meta.id} --stage ${stage} --evidence '${evidence}' --genome ${assembly} --genetic-code ${meta.genetic_code ?: 1} \\
        --out ${meta.id}.annotation_accuracy.json --table ${meta.id}.differing_genes.tsv
    """

    stub:
    """
    touch ${meta.id}.differing_genes.tsv
    echo '{"id": "${meta.id}", "step": "annotation_accuracy"}' > ${meta.id}.annotation_accuracy.json
    """
}
