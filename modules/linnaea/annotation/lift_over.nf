// Lifts the gene models of another assembly over to this one, by aligning their transcripts with minimap2.
process LIFT_OVER {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'lift_over.py') })

    input:
    tuple val(meta), path(source_assembly, stageAs: 'source/*'), path(annotation, stageAs: 'source/*'), path(genome)  // [meta + library, fasta, gff, fasta]

    output:
    tuple(val(meta), path("${meta.library}.lifted.gff3"), emit: models)
    tuple(val(meta), path("${meta.library}.lift_over.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh LIFT_OVER"), emit: versions)

    script:
    def source = "--source-assembly ${source_assembly} --annotation ${annotation} --genetic-code ${meta.genetic_code ?: 1}"
    """
    # ${task.ext.code}
    longest=\$(lift_over.py transcripts ${source} --fasta transcripts.fasta)
    minimap2 -c -x splice:hq -uf -G \$longest -N 20 -p 0.95 -s 40 -t ${task.cpus} ${task.ext.args ?: ''} ${genome} transcripts.fasta > alignments.paf
    lift_over.py models ${source} --id ${meta.id} --library ${meta.library} --alignments alignments.paf --genome ${genome} \\
        --gff ${meta.library}.lifted.gff3 --out ${meta.library}.lift_over.json
    rm -f transcripts.fasta alignments.paf
    """

    stub:
    """
    touch ${meta.library}.lifted.gff3
    echo '{"id": "${meta.id}", "step": "lift_over"}' > ${meta.library}.lift_over.json
    """
}
