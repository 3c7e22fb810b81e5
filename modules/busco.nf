// Searches the assembly for the single-copy genes of a downloaded lineage. Written for BUSCO 6 with miniprot.
process BUSCO {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*')                                            // [meta, fasta]
    path lineage

    output:
    tuple(val(meta), path("${prefix}.busco.json"), emit: metrics)
    tuple(val(meta), path("short_summary.${prefix}.{txt,json}"), emit: summary)
    tuple(val(meta), path("${prefix}.busco_table.tsv"), emit: table)
    tuple(val(task.process), eval("tool_versions.sh BUSCO"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}${meta.before_curation ? '.before_curation' : ''}"
    // BUSCO cannot tell miniprot the genetic code, only metaeuk; versions where miniprot is the default have an option for that
    def table = meta.genetic_code in [null, 1, 11] ? '' : "--translation-table=${meta.genetic_code}"
    def predictor = table ? "\$(busco --help | sed -n 's/^ *\\(--metaeuk\\) .*/\\1/p') --metaeuk_parameters=${table} --metaeuk_rerun_parameters=${table}" : ''
    """
    # ${task.ext.code}
    if [ "\$(head -c 1 ${assembly})" = '>' ]; then cat ${assembly}; else gzip -dc ${assembly}; fi > assembly.fasta
    busco -i assembly.fasta -m genome -l \$PWD/${lineage} -o busco --offline -c ${task.cpus} ${predictor} ${task.ext.args ?: ''}
    cp busco/short_summary.specific.*.txt short_summary.${prefix}.txt
    cp busco/short_summary.specific.*.json short_summary.${prefix}.json
    cp busco/run_*/full_table.tsv ${prefix}.busco_table.tsv
    tool_metrics.py busco --id ${meta.id} --stage ${meta.stage} --haplotype ${meta.haplotype} --out ${prefix}.busco.json short_summary.${prefix}.json
    rm -r busco assembly.fasta
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}${meta.before_curation ? '.before_curation' : ''}"
    """
    touch short_summary.${prefix}.txt short_summary.${prefix}.json ${prefix}.busco_table.tsv
    echo '{"id": "${meta.id}", "step": "busco"}' > ${prefix}.busco.json
    """
}

// The same for the proteins of a gene set.
process BUSCO_PROTEINS {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(proteins)                                            // [meta, fasta]
    path lineage

    output:
    tuple(val(meta), path("${prefix}.busco.json"), emit: metrics)
    tuple(val(meta), path("short_summary.${prefix}.{txt,json}"), emit: summary)
    tuple(val(meta), path("${prefix}.busco_table.tsv"), emit: table)
    tuple(val(task.process), eval("tool_versions.sh BUSCO_PROTEINS"), emit: versions)

    script:
    prefix = "${meta.id}.annotation"
    """
    # ${task.ext.code}
    busco -i ${proteins} -m proteins -l \$PWD/${lineage} -o busco --offline -c ${task.cpus} ${task.ext.args ?: ''}
    cp busco/short_summary.specific.*.txt short_summary.${prefix}.txt
    cp busco/short_summary.specific.*.json short_summary.${prefix}.json
    cp busco/run_*/full_table.tsv ${prefix}.busco_table.tsv
    tool_metrics.py busco --id ${meta.id} --stage annotation --out ${prefix}.busco.json short_summary.${prefix}.json
    rm -r busco
    """

    stub:
    prefix = "${meta.id}.annotation"
    """
    touch short_summary.${prefix}.txt short_summary.${prefix}.json ${prefix}.busco_table.tsv
    echo '{"id": "${meta.id}", "step": "busco"}' > ${prefix}.busco.json
    """
}
