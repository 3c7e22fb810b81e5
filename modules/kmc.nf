// Counts the canonical k-mers of the reads, for the genome profile, QV and completeness.
process KMC_COUNT {
    tag "${meta.id}"

    input:
    tuple val(meta), path(reads)                                          // [meta, [fastq or fasta, ...]]
    val kmer_size

    output:
    tuple(val(meta), path("${meta.id}.reads.kmc_*"), emit: database)      // [meta, [kmc_pre, kmc_suf]]
    tuple(val(meta), path("${meta.id}.kmer_histogram.txt"), emit: histogram)
    tuple(val(task.process), eval("tool_versions.sh KMC_COUNT"), emit: versions)

    script:
    def format = meta.format == 'fasta' ? '-fm' : '-fq'
    """
    printf '%s\\n' ${reads} > files.txt
    mkdir buckets
    kmc -k${kmer_size} ${format} -ci1 -cs100000 -t${task.cpus} -m${Math.max(2, (task.memory.toGiga() as int) - 1)} -hp @files.txt ${meta.id}.reads buckets
    kmc_tools -hp transform ${meta.id}.reads histogram ${meta.id}.kmer_histogram.txt -ci1 -cx100000
    rm -r buckets
    """

    stub:
    "touch ${meta.id}.reads.kmc_pre ${meta.id}.reads.kmc_suf ${meta.id}.kmer_histogram.txt"
}
