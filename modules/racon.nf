// One round of consensus. racon takes one file of reads; without qualities it does better on HiFi reads, because it interprets
// qualities as those of noisier reads.
process RACON {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'overlaps.py') })

    input:
    tuple val(meta), path(assembly), path(reads)                               // [meta, fasta, [fastq, ...]]

    output:
    tuple(val(meta), path("${meta.id}.primary.fasta.gz"), emit: assembly)
    tuple(val(task.process), eval("tool_versions.sh RACON"), emit: versions)

    script:
    """
    # ${task.ext.code}
    seqkit fq2fa ${reads} -o reads.fasta
    minimap2 -x map-hifi -t ${task.cpus} ${assembly} reads.fasta | overlaps.py > overlaps.paf
    racon -u -t ${task.cpus} reads.fasta overlaps.paf ${assembly} | sed 's/ .*//' | bgzip > ${meta.id}.primary.fasta.gz
    rm reads.fasta overlaps.paf
    """

    stub:
    "touch ${meta.id}.primary.fasta.gz"
}
