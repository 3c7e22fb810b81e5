// One round of consensus. racon takes one file of reads; without qualities it does better on HiFi reads, because it interprets
// qualities as those of noisier reads. An alignment that ends inside both read and contig is of a repeat: reads of the mitochondrion
// would overwrite its nuclear copies.
process RACON {
    tag "${meta.id}"

    input:
    tuple val(meta), path(assembly), path(reads)                               // [meta, fasta, [fastq, ...]]

    output:
    tuple(val(meta), path("${meta.id}.primary.fasta.gz"), emit: assembly)
    tuple(val(task.process), eval("tool_versions.sh RACON"), emit: versions)

    script:
    """
    seqkit fq2fa ${reads} -o reads.fasta
    minimap2 -x map-hifi -t ${task.cpus} ${assembly} reads.fasta | awk -F '\\t' '{
        before = \$5 == "+" ? \$8 : \$7 - \$9; after = \$5 == "+" ? \$7 - \$9 : \$8
        if ((\$3 < 1000 || before < 1000) && (\$2 - \$4 < 1000 || after < 1000)) print }' > overlaps.paf
    racon -u -t ${task.cpus} reads.fasta overlaps.paf ${assembly} | sed 's/ .*//' | bgzip > ${meta.id}.primary.fasta.gz
    rm reads.fasta overlaps.paf
    """

    stub:
    "touch ${meta.id}.primary.fasta.gz"
}
