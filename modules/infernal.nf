// Non-coding RNA families of Rfam; overlaps within a clan are resolved (`--fmt 2 --oclan`). The folder has Rfam.cm and Rfam.clanin.
process CMSCAN {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]
    path rfam

    output:
    tuple(val(meta), path("${meta.id}.rfam.tblout"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh CMSCAN"), emit: versions)

    script:
    """
    ln -s ${rfam}/Rfam.cm families.cm
    cmpress families.cm > /dev/null
    size=\$(grep -v '^>' ${genome} | tr -d '\\n' | wc -c)
    cmscan -Z \$(( size / 500000 + 1 )) --cut_ga --rfam --nohmmonly --fmt 2 --oskip --oclan --clanin ${rfam}/Rfam.clanin --cpu ${task.cpus} \\
        --noali ${task.ext.args ?: ''} --tblout ${meta.id}.rfam.tblout families.cm ${genome} > /dev/null
    """

    stub:
    "touch ${meta.id}.rfam.tblout"
}
