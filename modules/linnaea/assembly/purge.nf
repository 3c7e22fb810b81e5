// An assembly of one haplotype without haplotigs and overlapping ends of contigs; nothing is removed where k-mers show no duplication.
process PURGE_DUPLICATES {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'purge_duplicates.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(reads), path(profile), path(kmers), path(keep, stageAs: 'keep/*'), path(edited, stageAs: 'edited/*')  // [assembly, fasta, [fastq, ...], json, json, list or [], tsv or []]

    output:
    tuple(val(meta), path("${prefix}.purged.fasta.gz"), path("${prefix}.purge.agp"), path("${prefix}.purge.decisions.tsv"), emit: changes)
    tuple(val(meta), path("${prefix}.purge.removed.fasta.gz"), emit: removed)
    tuple(val(meta), path("${prefix}.purge.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh PURGE_DUPLICATES"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    # ${task.ext.code}
    purge_duplicates.py check-need --haplotype ${meta.haplotype} --profile ${profile} --evaluation ${kmers} > reason.txt
    # self-alignment and reads are mapped only where duplicates may be removed
    { [ -s reason.txt ] || minimap2 -x asm5 -D -P -t ${task.cpus} ${assembly} ${assembly}; } > self.paf
    { [ -s reason.txt ] || minimap2 -x map-hifi --secondary=no -t ${task.cpus} ${assembly} ${reads}; } \\
        | purge_duplicates.py remove --id ${meta.id} --haplotype ${meta.haplotype} --assembly ${assembly} --self-alignment self.paf --profile ${profile} --evaluation ${kmers} \\
            --out ${prefix}.purged.fasta.gz --removed ${prefix}.purge.removed.fasta.gz --agp ${prefix}.purge.agp \\
            --decisions ${prefix}.purge.decisions.tsv --metrics ${prefix}.purge.json ${keep ? "--keep ${keep}" : ''} ${edited ? "--edited ${edited}" : ''} ${task.ext.args ?: ''}
    rm self.paf
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.purged.fasta.gz ${prefix}.purge.removed.fasta.gz ${prefix}.purge.agp ${prefix}.purge.decisions.tsv
    echo '{"id": "${meta.id}", "step": "purge", "haplotype": "${meta.haplotype}"}' > ${prefix}.purge.json
    """
}
