// The steps of the annotation that are our own scripts in bin/.

process PREPARE_ASSEMBLY {
    tag "${meta.id}"

    input:
    tuple val(meta), path(assembly)                                            // [meta, fasta]
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.prepared.fasta"), path("${meta.id}.sequence_names.tsv"), emit: genome
    tuple val(meta), path("${meta.id}.assembly_preparation.json"), emit: metrics

    script:
    """
    prepare_assembly.py --id ${meta.id} --assembly ${assembly} --fasta ${meta.id}.prepared.fasta --names ${meta.id}.sequence_names.tsv --out ${meta.id}.assembly_preparation.json
    """

    stub:
    """
    touch ${meta.id}.prepared.fasta ${meta.id}.sequence_names.tsv
    echo '{"id": "${meta.id}", "step": "assembly_preparation"}' > ${meta.id}.assembly_preparation.json
    """
}

// The mask that the assembly came with, or none.
process MASK_GIVEN {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome), path(names), path(found)                    // [meta, fasta, tsv, [bed named by its class, ...]]; the list may be empty
    val masker
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.masked.fasta"), emit: masked
    tuple val(meta), path("${meta.id}.repeats.bed.gz"), emit: repeats
    tuple val(meta), path("${meta.id}.repeat_masking.json"), emit: metrics

    script:
    def classes = [found].flatten().collect { bed -> "${bed.baseName}=${bed}" }.join(' ')
    """
    mask_repeats.py --id ${meta.id} --genome ${genome} --names ${names} --masker ${masker} ${masker == 'none' ? '--ignore-given' : ''} ${classes ? '--mask library' : ''} \\
        --fasta ${meta.id}.masked.fasta --bed ${meta.id}.repeats.bed.gz --out ${meta.id}.repeat_masking.json ${classes}
    """

    stub:
    """
    touch ${meta.id}.masked.fasta ${meta.id}.repeats.bed.gz
    echo '{"id": "${meta.id}", "step": "repeat_masking"}' > ${meta.id}.repeat_masking.json
    """
}

process COMBINE_GENES {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome), path(names), path(hints), path(predictions), path(transcripts), path(proteins), path(lifted), path(repeats)  // [meta, fasta, tsv, gff, [gff3, ...], gtf, [gff3, ...], [gff3, ...], bed]; lists may be empty
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.coding.gff3"), emit: genes
    tuple val(meta), path("${meta.id}.gene_combination.json"), emit: metrics

    script:
    def sets = [predictions: predictions, transcripts: transcripts, proteins: proteins, lifted: lifted, repeats: repeats]
        .findAll { kind, files -> files }.collect { kind, files -> "--${kind} ${files}" }.join(' ')
    """
    combine_genes.py --id ${meta.id} --genome ${genome} --names ${names} --hints ${hints} ${sets} --genetic-code ${meta.genetic_code ?: 1} \\
        --gff ${meta.id}.coding.gff3 --out ${meta.id}.gene_combination.json
    """

    stub:
    """
    touch ${meta.id}.coding.gff3
    echo '{"id": "${meta.id}", "step": "gene_combination"}' > ${meta.id}.gene_combination.json
    """
}

process NONCODING_GENES {
    tag "${meta.id}"

    input:
    tuple val(meta), path(names), path(genes), path(rrna), path(trna), path(rfam)  // [meta, tsv, gff3, gff3, table, table or []]
    val trna_finder
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.noncoding.gff3"), emit: genes
    tuple val(meta), path("${meta.id}.noncoding_genes.json"), emit: metrics

    script:
    """
    cut -f 2,3 ${names} > lengths.tsv
    noncoding_genes.py --id ${meta.id} --barrnap ${rrna} --${trna_finder} ${trna} ${rfam ? "--infernal ${rfam}" : ''} --genes ${genes} --names ${names} \\
        --lengths lengths.tsv --prefix ${meta.id}_ --out ${meta.id}.noncoding.gff3 --metrics ${meta.id}.noncoding_genes.json
    """

    stub:
    """
    touch ${meta.id}.noncoding.gff3
    echo '{"id": "${meta.id}", "step": "noncoding_genes"}' > ${meta.id}.noncoding_genes.json
    """
}

// All genes in one sorted file, and their sequences.
process GENE_SET {
    tag "${meta.id}"

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(coding, stageAs: 'given/*'), path(noncoding)             // [meta, fasta, gff3, gff3 or []]
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.all_genes.gff3"), emit: genes
    tuple val(meta), path("${meta.id}.proteins.fasta"), emit: proteins
    tuple val(meta), path("${meta.id}.{cds,transcripts}.fasta"), emit: sequences
    tuple val(task.process), val('samtools'), eval("samtools --version | sed -n '1s/samtools //p'"), emit: versions

    script:
    """
    case \$(od -An -tx1 -N2 ${assembly} | tr -d ' ') in 1f8b) gzip -dc ${assembly} > assembly.fasta ;; *) ln -s ${assembly} assembly.fasta ;; esac
    samtools faidx assembly.fasta
    for set in ${coding} ${noncoding}; do case \$set in *.gz) gzip -dc \$set ;; *) cat \$set ;; esac; done > joined.gff3
    sort_gff3.py joined.gff3 --lengths assembly.fasta.fai --out ${meta.id}.all_genes.gff3
    gene_sequences.py ${meta.id}.all_genes.gff3 --genome assembly.fasta --genetic-code ${meta.genetic_code ?: 1} --proteins ${meta.id}.proteins.fasta \\
        --cds ${meta.id}.cds.fasta --transcripts ${meta.id}.transcripts.fasta
    rm -f assembly.fasta joined.gff3
    """

    stub:
    "touch ${meta.id}.all_genes.gff3 ${meta.id}.proteins.fasta ${meta.id}.cds.fasta ${meta.id}.transcripts.fasta"
}

