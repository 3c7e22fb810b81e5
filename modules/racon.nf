// One round of consensus from the reads themselves. racon takes one file of reads, so several are joined first.
process RACON {
    tag "${meta.id}"

    input:
    tuple val(meta), path(assembly), path(reads)                               // [meta, fasta, [fastq, ...]]

    output:
    tuple val(meta), path("${meta.id}.primary.fasta.gz"), emit: assemblies
    tuple val(task.process), val('racon'), eval('racon --version'), emit: versions

    script:
    """
    seqkit seq ${reads} -o all.${meta.format}
    minimap2 -x map-hifi -t ${task.cpus} ${assembly} all.${meta.format} > overlaps.paf
    racon -u -t ${task.cpus} all.${meta.format} overlaps.paf ${assembly} | sed 's/ .*//' | bgzip > ${meta.id}.primary.fasta.gz
    rm all.${meta.format} overlaps.paf
    """

    stub:
    "touch ${meta.id}.primary.fasta.gz"
}
