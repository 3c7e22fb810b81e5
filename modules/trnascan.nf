process TRNASCAN {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple(val(meta), path("${meta.id}.trnascan.txt"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh TRNASCAN"), emit: versions)

    script:
    "tRNAscan-SE -E --thread ${task.cpus} -o ${meta.id}.trnascan.txt ${task.ext.args ?: ''} ${genome}"

    stub:
    "touch ${meta.id}.trnascan.txt"
}
