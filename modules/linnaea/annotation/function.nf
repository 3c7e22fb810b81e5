// Joins all genes in one sorted file, and extracts their sequences.
process GENE_SET {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'gff3_sort.py', 'gene_sequences.py') })

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(coding, stageAs: 'given/*'), path(noncoding)             // [meta, fasta, gff3, gff3 or []]

    output:
    tuple(val(meta), path("${meta.id}.all_genes.gff3"), emit: genes)
    tuple(val(meta), path("${meta.id}.proteins.fasta"), emit: proteins)
    tuple(val(meta), path("${meta.id}.representatives.fasta"), emit: representatives)
    tuple(val(meta), path("${meta.id}.{cds,transcripts}.fasta"), emit: sequences)
    tuple(val(task.process), eval("tool_versions.sh GENE_SET"), emit: versions)

    script:
    """
    # ${task.ext.code}
    case \$(od -An -tx1 -N2 ${assembly} | tr -d ' ') in 1f8b) gzip -dc ${assembly} > assembly.fasta ;; *) ln -s ${assembly} assembly.fasta ;; esac
    samtools faidx assembly.fasta
    gff3_sort.py ${coding} ${noncoding ?: ''} --lengths assembly.fasta.fai --out ${meta.id}.all_genes.gff3
    gene_sequences.py ${meta.id}.all_genes.gff3 --genome assembly.fasta --genetic-code ${meta.genetic_code ?: 1} ${meta.mito_code ? "--mito-code ${meta.mito_code}" : ''} --proteins ${meta.id}.proteins.fasta \\
        --cds ${meta.id}.cds.fasta --transcripts ${meta.id}.transcripts.fasta --representatives ${meta.id}.representatives.fasta
    rm -f assembly.fasta
    """

    stub:
    "touch ${meta.id}.all_genes.gff3 ${meta.id}.proteins.fasta ${meta.id}.representatives.fasta ${meta.id}.cds.fasta ${meta.id}.transcripts.fasta"
}

// Adds names and functions from the given tables; writes GFF3 (the reference), GTF and a table.
process FUNCTIONAL_ANNOTATION {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'functional_annotation.py', 'gtf.py') })

    input:
    tuple val(meta), path(genes), path(assembly, stageAs: 'given/*'), path(hits), path(domains), path(interproscan), path(eggnog)  // [meta, gff3, fasta, tsv or [], ...]

    output:
    tuple(val(meta), path("${meta.id}.gff3"), emit: annotation)
    tuple(val(meta), path("${meta.id}.gtf"), emit: gtf)
    tuple(val(meta), path("${meta.id}.functions.tsv"), emit: table)
    tuple(val(meta), path("${meta.id}.functional_annotation.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh FUNCTIONAL_ANNOTATION"), emit: versions)

    script:
    def tables = [domtblout: domains, interproscan: interproscan, eggnog: eggnog].findAll { kind, table -> table }.collect { kind, table -> "--${kind} ${table}" }.join(' ')
    def columns = 'qseqid sseqid pident length qlen slen qstart qend sstart send evalue bitscore stitle'
    """
    # ${task.ext.code}
    functional_annotation.py ${genes} --id ${meta.id} ${hits ? "--hits ${hits} --hit-columns '${columns}'" : ''} ${tables} \\
        ${meta.locus_tag ? "--locus-tag ${meta.locus_tag}" : ''} --out ${meta.id}.gff3 --table ${meta.id}.functions.tsv --metrics ${meta.id}.functional_annotation.json
    gt gff3validator ${meta.id}.gff3 > /dev/null
    gtf.py ${meta.id}.gff3 --genome ${assembly} --genetic-code ${meta.genetic_code ?: 1} ${meta.mito_code ? "--mito-code ${meta.mito_code}" : ''} --out ${meta.id}.gtf
    """

    stub:
    """
    touch ${meta.id}.gff3 ${meta.id}.gtf ${meta.id}.functions.tsv
    echo '{"id": "${meta.id}", "step": "functional_annotation"}' > ${meta.id}.functional_annotation.json
    """
}
