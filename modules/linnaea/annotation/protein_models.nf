// Steps before and after a protein aligner, whose image has no other tools.
process CLEAN_PROTEINS {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'clean_proteins.py') })

    input:
    tuple val(meta), path(given, stageAs: 'given/*')                           // [meta + library, fasta]

    output:
    tuple val(meta), path('cleaned.fasta'), path('names.tsv'), path('counts.json')

    script:
    """
    # ${task.ext.code}
    clean_proteins.py --proteins ${given} --fasta cleaned.fasta --names names.tsv --counts counts.json
    """

    stub:
    "touch cleaned.fasta names.tsv counts.json"
}

process PROTEIN_MODELS {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'protein_models.py') })

    input:
    tuple val(meta), path(alignments), path(proteins), path(names), path(counts), path(genome)  // [meta + library, gff, fasta, tsv, json, fasta]
    val aligner

    output:
    tuple(val(meta), path("${meta.library}.proteins.gff3"), emit: models)
    tuple(val(meta), path("${meta.library}.protein_alignment.json"), emit: metrics)

    script:
    """
    # ${task.ext.code}
    protein_models.py --id ${meta.id} --library ${meta.library} --aligner ${aligner} --alignments ${alignments} --genome ${genome} --proteins ${proteins} \\
        --names ${names} --counts ${counts} --genetic-code ${meta.genetic_code ?: 1} --gff ${meta.library}.proteins.gff3 --out ${meta.library}.protein_alignment.json
    """

    stub:
    """
    touch ${meta.library}.proteins.gff3
    echo '{"id": "${meta.id}", "step": "protein_alignment"}' > ${meta.library}.protein_alignment.json
    """
}
