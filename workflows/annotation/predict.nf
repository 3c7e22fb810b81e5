include { TRAIN_GENES ; TRAIN_GENES as RETRAIN_GENES ; AUGUSTUS ; AUGUSTUS as AUGUSTUS_AGAIN } from '../../modules/augustus.nf'
include { BRAKER3 ; GALBA } from '../../modules/braker.nf'
include { SNAP } from '../../modules/snap.nf'
include { metric } from '../../modules/linnaea/functions.nf'

// Predicts genes with hints. AUGUSTUS uses a model trained on evidence or a shipped one, whichever is better for this genome. It is then
// trained again on fully supported predictions, and predicts again if that model is better.
workflow PREDICT {
    take:
    genomes                     // genome + masked, evidence

    main:
    genes = channel.empty()
    metrics = channel.empty()
    versions = channel.empty()
    to_train = genomes.map { genome -> [genome.meta, genome.masked, genome.evidence.hints, models(genome.evidence)] }
    if (params.gene_finder == 'augustus') {
        choice = [params.augustus_species, params.augustus_candidates]
        hinted = genomes.map { genome -> [genome.meta, genome.masked, genome.evidence.hints, genome.evidence.longest_intron] }
        first = TRAIN_GENES(to_train.map { meta, fasta, hints, models -> [meta, fasta, hints, models, [], []] }, choice)
        usable = first.trained.filter { meta, config, record -> metric(record, 'chosen') }
        drafts = AUGUSTUS(withModel(hinted, usable))

        self_trained = params.augustus_species in ['auto', 'train'] ? drafts.genes : channel.empty()
        to_retrain = Rows.lookUp(Rows.lookUp(self_trained, to_train), usable)
            .map { meta, draft, fasta, hints, models, config, record -> [meta, fasta, hints, models, record, draft] }
        second = RETRAIN_GENES(to_retrain, choice)
        better = second.trained.filter { meta, config, record -> metric(record, 'changed') }
        again = AUGUSTUS_AGAIN(withModel(hinted, better))
        genes = Rows.latest(drafts.genes, again.genes)
        metrics = Rows.latest(first.trained.map { meta, config, record -> [meta, record] }, second.trained.map { meta, config, record -> [meta, record] })
        versions = first.versions.mix(drafts.versions, second.versions, again.versions)
    }
    else if (params.gene_finder == 'braker3') {
        predicted = BRAKER3(genomes.map { genome -> [genome.meta, genome.masked, genome.evidence.bams, proteinSets(genome)] })
        genes = predicted.genes
        versions = predicted.versions
    }
    else if (params.gene_finder == 'galba') {
        predicted = GALBA(genomes.filter { genome -> genome.proteins }.map { genome -> [genome.meta, genome.masked, proteinSets(genome)] })
        genes = predicted.genes
        versions = predicted.versions
    }
    if (params.snap) {
        snap = SNAP(to_train)
        genes = genes.mix(snap.genes)
        versions = versions.mix(snap.versions)
    }

    emit:
    genes = genes.groupTuple().map { meta, files -> [meta, files.sort { path -> path.name }] }  // [genome, [gff3, ...]]
    metrics                                                             // [genome, json]
    versions                                                            // [process, versions]
}

// Joins genomes with hints, [genome, fasta, gff, bp], and their species models, [genome, folder, json], for AUGUSTUS.
def withModel(hinted, trained) {
    return Rows.lookUp(trained, hinted).map { meta, config, record, fasta, hints, longest -> [meta, fasta, hints, longest, config, metric(record, 'chosen')] }
}

// Gene models from the evidence, sorted by name.
def models(evidence) {
    return [evidence.proteins, evidence.transcripts, evidence.lifted].flatten().sort { path -> path.name }
}

// The given proteins of a genome, sorted by name.
def proteinSets(genome) {
    return genome.proteins.collect { library -> file(library.fasta) }.sort { path -> path.name }
}
