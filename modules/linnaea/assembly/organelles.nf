// The mitochondrion from HiFi reads, by a relative's or by frequent k-mers; an empty FASTA if there is none.
process ASSEMBLE_ORGANELLE {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'organelle.py') })

    input:
    tuple val(meta), path(reads), path(kmers), path(profile), path(relative)   // [genome, [fastq, ...], [kmc_pre, kmc_suf], json, fasta or []]

    output:
    tuple(val(meta), path("${meta.id}.mitochondrion.fasta.gz"), emit: organelle)
    tuple(val(meta), path("${meta.id}.organelle.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh ASSEMBLE_ORGANELLE"), emit: versions)

    script:
    def bait = relative ? "--relative ${relative}" : "--kmers ${meta.id}.reads --profile ${profile}"
    """
    # ${task.ext.code}
    organelle.py assemble --id ${meta.id} --reads ${reads} ${bait} ${meta.mito_code ? "--mito-code ${meta.mito_code}" : ''} --threads ${task.cpus} \\
        --out ${meta.id}.mitochondrion.fasta.gz --metrics ${meta.id}.organelle.json ${task.ext.args ?: ''}
    """

    stub:
    """
    touch ${meta.id}.mitochondrion.fasta.gz
    echo '{"id": "${meta.id}", "step": "organelle", "result": "none", "warnings": []}' > ${meta.id}.organelle.json
    """
}

// The mitochondrion of another program, rotated and with its tRNA genes; an empty FASTA if there is none.
process ADOPT_ORGANELLE {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'organelle.py') })

    input:
    tuple val(meta), path(given)                                               // [genome, fasta]
    val tool

    output:
    tuple(val(meta), path("${meta.id}.mitochondrion.fasta.gz"), emit: organelle)
    tuple(val(meta), path("${meta.id}.organelle.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh ADOPT_ORGANELLE"), emit: versions)

    script:
    """
    # ${task.ext.code}
    organelle.py adopt --id ${meta.id} --given ${given} --tool ${tool} ${meta.mito_code ? "--mito-code ${meta.mito_code}" : ''} \\
        --out ${meta.id}.mitochondrion.fasta.gz --metrics ${meta.id}.organelle.json
    """

    stub:
    """
    touch ${meta.id}.mitochondrion.fasta.gz
    echo '{"id": "${meta.id}", "step": "organelle", "result": "none", "warnings": []}' > ${meta.id}.organelle.json
    """
}

// The assembly without contigs that are copies of the organelle; copies within nuclear contigs stay, and are listed.
process SEPARATE_ORGANELLE {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'organelle.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(organelle), path(keep, stageAs: 'keep/*'), path(edited, stageAs: 'edited/*')  // [assembly, fasta, fasta, list or [], tsv or []]

    output:
    tuple(val(meta), path("${prefix}.nuclear.fasta.gz"), path("${prefix}.organelles.agp"), path("${prefix}.organelles.decisions.tsv"), emit: changes)
    tuple(val(meta), path("${prefix}.organelles.removed.fasta.gz"), emit: removed)
    tuple(val(meta), path("${prefix}.organelle_copies.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh SEPARATE_ORGANELLE"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    # ${task.ext.code}
    organelle.py separate --id ${meta.id} --haplotype ${meta.haplotype} --assembly ${assembly} --organelle ${organelle} --threads ${task.cpus} \\
        --out ${prefix}.nuclear.fasta.gz --removed ${prefix}.organelles.removed.fasta.gz --agp ${prefix}.organelles.agp \\
        --decisions ${prefix}.organelles.decisions.tsv --metrics ${prefix}.organelle_copies.json ${keep ? "--keep ${keep}" : ''} ${edited ? "--edited ${edited}" : ''} ${task.ext.args ?: ''}
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.nuclear.fasta.gz ${prefix}.organelles.removed.fasta.gz ${prefix}.organelles.agp ${prefix}.organelles.decisions.tsv
    echo '{"id": "${meta.id}", "step": "organelle_copies", "haplotype": "${meta.haplotype}"}' > ${prefix}.organelle_copies.json
    """
}
