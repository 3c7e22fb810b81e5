// Joins the evidence of a genome in one file of hints, and writes its RNA introns as a track.
process HINTS {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'hints.py') })

    input:
    tuple val(meta), path(genome), path(names), path(rna, stageAs: 'rna/*'), path(proteins, stageAs: 'proteins/*'), path(given, stageAs: 'given/*')  // [meta, fasta, tsv, [gff, ...], [gff3, ...], [gff, ...]]
    val max_intron                                                             // bp, or '' for what the evidence says

    output:
    tuple(val(meta), path("${meta.id}.hints.gff"), emit: hints)
    tuple(val(meta), path("${meta.id}.rna_introns.bed"), emit: junctions, optional: true)  // none without RNA
    tuple(val(meta), env('longest'), emit: longest_intron)

    script:
    """
    # ${task.ext.code}
    longest=\$(hints.py --genome ${genome} --names ${names} ${rna ? "--rna ${rna}" : ''} ${proteins ? "--proteins ${proteins}" : ''} ${given ? "--given ${given}" : ''} \\
        ${max_intron ? "--max-intron ${max_intron}" : ''} --hints ${meta.id}.hints.gff --junctions ${meta.id}.rna_introns.bed)
    """

    stub:
    """
    touch ${meta.id}.hints.gff ${meta.id}.rna_introns.bed
    longest=10000
    """
}

// Makes training genes from evidence, trains AUGUSTUS on them, and chooses the best model. A second round trains on predictions of the first.
process TRAIN_GENES {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'gene_training.py') })

    input:
    tuple val(meta), path(genome), path(hints), path(models, stageAs: 'models/*'), path(earlier, stageAs: 'earlier/*'), path(predictions)  // [meta, fasta, gff, [gff3 or gtf, ...], json, gff3]; the last two of the first round, or []
    tuple val(mode), val(candidates)                                           // auto, train or a species; comma-separated or null

    output:
    tuple(val(meta), path("config"), path("${meta.id}.gene_training.json"), emit: trained)
    tuple(val(task.process), eval("tool_versions.sh TRAIN_GENES"), emit: versions)

    script:
    def second = earlier ? "--earlier ${earlier} --predictions ${predictions}" : ''
    """
    # ${task.ext.code}
    gene_training.py ${models} --id ${meta.id} --mode ${mode} ${candidates ? "--candidates ${candidates}" : ''} --hints ${hints} --genome ${genome} \\
        --genetic-code ${meta.genetic_code ?: 1} ${second} --threads ${task.cpus} --config config --out ${meta.id}.gene_training.json
    """

    stub:
    """
    mkdir config
    echo '{"id": "${meta.id}", "step": "gene_training", "chosen": "${mode in ['auto', 'train'] ? 'fly' : mode}", "changed": ${earlier ? true : false}}' > ${meta.id}.gene_training.json
    """
}

process AUGUSTUS {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'gene_prediction.py') })

    input:
    tuple val(meta), path(genome), path(hints), val(longest_intron), path(config), val(species)  // [meta, fasta, gff, bp, folder, name]

    output:
    tuple(val(meta), path("${meta.id}.augustus.gff3"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh AUGUSTUS"), emit: versions)

    script:
    """
    # ${task.ext.code}
    gene_prediction.py --genome ${genome} --hints ${hints} --config ${config} --species ${species} --max-intron ${longest_intron} \\
        --genetic-code ${meta.genetic_code ?: 1} --options="${task.ext.args ?: ''}" --threads ${task.cpus} --gff ${meta.id}.augustus.gff3
    """

    stub:
    "touch ${meta.id}.augustus.gff3"
}
