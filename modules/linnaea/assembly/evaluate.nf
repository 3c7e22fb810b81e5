process ASSEMBLY_STATISTICS {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'assembly_statistics.py') })

    input:
    tuple val(meta), path(assembly)                                            // [meta, fasta]

    output:
    tuple(val(meta), path("${prefix}.assembly_statistics.json"), emit: metrics)
    tuple(val(meta), path("${prefix}.sequences.tsv"), emit: table)

    script:
    prefix = "${meta.id}.${meta.haplotype}${meta.before_curation ? '.before_curation' : ''}"
    """
    # ${task.ext.code}
    assembly_statistics.py --id ${meta.id} --stage ${meta.stage} --haplotype ${meta.haplotype} --telomere-motif ${meta.telomere_motif ?: 'auto'} ${meta.haploid_number ? "--haploid-number ${meta.haploid_number}" : ''} \\
        --out ${prefix}.assembly_statistics.json --table ${prefix}.sequences.tsv ${assembly}
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}${meta.before_curation ? '.before_curation' : ''}"
    """
    touch ${prefix}.sequences.tsv
    echo '{"id": "${meta.id}", "step": "assembly_statistics"}' > ${prefix}.assembly_statistics.json
    """
}

process KMER_EVALUATION {
    tag "${meta.id} ${meta.stage}"
    ext(code: { Code.hash(projectDir, 'kmer_evaluation.py') })

    input:
    tuple val(meta), val(haplotypes), path(assemblies), path(database)         // [meta, [name, ...], [fasta, ...], [kmc_pre, kmc_suf]]
    val kmer_size

    output:
    tuple(val(meta), path("${prefix}.kmer_evaluation.json"), emit: metrics)
    tuple(val(meta), path("${prefix}.sequence_qv.tsv"), emit: table)
    tuple(val(task.process), eval("tool_versions.sh KMER_EVALUATION"), emit: versions)

    script:
    prefix = "${meta.id}${meta.before_curation ? '.before_curation' : ''}"
    def named = [haplotypes, [assemblies].flatten()].transpose().collect { name, fasta -> "${name}=${fasta}" }.join(' ')
    """
    # ${task.ext.code}
    kmer_evaluation.py --id ${meta.id} --stage ${meta.stage} --reads-db ${meta.id}.reads --kmer-size ${kmer_size} --threads ${task.cpus} \\
        --memory-gb ${Math.max(2, (task.memory.toGiga() as int) - 1)} --out ${prefix}.kmer_evaluation.json --table ${prefix}.sequence_qv.tsv ${named}
    """

    stub:
    prefix = "${meta.id}${meta.before_curation ? '.before_curation' : ''}"
    """
    touch ${prefix}.sequence_qv.tsv
    echo '{"id": "${meta.id}", "step": "kmer_evaluation"}' > ${prefix}.kmer_evaluation.json
    """
}

// Depth by window, and places that no read supports, from the positions of mapped reads, without base alignment.
process READ_DEPTH {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'read_depth.py') })

    input:
    tuple val(meta), path(assembly), path(reads), val(preset)                  // [meta, fasta, [fastq, ...], map-hifi or map-ont]

    output:
    tuple(val(meta), path("${prefix}.read_depth.json"), emit: metrics)
    tuple(val(meta), path("${prefix}.read_depth.bedgraph.gz"), emit: track)
    tuple(val(meta), path("${prefix}.suspects.tsv"), emit: suspects)
    tuple(val(task.process), eval("tool_versions.sh READ_DEPTH"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}${meta.before_curation ? '.before_curation' : ''}"
    """
    # ${task.ext.code}
    minimap2 -x ${preset} --secondary=no --paf-no-hit -t ${task.cpus} ${assembly} ${reads} \\
        | read_depth.py --id ${meta.id} --stage ${meta.stage} --haplotype ${meta.haplotype} --assembly ${assembly} --out ${prefix}.read_depth.json --track ${prefix}.read_depth.bedgraph.gz --suspect-table ${prefix}.suspects.tsv
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}${meta.before_curation ? '.before_curation' : ''}"
    """
    touch ${prefix}.read_depth.bedgraph.gz ${prefix}.suspects.tsv
    echo '{"id": "${meta.id}", "step": "read_depth"}' > ${prefix}.read_depth.json
    """
}

// Two haplotypes of a genome, block by block: collinear, inverted, translocated, duplicated, or in one alone.
process SYNTENY {
    tag "${meta.id} ${meta.stage}"
    ext(code: { Code.hash(projectDir, 'synteny.py') })

    input:
    tuple val(meta), val(haplotypes), path(assemblies, stageAs: 'haplotype?/*')    // [meta, [name, name], [fasta, fasta]]

    output:
    tuple(val(meta), path("${meta.id}.synteny.json"), emit: metrics)
    tuple(val(meta), path("${meta.id}.synteny.tsv"), emit: table)
    tuple(val(task.process), eval("tool_versions.sh SYNTENY"), emit: versions)

    script:
    """
    # ${task.ext.code}
    minimap2 -c -x asm10 --secondary=no -t ${task.cpus} ${assemblies} > haplotypes.paf
    synteny.py --id ${meta.id} --stage ${meta.stage} --haplotypes ${haplotypes.join(' ')} --assemblies ${assemblies} --paf haplotypes.paf \\
        --preset asm10 --threads ${task.cpus} --out ${meta.id}.synteny.json --table ${meta.id}.synteny.tsv
    rm haplotypes.paf
    """

    stub:
    """
    touch ${meta.id}.synteny.tsv
    echo '{"id": "${meta.id}", "step": "synteny"}' > ${meta.id}.synteny.json
    """
}
