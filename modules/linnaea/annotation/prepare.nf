process PREPARE_ASSEMBLY {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'prepare_assembly.py') })

    input:
    tuple val(meta), path(assembly)                                            // [meta, fasta]

    output:
    tuple(val(meta), path("${meta.id}.prepared.fasta"), path("${meta.id}.sequence_names.tsv"), emit: genome)
    tuple(val(meta), path("${meta.id}.assembly_preparation.json"), emit: metrics)

    script:
    """
    # ${task.ext.code}
    prepare_assembly.py --id ${meta.id} --assembly ${assembly} --fasta ${meta.id}.prepared.fasta --names ${meta.id}.sequence_names.tsv --out ${meta.id}.assembly_preparation.json
    """

    stub:
    """
    touch ${meta.id}.prepared.fasta ${meta.id}.sequence_names.tsv
    echo '{"id": "${meta.id}", "step": "assembly_preparation"}' > ${meta.id}.assembly_preparation.json
    """
}

// Keeps the mask of the given assembly, or removes it.
process MASK_GIVEN {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'mask_repeats.py') })

    input:
    tuple val(meta), path(genome), path(names), path(found)                    // [meta, fasta, tsv, [bed named by its class, ...]]; the list may be empty
    val masker

    output:
    tuple(val(meta), path("${meta.id}.masked.fasta"), emit: masked)
    tuple(val(meta), path("${meta.id}.repeats.bed.gz"), emit: repeats)
    tuple(val(meta), path("${meta.id}.repeat_masking.json"), emit: metrics)

    script:
    def classes = [found].flatten().collect { bed -> "${bed.baseName}=${bed}" }.join(' ')
    """
    # ${task.ext.code}
    mask_repeats.py --id ${meta.id} --genome ${genome} --names ${names} --masker ${masker} ${masker == 'none' ? '--ignore-given' : ''} ${classes ? '--mask library' : ''} \\
        --fasta ${meta.id}.masked.fasta --bed ${meta.id}.repeats.bed.gz --out ${meta.id}.repeat_masking.json ${classes}
    """

    stub:
    """
    touch ${meta.id}.masked.fasta ${meta.id}.repeats.bed.gz
    echo '{"id": "${meta.id}", "step": "repeat_masking"}' > ${meta.id}.repeat_masking.json
    """
}
