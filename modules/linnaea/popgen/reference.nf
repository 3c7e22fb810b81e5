// The reference as plain FASTA with its index, and the joined masks: callable, excluded, and sequences that are not autosomes.
process PREPARE_REFERENCE {
    ext(code: { Code.hash(projectDir, 'masks.py') })

    input:
    path(fasta, stageAs: 'given/*')
    path(mappability, stageAs: 'mappability/*')                      // bed, or []: everything
    path(excluded, stageAs: 'excluded/?/*')                          // [bed, ...], may be []
    path(compartments, stageAs: 'compartments/*')                    // tsv, or []

    output:
    tuple(path("reference.fasta"), path("reference.fasta.fai"), emit: genome)
    tuple(path("included.bed"), path("excluded.bed"), path("compartments.tsv"), emit: masks)
    tuple(val(task.process), eval("tool_versions.sh PREPARE_REFERENCE"), emit: versions)

    script:
    """
    # ${task.ext.code}
    seqkit seq -w 80 ${fasta} > reference.fasta
    samtools faidx reference.fasta
    masks.py --fai reference.fasta.fai ${mappability ? "--include ${mappability}" : ''} ${excluded ? "--exclude ${excluded}" : ''} \\
        ${compartments ? "--compartments ${compartments}" : ''} --included-bed included.bed --excluded-bed excluded.bed --compartments-tsv compartments.tsv
    """

    stub:
    "touch reference.fasta reference.fasta.fai included.bed excluded.bed compartments.tsv"
}

process PLAN_REGIONS {
    ext(code: { Code.hash(projectDir, 'plan_regions.py') })

    input:
    tuple path(fasta), path(fai)
    val samples                                                      // number
    tuple val(window), val(region_size), val(max_regions)            // [bp, bp or '', number]

    output:
    path "regions/*.bed"

    script:
    """
    # ${task.ext.code}
    plan_regions.py ${fai} --samples ${samples} --window-bp ${window} --max-regions ${max_regions} ${region_size ? "--region-bp ${region_size}" : ''} --outdir regions
    """

    stub:
    "mkdir regions && touch regions/region0001.bed regions/region0002.bed"
}
