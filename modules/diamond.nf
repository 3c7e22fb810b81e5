// Best hits of the proteins in a protein set.
process DIAMOND {
    tag "${meta.id}"

    input:
    tuple val(meta), path(proteins), path(database)                            // [meta, fasta, fasta or dmnd]

    output:
    tuple(val(meta), path("${meta.id}.diamond.tsv"), emit: hits)
    tuple(val(task.process), eval("tool_versions.sh DIAMOND"), emit: versions)

    script:
    """
    ${database.name.endsWith('.dmnd') ? "ln -s ${database} set.dmnd" : "diamond makedb --quiet --in ${database} --db set --threads ${task.cpus}"}
    diamond blastp --quiet --sensitive --query ${proteins} --db set --evalue 1e-6 --max-target-seqs 5 --threads ${task.cpus} ${task.ext.args ?: ''} \\
        --outfmt 6 qseqid sseqid pident length qlen slen qstart qend sstart send evalue bitscore stitle --out ${meta.id}.diamond.tsv
    [ -L set.dmnd ] || rm -f set.dmnd
    """

    stub:
    "touch ${meta.id}.diamond.tsv"
}
