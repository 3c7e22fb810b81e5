// Aligns proteins to the assembly with miniprot.
process MINIPROT {
    tag "${meta.id} ${meta.library}"

    input:
    tuple val(meta), path(proteins), path(genome)                              // [meta + library, fasta, fasta]

    output:
    tuple(val(meta), path("${meta.library}.miniprot.gff"), emit: alignments)
    tuple(val(task.process), eval("tool_versions.sh MINIPROT"), emit: versions)

    script:
    "miniprot -t ${task.cpus} -T ${meta.genetic_code ?: 1} --gff -N 1 ${task.ext.args ?: ''} ${genome} ${proteins} | grep -v '^##PAF' > ${meta.library}.miniprot.gff"

    stub:
    "touch ${meta.library}.miniprot.gff"
}
