process NONCODING_GENES {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'noncoding_genes.py') })

    input:
    tuple val(meta), path(names), path(genes), path(rrna), path(trna), path(rfam)  // [meta, tsv, gff3, gff3, table, table or []]
    val trna_finder

    output:
    tuple(val(meta), path("${meta.id}.noncoding.gff3"), emit: genes)
    tuple(val(meta), path("${meta.id}.noncoding_genes.json"), emit: metrics)

    script:
    """
    # ${task.ext.code}
    cut -f 2,3 ${names} > lengths.tsv
    noncoding_genes.py --id ${meta.id} --barrnap ${rrna} --${trna_finder} ${trna} ${rfam ? "--infernal ${rfam}" : ''} --genes ${genes} --names ${names} \\
        --lengths lengths.tsv --prefix ${meta.id}_ --out ${meta.id}.noncoding.gff3 --metrics ${meta.id}.noncoding_genes.json
    """

    stub:
    """
    touch ${meta.id}.noncoding.gff3
    echo '{"id": "${meta.id}", "step": "noncoding_genes"}' > ${meta.id}.noncoding_genes.json
    """
}
