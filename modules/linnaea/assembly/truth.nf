// Only for the demo: compares the results with the simulated truth.
process TRUTH_CHECK {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'assembly_truth.py') })

    input:
    tuple val(meta), val(scaffolded), path(assembly, stageAs: 'given/*'), path(table), path(kmer_evaluation), path(profile), path(with_adapter)  // [genome, boolean, …]
    path truth

    output:
    tuple(val(meta), path("${meta.id}.truth.json"), emit: metrics)
    tuple(val(meta), path("${meta.id}.truth.tsv"), emit: table)
    tuple(val(task.process), eval("tool_versions.sh TRUTH_CHECK"), emit: versions)

    script:
    """
    # ${task.ext.code}
    gzip -dcf ${assembly} > assembly.fasta
    seqkit seq -n -i ${with_adapter} > with_adapter.txt
    assembly_truth.py --id ${meta.id} --truth ${truth} --assembly assembly.fasta --assembly-table ${table} --profile ${profile} \\
        --kmer-evaluation ${kmer_evaluation} --adapter-reads with_adapter.txt --threads ${task.cpus} \\
        --table ${meta.id}.truth.tsv ${scaffolded ? '--scaffolded' : ''} --out ${meta.id}.truth.json
    """

    stub:
    """
    touch ${meta.id}.truth.tsv
    echo '{"id": "${meta.id}", "step": "truth_check"}' > ${meta.id}.truth.json
    """
}
