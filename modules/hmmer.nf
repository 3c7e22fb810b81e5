// Protein domains of Pfam (a file of HMMs), by the thresholds of each family.
process HMMSEARCH {
    tag "${meta.id}"

    input:
    tuple val(meta), path(proteins)                                            // [meta, fasta]
    path families

    output:
    tuple(val(meta), path("${meta.id}.pfam.domtblout"), emit: domains)
    tuple(val(task.process), eval("tool_versions.sh HMMSEARCH"), emit: versions)

    script:
    "hmmsearch --cut_ga --noali --cpu ${task.cpus} ${task.ext.args ?: ''} --domtblout ${meta.id}.pfam.domtblout ${families} ${proteins} > /dev/null"

    stub:
    "touch ${meta.id}.pfam.domtblout"
}
