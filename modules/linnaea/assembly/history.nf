// Decisions of all steps in one table, the final assembly traced to its contigs, and its joins with what supports them; a base that was lost
// on the way stops the run. With the k-mers of the reads, QV and completeness after each step.
process HISTORY {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'assembly_history.py') })

    input:
    tuple val(meta), val(steps), path(contigs, stageAs: 'contigs/*'), path(assembly, stageAs: 'final/*'), path(agps, stageAs: 'step?/*'), path(tables, stageAs: 'step?/*'), path(depth), path(database)  // [assembly, [name, ...], fasta, fasta, [agp, ...], [tsv, ...], json or [], [kmc_pre, kmc_suf] or []]
    val kmer_size

    output:
    tuple(val(meta), path("${prefix}.contigs.agp"), emit: agp)
    tuple(val(meta), path("${prefix}.decisions.tsv"), emit: decisions)
    tuple(val(meta), path("${prefix}.history.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh HISTORY"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    def kmers = database ? """--reads-db ${meta.id}.reads --kmer-size ${kmer_size} --threads ${task.cpus} \\
        --memory-gb ${Math.max(2, (task.memory.toGiga() as int) - 1)}""" : ''
    """
    # ${task.ext.code}
    assembly_history.py --id ${meta.id} --haplotype ${meta.haplotype} --stage ${meta.stage} --contigs ${contigs} --assembly ${assembly} \\
        --steps ${steps.join(' ')} --agps ${agps} --tables ${tables} --out ${prefix}.contigs.agp --decisions ${prefix}.decisions.tsv --metrics ${prefix}.history.json \\
        ${depth ? "--depth ${depth}" : ''} ${kmers}
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.contigs.agp ${prefix}.decisions.tsv
    echo '{"id": "${meta.id}", "step": "history", "haplotype": "${meta.haplotype}"}' > ${prefix}.history.json
    """
}