// Names and functions from the tables that there are, in GFF3 (the source of truth), GTF and a table.
process FUNCTIONAL_ANNOTATION {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genes), path(hits), path(domains), path(interproscan), path(eggnog)  // [meta, gff3, tsv or [], ...]
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.gff3"), emit: annotation
    tuple val(meta), path("${meta.id}.gtf"), emit: gtf
    tuple val(meta), path("${meta.id}.functions.tsv"), emit: table
    tuple val(meta), path("${meta.id}.functional_annotation.json"), emit: metrics
    tuple val(task.process), val('gffread'), eval('gffread --version'), emit: versions
    tuple val(task.process), val('genometools'), eval("gt --version | sed -n '1s/.*GenomeTools) //p'"), emit: validator_version

    script:
    def tables = [domtblout: domains, interproscan: interproscan, eggnog: eggnog].findAll { kind, table -> table }.collect { kind, table -> "--${kind} ${table}" }.join(' ')
    def columns = 'qseqid sseqid pident length qlen slen qstart qend sstart send evalue bitscore stitle'
    """
    functional_annotation.py ${genes} --id ${meta.id} ${hits ? "--hits ${hits} --hit-columns '${columns}'" : ''} ${tables} \\
        ${meta.locus_tag ? "--locus-tag ${meta.locus_tag}" : ''} --out ${meta.id}.gff3 --table ${meta.id}.functions.tsv --metrics ${meta.id}.functional_annotation.json
    gt gff3validator ${meta.id}.gff3 > /dev/null
    gffread ${meta.id}.gff3 -T -F -o ${meta.id}.gtf
    """

    stub:
    """
    touch ${meta.id}.gff3 ${meta.id}.gtf ${meta.id}.functions.tsv
    echo '{"id": "${meta.id}", "step": "functional_annotation"}' > ${meta.id}.functional_annotation.json
    """
}

// Statistics, quality and the pictures of genes to look at.
process ANNOTATION_QUALITY {
    tag "${meta.id}"

    input:
    tuple val(meta), path(annotation), path(assembly), path(names), path(repeats), path(junctions), path(coverage), path(proteins, stageAs: 'proteins/*'), path(hits), path(reference)  // [meta, gff3, fasta, tsv, then file or []]
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.{annotation_statistics,annotation_quality,locus_pictures}.json"), emit: metrics
    tuple val(meta), path("${meta.id}.transcript_quality.tsv"), emit: table
    tuple val(meta), path("tracks/*"), emit: tracks

    script:
    def evidence = [hits: hits, coverage: coverage, 'rna-introns': junctions].findAll { kind, found -> found }.collect { kind, found -> "--${kind} ${found}" }.join(' ')
    def drawn = [coverage: coverage, 'rna-introns': junctions, repeats: repeats, reference: reference].findAll { kind, found -> found }.collect { kind, found -> "--${kind} ${found}" }.join(' ')
    """
    cut -f 2,3 ${names} > lengths.tsv
    annotation_statistics.py ${annotation} --id ${meta.id} --lengths lengths.tsv --out ${meta.id}.annotation_statistics.json
    annotation_quality.py ${annotation} ${assembly} --id ${meta.id} ${evidence} --genetic-code ${meta.genetic_code ?: 1} \\
        --out ${meta.id}.annotation_quality.json --table ${meta.id}.transcript_quality.tsv
    annotation_tracks.py --annotation ${annotation} --assembly ${assembly} --names ${names} ${proteins ? "--proteins ${proteins}" : ''} ${junctions ? "--junctions ${junctions}" : ''} \\
        ${coverage ? "--coverage ${coverage}" : ''} ${repeats ? "--repeats ${repeats}" : ''} --id ${meta.id} --outdir tracks
    locus_plots.py ${annotation} ${meta.id}.annotation_quality.json ${drawn} ${proteins ? "--proteins tracks/${meta.id}.protein_alignments.gff3.gz" : ''} --out ${meta.id}.locus_pictures.json
    """

    stub:
    """
    mkdir tracks && touch tracks/config.json ${meta.id}.transcript_quality.tsv
    for step in annotation_statistics annotation_quality locus_pictures; do
        echo "{\\"id\\": \\"${meta.id}\\", \\"step\\": \\"\$step\\"}" > ${meta.id}.\$step.json
    done
    """
}

// The gene set against a reference annotation of the same assembly, or the demo's truth.
process ANNOTATION_ACCURACY {
    tag "${meta.id}"

    input:
    tuple val(meta), path(annotation), path(assembly), path(reference), val(evidence)  // [meta, gff3, fasta, gff3, words]
    val stage
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.annotation_accuracy.json"), emit: metrics
    tuple val(meta), path("${meta.id}.differing_genes.tsv"), emit: table

    script:
    """
    annotation_accuracy.py ${annotation} ${reference} --id ${meta.id} --stage ${stage} --evidence '${evidence}' --genome ${assembly} --genetic-code ${meta.genetic_code ?: 1} \\
        --out ${meta.id}.annotation_accuracy.json --table ${meta.id}.differing_genes.tsv
    """

    stub:
    """
    touch ${meta.id}.differing_genes.tsv
    echo '{"id": "${meta.id}", "step": "annotation_accuracy"}' > ${meta.id}.annotation_accuracy.json
    """
}
