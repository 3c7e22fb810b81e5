// Makes one multi-resolution contact map from those pairs of all libraries whose ends have enough mapping quality, with a record and a picture.
process COOLER_MCOOL {
    tag "${meta.id} ${meta.haplotype}"
    ext(code: { Code.hash(projectDir, 'contact_map.py') })

    input:
    tuple val(meta), path(pairs), path(statistics), path(assembly, stageAs: 'given/*')             // [meta, [pairs, ...], [stats, ...], fasta]
    val bin_size
    val min_mapq

    output:
    tuple(val(meta), path("${prefix}.mcool"), emit: map)
    tuple(val(meta), path("${prefix}.hic_map.json"), emit: metrics)
    tuple(val(meta), path("${prefix}.hic_map.png"), emit: picture)
    tuple(val(task.process), eval("tool_versions.sh COOLER_MCOOL"), emit: versions)

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    # ${task.ext.code}
    gzip -dcf ${assembly} > assembly.fasta
    samtools faidx assembly.fasta
    cut -f 1,2 assembly.fasta.fai > sizes.tsv
    pairtools merge --nproc ${task.cpus} ${pairs} | awk -F '\\t' '/^#/ || (\$9 >= ${min_mapq} && \$10 >= ${min_mapq})' > placed.pairs
    pairtools stats --output placed.stats placed.pairs
    cooler cload pairs -c1 2 -p1 3 -c2 4 -p2 5 sizes.tsv:${bin_size} placed.pairs ${prefix}.cool
    cooler zoomify --nproc ${task.cpus} --resolutions ${bin_size}N --balance -o ${prefix}.mcool ${prefix}.cool
    contact_map.py --id ${meta.id} --stage ${meta.stage} --haplotype ${meta.haplotype} --statistics ${statistics} --placed placed.stats \\
        --out ${prefix}.hic_map.json --picture ${prefix}.hic_map.png ${prefix}.mcool
    rm assembly.fasta* placed.pairs ${prefix}.cool
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.mcool ${prefix}.hic_map.png
    echo '{"id": "${meta.id}", "step": "hic_map"}' > ${prefix}.hic_map.json
    """
}
