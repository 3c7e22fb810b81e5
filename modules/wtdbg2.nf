// One collapsed assembly of HiFi reads. Its graph is the contig graph in DOT, because wtdbg2 does not write GFA.
// Reads are uncompressed, because version 2.5 sometimes crashes while loading compressed ones.
process WTDBG2 {
    tag "${meta.id}"

    input:
    tuple val(meta), path(reads), val(genome_size)                             // [meta, [fastq, ...], bp]

    output:
    tuple(val(meta), path("${meta.id}.fasta"), emit: assembly)
    tuple(val(meta), path("${meta.id}.ctg.dot.gz"), emit: graphs)
    tuple(val(task.process), eval("tool_versions.sh WTDBG2"), emit: versions)

    script:
    // if the genome is as short as the reads (an organelle), nearly every read is contained in another or wraps around
    def short_genome = genome_size < 100000 ? '-A --no-chainning-clip' : ''
    """
    seqkit fq2fa ${reads} -o reads.fasta
    wtdbg2 -x ccs -g ${genome_size} -t ${task.cpus} ${short_genome} ${task.ext.args ?: ''} -i reads.fasta -fo ${meta.id}
    wtpoa-cns -t ${task.cpus} -i ${meta.id}.ctg.lay.gz -fo ${meta.id}.fasta
    [ -s ${meta.id}.fasta ] || { echo "error: ${meta.id}: wtdbg2 made no contig of these reads; are coverage and genome size (${genome_size} bp) right?" >&2; exit 1; }
    rm reads.fasta
    """

    stub:
    "touch ${meta.id}.fasta ${meta.id}.ctg.dot.gz"
}
