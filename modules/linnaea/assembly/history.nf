// Decisions of all steps in one table, and the final assembly traced to its contigs; a base that was lost on the way stops the run.
process HISTORY {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'assembly_history.py') })

    input:
    tuple val(meta), val(steps), path(contigs, stageAs: 'contigs/*'), path(assembly, stageAs: 'final/*'), path(agps, stageAs: 'step?/*'), path(tables, stageAs: 'step?/*')  // [assembly, [name, ...], fasta, fasta, [agp, ...], [tsv, ...]]

    output:
    tuple(val(meta), path("${prefix}.contigs.agp"), emit: agp)
    tuple(val(meta), path("${prefix}.decisions.tsv"), emit: decisions)
    tuple(val(meta), path("${prefix}.history.json"), emit: metrics)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    # ${task.ext.code}
    assembly_history.py --id ${meta.id} --haplotype ${meta.haplotype} --stage ${meta.stage} --contigs ${contigs} --assembly ${assembly} \\
        --steps ${steps.join(' ')} --agps ${agps} --tables ${tables} --out ${prefix}.contigs.agp --decisions ${prefix}.decisions.tsv --metrics ${prefix}.history.json
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.contigs.agp ${prefix}.decisions.tsv
    echo '{"id": "${meta.id}", "step": "history", "haplotype": "${meta.haplotype}"}' > ${prefix}.history.json
    """
}
