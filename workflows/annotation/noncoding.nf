include { BARRNAP } from '../../modules/barrnap.nf'
include { ARAGORN } from '../../modules/aragorn.nf'
include { TRNASCAN } from '../../modules/trnascan.nf'
include { CMSCAN } from '../../modules/infernal.nf'
include { NONCODING_GENES } from '../../modules/linnaea/annotation/noncoding.nf'

// Genes of ribosomal, transfer and, with Rfam, other RNA; one gene per locus.
workflow NONCODING {
    take:
    genomes                     // genome + prepared, names, coding

    main:
    fasta = genomes.map { genome -> [genome.meta, genome.prepared] }
    ribosomal = BARRNAP(fasta)
    transfer = params.trna_finder == 'trnascan' ? TRNASCAN(fasta) : ARAGORN(fasta)
    families = CMSCAN(params.rfam ? fasta : channel.empty(), params.rfam ? file(params.rfam, checkIfExists: true) : [])
    tables = Rows.attach(Rows.match(Rows.match(Rows.keyed(genomes), ribosomal.genes), transfer.genes), families.genes)
        .map { meta, genome, rrna, trna, rfam -> [meta, genome.names, genome.coding, rrna, trna, rfam] }
    merged = NONCODING_GENES(tables, params.trna_finder)

    emit:
    genes = merged.genes                                                // [genome, gff3]
    metrics = merged.metrics                                            // [genome, json]
    versions = ribosomal.versions.mix(transfer.versions, families.versions)  // [process, versions]
}
