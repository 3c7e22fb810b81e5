process BARRNAP {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple(val(meta), path("${meta.id}.barrnap.gff3"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh BARRNAP"), emit: versions)

    script:
    "barrnap --kingdom euk --quiet --threads ${task.cpus} ${task.ext.args ?: ''} ${genome} > ${meta.id}.barrnap.gff3"

    stub:
    "touch ${meta.id}.barrnap.gff3"
}
