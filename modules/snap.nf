// Gene prediction by SNAP, trained on genes from the evidence.
process SNAP {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'snap_genes.py') })

    input:
    tuple val(meta), path(genome), path(hints), path(models, stageAs: 'models/*')  // [meta, fasta, gff, [gff3 or gtf, ...]]

    output:
    tuple(val(meta), path("${meta.id}.snap.gff3"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh SNAP"), emit: versions)

    script:
    """
    # ${task.ext.code}
    snap_genes.py train ${models} --genome ${genome} --hints ${hints} --genetic-code ${meta.genetic_code ?: 1} --out genes
    fathom genes.ann genes.dna -categorize 1000 > /dev/null
    fathom uni.ann uni.dna -export 1000 -plus > /dev/null
    mkdir parameters && cd parameters && forge ../export.ann ../export.dna > /dev/null && cd ..
    hmm-assembler.pl ${meta.id} parameters > ${meta.id}.hmm
    \$(command -v snap-hmm || command -v snap) -quiet ${task.ext.args ?: ''} ${meta.id}.hmm ${genome} -gff > predictions.gff
    snap_genes.py models predictions.gff --genome ${genome} --out ${meta.id}.snap.gff3
    """

    stub:
    "touch ${meta.id}.snap.gff3"
}
