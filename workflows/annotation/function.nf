include { GENE_SET ; FUNCTIONAL_ANNOTATION } from '../../modules/linnaea/annotation/function.nf'
include { DIAMOND } from '../../modules/diamond.nf'
include { HMMSEARCH } from '../../modules/hmmer.nf'
include { INTERPROSCAN } from '../../modules/interproscan.nf'
include { EGGNOG_MAPPER } from '../../modules/eggnog.nf'

// Joins all genes of a genome in one file, and adds names and functions from proteins, domains and orthologues.
workflow FUNCTION {
    take:
    genomes                     // genome + fasta, coding, noncoding
    searched                    // true when functions are looked for

    main:
    whole = GENE_SET(genomes.map { genome -> [genome.meta, genome.fasta, genome.coding, genome.noncoding] })
    queries = searched ? whole.proteins : channel.empty()
    database = params.function_proteins ? file(params.function_proteins, checkIfExists: true) : []
    similar = DIAMOND(database ? queries.map { meta, proteins -> [meta, proteins, database] } : channel.empty())
    domains = HMMSEARCH(params.pfam ? queries : channel.empty(), params.pfam ? file(params.pfam, checkIfExists: true) : [])
    entries = INTERPROSCAN(params.interproscan ? queries : channel.empty(), params.interproscan ?: '')
    orthologues = EGGNOG_MAPPER(params.eggnog_data ? queries : channel.empty(), params.eggnog_data ? file(params.eggnog_data, checkIfExists: true) : [])
    similarities = Rows.attach(Rows.attach(Rows.match(whole.genes, genomes.map { genome -> [genome.meta, genome.fasta] }), similar.hits), domains.domains)
    named = FUNCTIONAL_ANNOTATION(Rows.attach(Rows.attach(similarities, entries.domains), orthologues.annotations))

    emit:
    annotation = named.annotation                                       // [genome, gff3]
    representatives = whole.representatives                             // [genome, fasta]: the longest protein of each gene
    hits = similar.hits                                                 // [genome, tsv]
    metrics = named.metrics                                             // [genome, json]
    versions = whole.versions.mix(named.versions, similar.versions, domains.versions, entries.versions, orthologues.versions)  // [process, versions]
}
