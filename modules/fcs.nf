// Contigs of other organisms by FCS-GX. The database must be in memory, or the search takes days.
process FCS_GX {
    tag "${meta.id} ${meta.haplotype}"

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*')                        // [assembly, fasta]
    path(database, stageAs: 'database')                                        // folder

    output:
    tuple(val(meta), path("${meta.id}.${meta.haplotype}.fcs_gx_report.txt"), emit: report)
    tuple(val(meta), path("${meta.id}.${meta.haplotype}.taxonomy.rpt"), emit: taxonomy)
    tuple(val(task.process), eval("tool_versions.sh FCS_GX"), emit: versions)

    script:
    """
    gzip -dcf ${assembly} > contigs.fasta
    export GX_NUM_CORES=${task.cpus}
    run_gx.py --fasta contigs.fasta --gx-db database --tax-id ${meta.taxid} --out-basename fcs --out-dir . ${task.ext.args ?: ''}
    mv fcs*.fcs_gx_report.txt ${meta.id}.${meta.haplotype}.fcs_gx_report.txt
    mv fcs*.taxonomy.rpt ${meta.id}.${meta.haplotype}.taxonomy.rpt
    rm contigs.fasta
    """

    stub:
    "touch ${meta.id}.${meta.haplotype}.fcs_gx_report.txt ${meta.id}.${meta.haplotype}.taxonomy.rpt"
}

// Adaptors and vectors by FCS-adaptor, which takes the whole header line for a name.
process FCS_ADAPTOR {
    tag "${meta.id} ${meta.haplotype}"

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*')                        // [assembly, fasta]

    output:
    tuple(val(meta), path("${meta.id}.${meta.haplotype}.fcs_adaptor_report.txt"), emit: report)
    tuple(val(task.process), eval("tool_versions.sh FCS_ADAPTOR"), emit: versions)

    script:
    """
    gzip -dcf ${assembly} | sed '/^>/s/[[:space:]].*//' > contigs.fasta
    PATH=\$PATH:/app/fcs/bin av_screen_x -o fcs_adaptor --euk ${task.ext.args ?: ''} contigs.fasta
    mv fcs_adaptor/fcs_adaptor_report.txt ${meta.id}.${meta.haplotype}.fcs_adaptor_report.txt
    rm -r contigs.fasta fcs_adaptor
    """

    stub:
    "touch ${meta.id}.${meta.haplotype}.fcs_adaptor_report.txt"
}
