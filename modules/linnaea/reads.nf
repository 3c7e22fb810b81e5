// Splits interleaved FASTQ into two files in the same order. Reads without their mate are counted and left out.
process SPLIT_PAIRS {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'split_pairs.py') })

    input:
    tuple val(meta), path(given, stageAs: 'given/*')                           // [meta + library, [fastq, ...]]

    output:
    tuple(val(meta), path("${meta.library}.pairs_1.fastq.gz"), path("${meta.library}.pairs_2.fastq.gz"), emit: reads)  // [meta, fastq, fastq]
    tuple(val(meta), path("${meta.library}.read_pairs.json"), emit: metrics)

    script:
    """
    # ${task.ext.code}
    split_pairs.py --id ${meta.id} --library ${meta.library} --type ${meta.type} --first ${meta.library}.pairs_1.fastq.gz --second ${meta.library}.pairs_2.fastq.gz --out ${meta.library}.read_pairs.json ${given}
    """

    stub:
    """
    touch ${meta.library}.pairs_1.fastq.gz ${meta.library}.pairs_2.fastq.gz
    echo '{"id": "${meta.id}", "step": "read_pairs"}' > ${meta.library}.read_pairs.json
    """
}
