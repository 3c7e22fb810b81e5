// The sequences of all haplotypes in one FASTA, whose names tell the haplotype, homologues one after another.
process JOIN_HAPLOTYPES {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'curation_bundle.py') })

    input:
    tuple val(meta), val(haplotypes), path(assemblies, stageAs: 'given/*')     // [genome, [name, ...], [fasta, ...]]

    output:
    tuple(val(meta), path("${meta.id}.fasta.gz"), path("${meta.id}.fasta.gz.*"), path("map_names.tsv"), emit: joined)  // [genome, fasta, [fai, gzi], tsv]

    script:
    def named = [haplotypes, [assemblies].flatten()].transpose().collect { name, fasta -> "${name}=${fasta}" }.join(' ')
    """
    # ${task.ext.code}
    curation_bundle.py join --fasta ${meta.id}.fasta.gz --table map_names.tsv ${named}
    """

    stub:
    "touch ${meta.id}.fasta.gz ${meta.id}.fasta.gz.fai ${meta.id}.fasta.gz.gzi map_names.tsv"
}

// Maps, tracks, pictures and views for curation: repeats by WindowMasker, the other haplotypes by alignment to the first.
process CURATION_BUNDLE {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'curation_bundle.py') })

    input:
    tuple val(meta), path(joined, stageAs: 'curation/*'), path(pairs, stageAs: 'curation/*'), val(haplotypes), path(assemblies, stageAs: 'given/*'), val(measured), path(depths), path(annotation, stageAs: 'given/*')  // [genome, [fasta, fai, gzi, tsv], [pairs, ...], [name, ...], [fasta, ...], [name, ...], [bedgraph, ...], gff3 or []]
    val bin_size
    val min_mapq

    output:
    tuple(val(meta), path("curation/*", includeInputs: true), emit: files)
    tuple(val(task.process), eval("tool_versions.sh CURATION_BUNDLE"), emit: versions)

    script:
    def named = [haplotypes, [assemblies].flatten()].transpose()
    def (first, target) = named.head()
    def others = named.tail()
    def aligned = others.collect { name, fasta -> "minimap2 -x asm10 --secondary=no -t ${task.cpus} ${target} ${fasta} > ${name}.paf" }.join('\n    ')
    def homologous = others ? "--homologous ${others.collect { name, fasta -> "${name}=${name}.paf" }.join(' ')}" : ''
    def depth = measured ? "--depth ${[measured, [depths].flatten()].transpose().collect { name, bedgraph -> "${name}=${bedgraph}" }.join(' ')}" : ''
    """
    # ${task.ext.code}
    gzip -dc curation/${meta.id}.fasta.gz > sequences.fasta
    windowmasker -mk_counts -in sequences.fasta -out counts -mem ${Math.max(512, (task.memory.toMega() as int) - 512)} 2> windowmasker.log || { cat windowmasker.log >&2; exit 1; }
    windowmasker -ustat counts -in sequences.fasta -outfmt interval -out repeats.txt
    ${aligned}
    curation_bundle.py write --id ${meta.id} --fasta curation/${meta.id}.fasta.gz --table curation/map_names.tsv --pairs ${pairs} --bin-bp ${bin_size} --min-mapq ${min_mapq} --repeats repeats.txt \\
        --telomere-motif ${meta.telomere_motif ?: 'auto'} ${depth} --first ${first} ${homologous} ${annotation ? "--annotation ${annotation}" : ''} --outdir curation
    rm -f sequences.fasta counts *.paf
    """

    stub:
    """
    cd curation
    touch README.txt maps.html make_pretext.sh config.json higlass.json ${meta.id}.mapq${min_mapq}.mcool ${meta.id}.mapq0.mcool ${meta.id}.gap.bedgraph.gz ${meta.id}.gap.bw
    """
}
