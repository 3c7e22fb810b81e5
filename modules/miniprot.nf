// Proteins on the assembly with miniprot.
process MINIPROT {
    tag "${meta.id} ${meta.library}"

    input:
    tuple val(meta), path(proteins, stageAs: 'given/*'), path(genome)                              // [meta + library, fasta, fasta]
    val code_hash

    output:
    tuple val(meta), path("${meta.library}.proteins.gff3"), emit: models
    tuple val(meta), path("${meta.library}.protein_alignment.json"), emit: metrics
    tuple val(task.process), val('miniprot'), eval('miniprot --version'), emit: versions

    script:
    """
    clean_proteins.py --proteins ${proteins} --fasta proteins.fasta --names names.tsv --counts counts.json
    miniprot -t ${task.cpus} --gff -N 1 ${task.ext.args ?: ''} ${genome} proteins.fasta | grep -v '^##PAF' > alignments.gff
    protein_models.py --id ${meta.id} --library ${meta.library} --aligner miniprot --alignments alignments.gff --genome ${genome} --proteins proteins.fasta \\
        --names names.tsv --counts counts.json --genetic-code ${meta.genetic_code ?: 1} --gff ${meta.library}.proteins.gff3 --out ${meta.library}.protein_alignment.json
    rm -f proteins.fasta alignments.gff
    """

    stub:
    """
    touch ${meta.library}.proteins.gff3
    echo '{"id": "${meta.id}", "step": "protein_alignment"}' > ${meta.library}.protein_alignment.json
    """
}
