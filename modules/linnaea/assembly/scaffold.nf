// Scaffolds of contigs by Hi-C: ours, or those of another program's AGP.
process SCAFFOLD_CONTIGS {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'scaffold.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(pairs), path(agp, stageAs: 'given/*')  // [meta, fasta, [pairs, ...], agp or []]
    val tool

    output:
    tuple(val(meta), path("${prefix}.scaffolds.fasta.gz"), path("${prefix}.scaffolds.agp"), path("${prefix}.scaffold.decisions.tsv"), emit: changes)
    tuple(val(meta), path("${prefix}.scaffold.json"), emit: metrics)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    # ${task.ext.code}
    scaffold.py --id ${meta.id} --haplotype ${meta.haplotype} --assembly ${assembly} --telomere-motif ${meta.telomere_motif ?: 'auto'} \\
        ${agp ? "--given-agp ${agp}" : ''} --tool ${tool} --fasta ${prefix}.scaffolds.fasta.gz --agp ${prefix}.scaffolds.agp \\
        --decisions ${prefix}.scaffold.decisions.tsv --out ${prefix}.scaffold.json ${task.ext.args ?: ''} ${pairs}
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.scaffolds.fasta.gz ${prefix}.scaffolds.agp ${prefix}.scaffold.decisions.tsv
    echo '{"id": "${meta.id}", "step": "scaffold"}' > ${prefix}.scaffold.json
    """
}
