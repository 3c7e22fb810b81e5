// Families of repeats found in the assembly itself.
process REPEATMODELER {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple val(meta), path("${meta.id}.repeat_families.fasta"), emit: families
    tuple val(task.process), val('repeatmodeler'), eval("RepeatModeler -version | sed 's/.*version //'"), emit: versions

    script:
    """
    BuildDatabase -name ${meta.id} ${genome}
    RepeatModeler -database ${meta.id} -threads ${task.cpus} -LTRStruct ${task.ext.args ?: ''}
    cp ${meta.id}-families.fa ${meta.id}.repeat_families.fasta
    """

    stub:
    "touch ${meta.id}.repeat_families.fasta"
}

// Copies of the families and of the user's library in the assembly.
process REPEATMASKER {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome), path(names), path(libraries, stageAs: 'given/*')                // [meta, fasta, tsv, [fasta, ...]]
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.masked.fasta"), emit: masked
    tuple val(meta), path("${meta.id}.repeats.bed.gz"), emit: repeats
    tuple val(meta), path("${meta.id}.repeat_masking.json"), emit: metrics
    tuple val(task.process), val('repeatmasker'), eval("RepeatMasker -v | sed 's/RepeatMasker version //'"), emit: versions

    script:
    """
    cat ${libraries} > library.fa
    RepeatMasker -pa ${Math.max(1, task.cpus.intdiv(4))} -lib library.fa -no_is -dir masked ${task.ext.args ?: ''} ${genome}
    awk -v OFS='\\t' 'NR > 3 { kind = \$11 ~ /Simple|Low/ ? "simple" : "interspersed"; print \$5, \$6 - 1, \$7 > kind ".bed" }' masked/*.out
    touch simple.bed interspersed.bed
    mask_repeats.py --id ${meta.id} --genome ${genome} --names ${names} --masker repeatmasker --mask library --fasta ${meta.id}.masked.fasta \\
        --bed ${meta.id}.repeats.bed.gz --out ${meta.id}.repeat_masking.json library=interspersed.bed simple=simple.bed
    """

    stub:
    """
    touch ${meta.id}.masked.fasta ${meta.id}.repeats.bed.gz
    echo '{"id": "${meta.id}", "step": "repeat_masking"}' > ${meta.id}.repeat_masking.json
    """
}
