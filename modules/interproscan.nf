// Domains, families and GO terms of InterPro; `program` is interproscan.sh of an installation with its data.
process INTERPROSCAN {
    tag "${meta.id}"

    input:
    tuple val(meta), path(proteins)                                            // [meta, fasta]
    val program

    output:
    tuple(val(meta), path("${meta.id}.interproscan.tsv"), emit: domains)
    tuple(val(task.process), eval("tool_versions.sh INTERPROSCAN ${program}"), emit: versions)

    script:
    """
    sed '/^>/! s/\\*//g' ${proteins} > no_stops.fasta
    ${program} -i no_stops.fasta -f TSV -o ${meta.id}.interproscan.tsv --seqtype p --iprlookup --goterms --disable-precalc --cpu ${task.cpus} \\
        --tempdir \$PWD/temp ${task.ext.args ?: ''}
    [ -s ${meta.id}.interproscan.tsv ] || { echo "error: ${meta.id}: InterProScan found no domain in any protein; does its installation have its data?" >&2; exit 1; }
    rm -rf no_stops.fasta temp
    """

    stub:
    "touch ${meta.id}.interproscan.tsv"
}
