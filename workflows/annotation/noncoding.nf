include { BARRNAP } from '../../modules/barrnap.nf'
include { ARAGORN } from '../../modules/aragorn.nf'
include { TRNASCAN } from '../../modules/trnascan.nf'
include { CMSCAN } from '../../modules/infernal.nf'
include { NONCODING_GENES } from '../../modules/linnaea/annotation/noncoding.nf'

// Genes of ribosomal, transfer and, with Rfam, other RNA; one gene a place.
workflow NONCODING {
    take:
    genomes                     // [meta, fasta, names, coding genes]

    main:
    fasta = genomes.map { meta, genome, names, genes -> [meta, genome] }
    ribosomal = BARRNAP(fasta)
    transfer = params.trna_finder == 'trnascan' ? TRNASCAN(fasta) : ARAGORN(fasta)
    families = CMSCAN(params.rfam ? fasta : channel.empty(), params.rfam ? file(params.rfam, checkIfExists: true) : [])
    found = genomes
        .join(ribosomal.genes)
        .join(transfer.genes)
        .join(families.genes, remainder: true)
        .map { meta, genome, names, genes, rrna, trna, rfam -> [meta, names, genes, rrna, trna, rfam ?: []] }
    merged = NONCODING_GENES(found, params.trna_finder)

    emit:
    genes = merged.genes                                                // [meta, gff3]
    metrics = merged.metrics                                            // [meta, json]
    versions = ribosomal.versions.mix(transfer.versions, families.versions)  // [process, versions]
}
