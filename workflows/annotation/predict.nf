include { TRAIN_GENES ; TRAIN_GENES as RETRAIN_GENES ; AUGUSTUS ; AUGUSTUS as AUGUSTUS_AGAIN } from '../../modules/augustus.nf'
include { BRAKER3 ; GALBA } from '../../modules/braker.nf'
include { SNAP } from '../../modules/snap.nf'
include { metric } from '../../modules/linnaea/functions.nf'

// Genes predicted with hints. With AUGUSTUS: trained on evidence or a shipped model, whichever serves this genome best; then trained
// anew on the predictions that evidence supports throughout, and used again where that is better.
workflow PREDICT {
    take:
    masked                      // [meta, fasta]
    hints                       // [meta, gff, longest intron in bp]
    evidence                    // [meta, models as gff3 or gtf]
    bams                        // [meta, [bam, ...]]
    proteins                    // [meta, [fasta, ...]]

    main:
    genes = channel.empty()
    metrics = channel.empty()
    versions = channel.empty()
    hint_files = hints.map { meta, gff, longest -> [meta, gff] }
    models = evidence.groupTuple().map { meta, files -> [meta, files.flatten().sort { a, b -> a.name <=> b.name }] }
    to_train = masked.join(hint_files).join(models, remainder: true).map { meta, fasta, gff, files -> [meta, fasta, gff, files ?: []] }
    if (params.gene_finder == 'augustus') {
        choice = [params.augustus_species, params.augustus_candidates]
        first = TRAIN_GENES(to_train.map { row -> row + [[], []] }, choice)
        usable = first.trained.filter { meta, config, record -> metric(record, 'chosen') }
        hinted = masked.join(hints)
        drafts = AUGUSTUS(hinted.join(usable.map { meta, config, record -> [meta, config, metric(record, 'chosen')] }))

        self_trained = params.augustus_species in ['auto', 'train'] ? drafts.genes : channel.empty()
        to_retrain = to_train
            .join(usable.map { meta, config, record -> [meta, record] })
            .join(self_trained)
        second = RETRAIN_GENES(to_retrain, choice)
        better = second.trained.filter { meta, config, record -> metric(record, 'changed') }.map { meta, config, record -> [meta, config, metric(record, 'chosen')] }
        again = AUGUSTUS_AGAIN(hinted.join(better))
        genes = drafts.genes.join(again.genes, remainder: true).map { meta, draft, final_genes -> [meta, final_genes ?: draft] }
        metrics = first.trained
            .map { meta, config, record -> [meta, record] }
            .join(second.trained.map { meta, config, record -> [meta, record] }, remainder: true)
            .map { meta, once, twice -> [meta, twice ?: once] }
        versions = first.versions.mix(drafts.versions, second.versions, again.versions)
    }
    else if (params.gene_finder == 'braker3') {
        found = BRAKER3(masked.join(bams, remainder: true).join(proteins, remainder: true).map { meta, fasta, rna, sets -> [meta, fasta, rna ?: [], sets ?: []] })
        genes = found.genes
        versions = found.versions
    }
    else if (params.gene_finder == 'galba') {
        found = GALBA(masked.join(proteins))
        genes = found.genes
        versions = found.versions
    }
    if (params.snap) {
        snap = SNAP(to_train.map { row -> row[0..3] })
        genes = genes.mix(snap.genes)
        versions = versions.mix(snap.versions)
    }

    emit:
    genes = genes.groupTuple()                                          // [meta, [gff3, ...]]
    metrics                                                             // [meta, json]
    versions                                                            // [process, versions]
}
