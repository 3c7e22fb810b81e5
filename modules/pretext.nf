// Maps for PretextView with their tracks, and a picture of each, by the commands in the folder for curation.
process PRETEXT {
    tag "${meta.id}"

    input:
    tuple val(meta), path(bundle, stageAs: 'curation/*')                       // [genome, [file, ...]]

    output:
    tuple(val(meta), path("curation/*.pretext"), path("curation/*_FullMap.png"), emit: maps)  // [genome, [pretext, ...], [png, ...]]
    tuple(val(task.process), eval("tool_versions.sh PRETEXT"), emit: versions)

    script:
    "bash curation/make_pretext.sh ${task.ext.args ?: ''}"

    stub:
    "touch curation/${meta.id}.mapq0.pretext curation/${meta.id}.mapq0_FullMap.png"
}
