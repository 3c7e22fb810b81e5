// Contigs after one round of racon. Where there are accurate reads, a contig stays as it was if its k-mer QV would fall.
process POLISH_CONTIGS {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'polish.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(reads), val(preset), path(database)  // [assembly, fasta, [fastq, ...], map-hifi or map-ont, [kmc_pre, kmc_suf] or []]
    val kmer_size

    output:
    tuple(val(meta), path("${prefix}.polished.fasta.gz"), emit: assembly)
    tuple(val(meta), path("${prefix}.polish.tsv"), emit: table)
    tuple(val(meta), path("${prefix}.polish.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh POLISH_CONTIGS"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    # ${task.ext.code}
    polish.py --id ${meta.id} --haplotype ${meta.haplotype} --assembly ${assembly} --reads ${reads} --preset ${preset} ${database ? "--reads-db ${meta.id}.reads" : ''} \\
        --kmer-size ${kmer_size} --threads ${task.cpus} --memory-gb ${Math.max(2, (task.memory.toGiga() as int) - 1)} \\
        --out ${prefix}.polished.fasta.gz --table ${prefix}.polish.tsv --metrics ${prefix}.polish.json
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.polished.fasta.gz ${prefix}.polish.tsv
    echo '{"id": "${meta.id}", "step": "polish", "haplotype": "${meta.haplotype}"}' > ${prefix}.polish.json
    """
}
