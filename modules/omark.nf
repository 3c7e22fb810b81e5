// Places proteins in the gene families of an OMAmer database: completeness, consistency with the lineage, contaminants.
process OMARK {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(proteins)                                            // [meta, fasta]: one of each gene
    path database
    path taxonomy                                                              // NCBI taxonomy as ete3 keeps it

    output:
    tuple(val(meta), path("${meta.id}.omark.json"), emit: metrics)
    tuple(val(meta), path("${meta.id}.omark{_summary,_proteins}.txt"), emit: summary)
    tuple(val(task.process), eval("tool_versions.sh OMARK"), emit: versions)

    script:
    """
    # ${task.ext.code}
    omamer search --db ${database} --query ${proteins} --out ${meta.id}.omamer --nthreads ${task.cpus}
    omark --file ${meta.id}.omamer --database ${database} --ete_ncbi_db ${taxonomy} --outputFolder omark ${task.ext.args ?: ''}
    cp omark/${meta.id}.sum ${meta.id}.omark_summary.txt
    cp omark/${meta.id}.ump ${meta.id}.omark_proteins.txt
    tool_metrics.py omark --id ${meta.id} --stage annotation --out ${meta.id}.omark.json ${meta.id}.omark_summary.txt
    rm -r omark
    """

    stub:
    """
    touch ${meta.id}.omark_summary.txt ${meta.id}.omark_proteins.txt
    echo '{"id": "${meta.id}", "step": "omark"}' > ${meta.id}.omark.json
    """
}
