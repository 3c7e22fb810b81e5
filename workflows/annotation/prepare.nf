include { PREPARE_ASSEMBLY ; MASK_GIVEN ; MASK_GIVEN as MASK_FOUND } from '../../modules/linnaea/annotation/prepare.nf'
include { WINDOWMASKER } from '../../modules/windowmasker.nf'
include { REPEATMODELER ; REPEATMASKER } from '../../modules/repeatmasker.nf'

// Gives sequences short names, finds repeats, and masks those that mislead gene finders.
workflow PREPARE {
    take:
    genomes                     // genome + fasta

    main:
    prepared = PREPARE_ASSEMBLY(genomes.map { genome -> [genome.meta, genome.fasta] })
    libraries = genomes.map { genome -> [genome.meta, genome.repeats.collect { library -> file(library.fasta) }] }
    versions = channel.empty()
    if (params.repeat_masker == 'repeatmasker') {
        families = REPEATMODELER(params.repeat_modeler ? prepared.genome.map { meta, fasta, names -> [meta, fasta] } : channel.empty())
        known = Rows.attach(libraries, families.families).map { meta, given, own -> [meta, [given, own].flatten()] }
        copies = REPEATMASKER(Rows.match(prepared.genome.map { meta, fasta, names -> [meta, fasta] }, known))
        masking = MASK_FOUND(Rows.match(prepared.genome, copies.repeats), 'repeatmasker')
        versions = families.versions.mix(copies.versions)
    }
    else if (params.repeat_masker == 'windowmasker') {
        masking = WINDOWMASKER(Rows.match(prepared.genome, libraries))
        versions = masking.versions
    }
    else {
        masking = MASK_GIVEN(prepared.genome.map { meta, fasta, names -> [meta, fasta, names, []] }, params.repeat_masker)
    }

    emit:
    genomes = Rows.match(Rows.match(Rows.match(Rows.keyed(genomes), prepared.genome), masking.masked), masking.repeats)
        .map { meta, genome, fasta, names, masked, repeats -> genome + [prepared: fasta, names: names, masked: masked, repeat_bed: repeats] }  // genome
    metrics = prepared.metrics.mix(masking.metrics)                     // [genome, json]
    versions                                                            // [process, versions]
}
