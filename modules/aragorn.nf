// Transfer RNA genes, with introns of up to 116 bp at the position of nuclear ones; without introns, a fifth of yeast's tRNA genes are missed.
process ARAGORN {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple(val(meta), path("${meta.id}.aragorn.txt"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh ARAGORN"), emit: versions)

    script:
    "aragorn -t -l -if116 -gc${meta.genetic_code ?: 1} -w ${task.ext.args ?: ''} -o ${meta.id}.aragorn.txt ${genome}"

    stub:
    "touch ${meta.id}.aragorn.txt"
}
