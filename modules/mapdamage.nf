// Measures damage at the ends of fragments; rescaling lowers base qualities where damage is likely.
process MAPDAMAGE {
    tag "${meta.sample}"
    ext(code: { Code.hash(projectDir, 'damage_curves.py') })

    input:
    tuple val(meta), path(bam), path(index)                          // [meta, bam, csi]
    tuple path(fasta), path(fai)
    val rescale

    output:
    tuple(val(meta), path("${meta.sample}.damage.json"), emit: metrics)
    tuple(val(meta), path("${meta.sample}.rescaled.bam"), path("${meta.sample}.rescaled.bam.csi"), emit: rescaled, optional: true)
    tuple(val(task.process), eval("tool_versions.sh MAPDAMAGE"), emit: versions)

    script:
    """
    # ${task.ext.code}
    mapDamage -i ${bam} -r ${fasta} -d damage --merge-reference-sequences ${rescale ? "--rescale --rescale-out ${meta.sample}.rescaled.bam" : '--no-stats'} 2> mapdamage.log \\
        || { cat mapdamage.log >&2; exit 1; }
    ${rescale ? "samtools index -c ${meta.sample}.rescaled.bam" : ''}
    damage_curves.py --sample ${meta.sample} --out ${meta.sample}.damage.json damage/misincorporation.txt
    """

    stub:
    """
    echo '{"id": "popgen", "step": "damage", "sample": "${meta.sample}"}' > ${meta.sample}.damage.json
    ${rescale ? "touch ${meta.sample}.rescaled.bam ${meta.sample}.rescaled.bam.csi" : ''}
    """
}
