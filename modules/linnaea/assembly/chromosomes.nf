// One haplotype of a map that a person has curated, and what was left out of it.
process CURATE_MAP {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'curate_assembly.py') })

    input:
    tuple val(meta), val(haplotypes), path(assemblies, stageAs: 'given/*'), path(map)   // [meta, [name, ...], [fasta, ...], agp or .assembly]

    output:
    tuple(val(meta), path("${prefix}.curated.fasta.gz"), path("${prefix}.curated.agp"), path("${prefix}.curation.decisions.tsv"), emit: changes)
    tuple(val(meta), path("${prefix}.curation.json"), emit: metrics)
    path("${prefix}.{haplotigs,contaminants,false_duplicates}.fasta.gz", emit: removed, optional: true)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    # ${task.ext.code}
    curate_assembly.py --id ${meta.id} --assembly ${assemblies} --haplotype ${haplotypes.join(' ')} --only ${meta.haplotype} --curated ${map} --out curated
    mv curated/${prefix}.fa.gz ${prefix}.curated.fasta.gz
    mv curated/${prefix}.agp ${prefix}.curated.agp
    mv curated/${meta.id}.decisions.tsv ${prefix}.curation.decisions.tsv
    mv curated/${meta.id}.curation.json ${prefix}.curation.json
    for removed in haplotigs contaminants false_duplicates; do
        if [ -e curated/${prefix}.\$removed.fa.gz ]; then mv curated/${prefix}.\$removed.fa.gz ${prefix}.\$removed.fasta.gz; fi
    done
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.curated.fasta.gz ${prefix}.curated.agp ${prefix}.curation.decisions.tsv
    echo '{"id": "${meta.id}", "step": "curation"}' > ${prefix}.curation.json
    """
}

// Chromosomes chosen and named; sex chromosomes by the depth of reads, if any are given, homologues by alignment to another haplotype.
process NAME_CHROMOSOMES {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'name_chromosomes.py', 'read_depth.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), val(keep_names), path(reads), val(preset), path(other, stageAs: 'other/*'), path(other_list, stageAs: 'other/*')  // [meta, fasta, whether names stay, [fastq, ...], map-hifi or map-ont, fasta or [], tsv or []]

    output:
    tuple(val(meta), path("${prefix}.chromosomes.fasta.gz"), path("${prefix}.chromosomes.agp"), path("${prefix}.chromosomes.decisions.tsv"), emit: changes, optional: true)
    tuple(val(meta), path("${prefix}.chromosomes.tsv"), emit: list, optional: true)
    tuple(val(meta), path("${prefix}.chromosomes.json"), emit: metrics)
    tuple(val(meta), path("${prefix}.sex.json"), emit: sex, optional: true)
    tuple(val(meta), path("${prefix}.unlocalised.tsv"), emit: unlocalised, optional: true)
    tuple(val(task.process), eval("tool_versions.sh NAME_CHROMOSOMES"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    def depth = reads ? """minimap2 -x ${preset} --secondary=no --paf-no-hit -t ${task.cpus} ${assembly} ${reads} \\
        | read_depth.py --id ${meta.id} --stage ${meta.stage} --haplotype ${meta.haplotype} --assembly ${assembly} --out depth.json --track depth.bedgraph.gz""" : ''
    def homologues = other_list ? "minimap2 -x asm10 -t ${task.cpus} ${other} ${assembly} > homologues.paf" : ''
    """
    # ${task.ext.code}
    ${depth}
    ${homologues}
    name_chromosomes.py --id ${meta.id} --haplotype ${meta.haplotype} --stage ${meta.stage} --assembly ${assembly} --out . ${keep_names ? '--keep-names' : ''} \\
        ${meta.haploid_number ? "--haploid-number ${meta.haploid_number}" : ''} ${reads ? "--sex ${meta.sex} --depth depth.bedgraph.gz" : ''} \\
        ${other_list ? "--homologous-chromosomes ${other_list} --paf homologues.paf" : ''}
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${keep_names ? '' : "${prefix}.chromosomes.fasta.gz ${prefix}.chromosomes.agp ${prefix}.chromosomes.decisions.tsv"} ${prefix}.chromosomes.tsv
    echo '{"id": "${meta.id}", "step": "chromosome_assignment"}' > ${prefix}.chromosomes.json
    """
}
