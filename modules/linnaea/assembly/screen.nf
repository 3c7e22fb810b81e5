// Adaptors by BLAST, and contigs of other organisms by genes, read depth and composition, or both by reports of FCS-adaptor and FCS-GX;
// removed by one cleaner.
process SCREEN_CONTIGS {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'read_depth.py', 'adaptors.py', 'foreign_contigs.py', 'contamination.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(reads), val(preset), path(keep, stageAs: 'keep/*'), path(edited, stageAs: 'edited/*'), path(gx, stageAs: 'gx/*'), path(adaptor, stageAs: 'adaptor/*'), path(tiara, stageAs: 'tiara/*'), path(entered, stageAs: 'entered/*')  // [assembly, fasta, [fastq, ...] or [], map-hifi or map-ont, list or [], tsv or [], report or [], report or [], txt or [], fasta or []]
    val confirmed                                                              // remove also what raises an alarm

    output:
    tuple(val(meta), path("${prefix}.screened.fasta.gz"), path("${prefix}.screen.agp"), path("${prefix}.screen.decisions.tsv"), emit: changes)
    tuple(val(meta), path("${prefix}.screen.removed.fasta.gz"), emit: removed)
    tuple(val(meta), path("${prefix}.{screen,foreign_contigs}.json"), emit: metrics)
    tuple(val(meta), path("${prefix}.foreign_contigs.tsv"), optional: true, emit: table)
    tuple(val(task.process), eval("tool_versions.sh SCREEN_CONTIGS"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    def named = "--id ${meta.id} --haplotype ${meta.haplotype}"
    """
    # ${task.ext.code}
    gzip -dcf ${assembly} > contigs.fasta
    ${reads && !gx ? """minimap2 -x ${preset} --secondary=no --paf-no-hit -t ${task.cpus} contigs.fasta ${reads} \\
        | read_depth.py ${named} --stage ${meta.stage} --assembly contigs.fasta --out depth.json --track depth.bedgraph.gz""" : ''}
    ${adaptor ? '' : "adaptors.py --assembly contigs.fasta --threads ${task.cpus} --out adaptors.txt"}
    ${gx ? '' : """foreign_contigs.py ${named} --assembly contigs.fasta ${reads ? '--depth depth.bedgraph.gz' : ''} --threads ${task.cpus} \\
        --out foreign.txt --table ${prefix}.foreign_contigs.tsv --metrics ${prefix}.foreign_contigs.json"""}
    contamination.py ${named} --assembly contigs.fasta --reports ${adaptor ?: 'adaptors.txt'} ${gx ?: 'foreign.txt'} ${tiara ? "--tiara ${tiara}" : ''} \\
        ${entered ? "--entered ${entered}" : ''} ${confirmed ? '--confirmed' : ''} \\
        --out ${prefix}.screened.fasta.gz --removed ${prefix}.screen.removed.fasta.gz --agp ${prefix}.screen.agp \\
        --decisions ${prefix}.screen.decisions.tsv --metrics ${prefix}.screen.json ${keep ? "--keep ${keep}" : ''} ${edited ? "--edited ${edited}" : ''} ${task.ext.args ?: ''}
    rm -f contigs.fasta depth.json depth.bedgraph.gz
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.screened.fasta.gz ${prefix}.screen.removed.fasta.gz ${prefix}.screen.agp ${prefix}.screen.decisions.tsv ${prefix}.foreign_contigs.tsv
    echo '{"id": "${meta.id}", "step": "screen", "haplotype": "${meta.haplotype}"}' > ${prefix}.screen.json
    echo '{"id": "${meta.id}", "step": "foreign_contigs", "haplotype": "${meta.haplotype}"}' > ${prefix}.foreign_contigs.json
    """
}
