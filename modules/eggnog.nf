// Names and terms by orthology with eggNOG-mapper; `data` is its data folder.
process EGGNOG_MAPPER {
    tag "${meta.id}"

    input:
    tuple val(meta), path(proteins)                                            // [meta, fasta]
    path data

    output:
    tuple(val(meta), path("${meta.id}.emapper.annotations"), emit: annotations)
    tuple(val(task.process), eval("tool_versions.sh EGGNOG_MAPPER"), emit: versions)

    script:
    "emapper.py -i ${proteins} --itype proteins -m diamond --data_dir ${data} --cpu ${task.cpus} --output ${meta.id} ${task.ext.args ?: ''}"

    stub:
    "touch ${meta.id}.emapper.annotations"
}
