// Assembles the transcripts of one library.
process STRINGTIE {
    tag "${meta.id} ${meta.library}"

    input:
    tuple val(meta), path(bam), val(strandedness)                              // [meta + library, bam, as found]

    output:
    tuple(val(meta), path("${meta.library}.gtf"), emit: transcripts)
    tuple(val(task.process), eval("tool_versions.sh STRINGTIE"), emit: versions)

    script:
    def strand = [forward: '--fr', reverse: '--rf'].get(strandedness, '')
    """
    stringtie ${bam} ${strand} ${meta.type == 'isoseq' ? '-L' : ''} -p ${task.cpus} -l ${meta.library} ${task.ext.args ?: ''} -o ${meta.library}.gtf
    """

    stub:
    "touch ${meta.library}.gtf"
}

// Merges the transcripts of all libraries, and measures the depth of their reads; neither if no read is mapped.
process STRINGTIE_MERGE {
    tag "${meta.id}"

    input:
    tuple val(meta), path(transcripts), path(bams), path(names)                // [meta, [gtf, ...], [bam, ...], tsv]

    output:
    tuple(val(meta), path("${meta.id}.transcripts.gtf"), emit: transcripts, optional: true)
    tuple(val(meta), path("${meta.id}.rna_coverage.bedgraph.gz"), emit: coverage, optional: true)
    tuple(val(task.process), eval("tool_versions.sh STRINGTIE_MERGE"), emit: versions)

    script:
    """
    assembled=\$(grep -l 'transcript_id' ${transcripts} || [ \$? -eq 1 ])
    [ -z "\$assembled" ] || stringtie --merge -F 0 -T 0 -f 0.01 -m 200 -g 0 -o ${meta.id}.transcripts.gtf \$assembled
    samtools merge -@ ${task.cpus} -u - ${bams} | bedtools genomecov -ibam - -bg -split \\
        | awk -v OFS='\\t' 'NR == FNR { own[\$1] = \$2; next } { print own[\$1], \$2, \$3, \$4 }' ${names} - > ${meta.id}.rna_coverage.bedgraph
    if [ -s ${meta.id}.rna_coverage.bedgraph ]; then bgzip -@ ${task.cpus} ${meta.id}.rna_coverage.bedgraph; fi
    """

    stub:
    "touch ${meta.id}.transcripts.gtf ${meta.id}.rna_coverage.bedgraph.gz"
}
