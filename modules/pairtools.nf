// Makes Hi-C pairs from reads: maps the ends independently (-5SP), parses and sorts them, and removes duplicates. Only pairs are kept,
// with the mapping quality of both ends.
process HIC_PAIRS {
    tag "${meta.id} ${meta.haplotype} ${meta.library}"

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(read1), path(read2)                  // [meta, fasta, fastq, fastq]
    val min_mapq

    output:
    tuple(val(meta), path("${prefix}.pairs.gz"), emit: pairs)
    tuple(val(meta), path("${prefix}.pairs.stats"), emit: statistics)
    tuple(val(task.process), eval("tool_versions.sh HIC_PAIRS"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}.${meta.library}"
    """
    gzip -dcf ${assembly} > assembly.fasta
    samtools faidx assembly.fasta
    cut -f 1,2 assembly.fasta.fai > sizes.tsv
    bwa index assembly.fasta 2> /dev/null
    bwa mem -5SP -t ${task.cpus} assembly.fasta ${read1} ${read2} \\
        | pairtools parse --assembly ${meta.id} -c sizes.tsv --min-mapq ${min_mapq} --add-columns mapq --walks-policy 5unique --max-inter-align-gap 30 --drop-sam --drop-seq \\
        | pairtools sort --nproc ${task.cpus} --memory ${Math.max(1, (task.memory.toGiga() as int) / 4 as int)}G --tmpdir . \\
        | pairtools dedup --output ${prefix}.pairs.gz --output-stats ${prefix}.pairs.stats
    rm assembly.fasta*
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}.${meta.library}"
    "touch ${prefix}.pairs.gz ${prefix}.pairs.stats"
}
