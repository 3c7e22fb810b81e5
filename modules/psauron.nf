// Share of the proteins that a neural network scores as coding; run on proteins, as in AnnoAudit.
process PSAURON {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(proteins)                                            // [meta, fasta]

    output:
    tuple(val(meta), path("${meta.id}.psauron.json"), emit: metrics)
    tuple(val(meta), path("${meta.id}.psauron.csv"), emit: table)
    tuple(val(task.process), eval("tool_versions.sh PSAURON"), emit: versions)

    script:
    """
    # ${task.ext.code}
    OMP_NUM_THREADS=${task.cpus} psauron -i ${proteins} -o ${meta.id}.psauron.csv --protein --use-cpu ${task.ext.args ?: ''}
    tool_metrics.py psauron --id ${meta.id} --stage annotation --out ${meta.id}.psauron.json ${meta.id}.psauron.csv
    """

    stub:
    """
    touch ${meta.id}.psauron.csv
    echo '{"id": "${meta.id}", "step": "psauron"}' > ${meta.id}.psauron.json
    """
}
