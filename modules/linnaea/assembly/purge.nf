// Alignments of the reads to the contigs and of these to each other, and the cutoffs of depth, as purge_dups reads them; empty files where
// k-mers show no duplication.
process PURGE_ALIGNMENTS {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'purge_duplicates.py', 'purge_dups.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(reads), path(profile), path(kmers)  // [assembly, fasta, [fastq, ...], json, json]

    output:
    tuple(val(meta), path("reads.paf.gz"), path("contigs.paf.gz"), path("cutoffs"), emit: alignments)
    tuple(val(task.process), eval("tool_versions.sh PURGE_ALIGNMENTS"), emit: versions)

    script:
    """
    # ${task.ext.code}
    purge_duplicates.py check-need --haplotype ${meta.haplotype} --profile ${profile} --evaluation ${kmers} > reason.txt
    if [ -s reason.txt ]; then
        touch reads.paf contigs.paf cutoffs
    else
        purge_dups.py prepare --assembly ${assembly} --profile ${profile} --contigs contigs.fasta --split split.fasta --out cutoffs
        minimap2 -x asm5 -D -P -t ${task.cpus} split.fasta split.fasta > contigs.paf
        minimap2 -x map-hifi --secondary=no -t ${task.cpus} contigs.fasta ${reads} > reads.paf
        rm contigs.fasta split.fasta
    fi
    bgzip -@ ${task.cpus} reads.paf
    bgzip -@ ${task.cpus} contigs.paf
    """

    stub:
    "touch reads.paf.gz contigs.paf.gz cutoffs"
}

// An assembly of one haplotype without haplotigs and overlapping ends of contigs: those that we find, or those of purge_dups. Nothing is
// removed where k-mers show no duplication.
process PURGE_DUPLICATES {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'purge_duplicates.py', 'purge_dups.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(reads), path(profile), path(kmers), path(keep, stageAs: 'keep/*'), path(edited, stageAs: 'edited/*'), path(alignments), path(dups)  // [assembly, fasta, [fastq, ...], json, json, list or [], tsv or [], paf or [], bed or []]

    output:
    tuple(val(meta), path("${prefix}.purged.fasta.gz"), path("${prefix}.purge.agp"), path("${prefix}.purge.decisions.tsv"), emit: changes)
    tuple(val(meta), path("${prefix}.purge.removed.fasta.gz"), emit: removed)
    tuple(val(meta), path("${prefix}.purge.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh PURGE_DUPLICATES"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    def judge = dups ? "gzip -dc ${alignments} | purge_dups.py apply --dups ${dups}" : """purge_duplicates.py check-need --haplotype ${meta.haplotype} --profile ${profile} --evaluation ${kmers} > reason.txt
    # self-alignment and reads are mapped only where duplicates may be removed
    { [ -s reason.txt ] || minimap2 -x asm5 -D -P -t ${task.cpus} ${assembly} ${assembly}; } > self.paf
    { [ -s reason.txt ] || minimap2 -x map-hifi --secondary=no -t ${task.cpus} ${assembly} ${reads}; } | purge_duplicates.py remove --self-alignment self.paf"""
    """
    # ${task.ext.code}
    ${judge} --id ${meta.id} --haplotype ${meta.haplotype} --assembly ${assembly} --profile ${profile} --evaluation ${kmers} \\
        --out ${prefix}.purged.fasta.gz --removed ${prefix}.purge.removed.fasta.gz --agp ${prefix}.purge.agp \\
        --decisions ${prefix}.purge.decisions.tsv --metrics ${prefix}.purge.json ${keep ? "--keep ${keep}" : ''} ${edited ? "--edited ${edited}" : ''} ${task.ext.args ?: ''}
    rm -f self.paf
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.purged.fasta.gz ${prefix}.purge.removed.fasta.gz ${prefix}.purge.agp ${prefix}.purge.decisions.tsv
    echo '{"id": "${meta.id}", "step": "purge", "haplotype": "${meta.haplotype}"}' > ${prefix}.purge.json
    """
}
