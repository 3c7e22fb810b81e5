process TRNASCAN {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple(val(meta), path("${meta.id}.trnascan.txt"), emit: genes)
    tuple(val(task.process), val('trnascan-se'), eval("tRNAscan-SE -h 2>&1 | sed -n 's/tRNAscan-SE \\([0-9.]*\\).*/\\1/p' | sed -n 1p"), emit: versions)

    script:
    "tRNAscan-SE -E --thread ${task.cpus} -o ${meta.id}.trnascan.txt ${task.ext.args ?: ''} ${genome}"

    stub:
    "touch ${meta.id}.trnascan.txt"
}
