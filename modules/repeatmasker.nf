// Finds the families of repeats in the assembly.
process REPEATMODELER {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple(val(meta), path("${meta.id}.repeat_families.fasta"), emit: families)
    tuple(val(task.process), eval("tool_versions.sh REPEATMODELER"), emit: versions)

    script:
    """
    BuildDatabase -name ${meta.id} ${genome}
    RepeatModeler -database ${meta.id} -threads ${task.cpus} -LTRStruct ${task.ext.args ?: ''}
    cp ${meta.id}-families.fa ${meta.id}.repeat_families.fasta
    """

    stub:
    "touch ${meta.id}.repeat_families.fasta"
}

// Finds copies of these families and of the user's library in the assembly, and simple repeats.
process REPEATMASKER {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome), path(libraries, stageAs: 'given/*')                       // [meta, fasta, [fasta, ...]]

    output:
    tuple(val(meta), path('{library,simple}.bed'), emit: repeats)
    tuple(val(task.process), eval("tool_versions.sh REPEATMASKER"), emit: versions)

    script:
    """
    for library in ${libraries}; do gzip -dcf < \$library | awk 1; done > library.fa
    RepeatMasker -pa ${Math.max(1, task.cpus.intdiv(4))} -lib library.fa -no_is -dir masked ${task.ext.args ?: ''} ${genome}
    awk -v OFS='\\t' 'NR > 3 { print \$5, \$6 - 1, \$7 > (\$11 ~ /Simple|Low/ ? "simple.bed" : "library.bed") }' masked/*.out
    touch simple.bed library.bed
    """

    stub:
    "touch library.bed simple.bed"
}
