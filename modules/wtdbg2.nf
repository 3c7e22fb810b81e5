// One collapsed assembly of HiFi reads; its graph is wtdbg2's contig graph in DOT, as it writes no GFA.
// Reads are given uncompressed: version 2.5 sometimes crashes while it loads compressed ones.
process WTDBG2 {
    tag "${meta.id}"

    input:
    tuple val(meta), path(reads), val(genome_size)                             // [meta, [fastq, ...], bp]

    output:
    tuple val(meta), path("${meta.id}.fasta"), emit: assembly
    tuple val(meta), path("${meta.id}.ctg.dot.gz"), emit: graphs
    tuple val(task.process), val('wtdbg2'), eval("wtdbg2 -V | sed 's/wtdbg2 //'"), emit: versions

    script:
    """
    seqkit fq2fa ${reads} -o reads.fasta
    wtdbg2 -x ccs -g ${genome_size} -t ${task.cpus} ${task.ext.args ?: ''} -i reads.fasta -fo ${meta.id}
    wtpoa-cns -t ${task.cpus} -i ${meta.id}.ctg.lay.gz -fo ${meta.id}.fasta
    rm reads.fasta
    """

    stub:
    "touch ${meta.id}.fasta ${meta.id}.ctg.dot.gz"
}
