process COMBINE_GENES {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'gene_combination.py') })

    input:
    tuple val(meta), path(genome), path(names), path(hints), path(predictions), path(transcripts), path(proteins), path(lifted), path(repeats)  // [meta, fasta, tsv, gff, [gff3, ...], gtf, [gff3, ...], [gff3, ...], bed]; lists may be empty

    output:
    tuple(val(meta), path("${meta.id}.coding.gff3"), emit: genes)
    tuple(val(meta), path("${meta.id}.gene_combination.json"), emit: metrics)

    script:
    def sets = [predictions: predictions, transcripts: transcripts, proteins: proteins, lifted: lifted, repeats: repeats]
        .findAll { kind, files -> files }.collect { kind, files -> "--${kind} ${files}" }.join(' ')
    """
    # ${task.ext.code}
    gene_combination.py --id ${meta.id} --genome ${genome} --names ${names} --hints ${hints} ${sets} --genetic-code ${meta.genetic_code ?: 1} \\
        --gff ${meta.id}.coding.gff3 --out ${meta.id}.gene_combination.json
    """

    stub:
    """
    touch ${meta.id}.coding.gff3
    echo '{"id": "${meta.id}", "step": "gene_combination"}' > ${meta.id}.gene_combination.json
    """
}
