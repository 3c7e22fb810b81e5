include { PREPARE_ASSEMBLY ; MASK_GIVEN ; MASK_GIVEN as MASK_FOUND } from '../../modules/linnaea/annotation/prepare.nf'
include { WINDOWMASKER } from '../../modules/windowmasker.nf'
include { REPEATMODELER ; REPEATMASKER } from '../../modules/repeatmasker.nf'

// Assemblies under short sequence names, their repeats found and those that mislead gene finders masked.
workflow PREPARE {
    take:
    genomes                     // [meta, record, fasta]

    main:
    prepared = PREPARE_ASSEMBLY(genomes.map { meta, record, fasta -> [meta, fasta] })
    libraries = genomes.map { meta, record, fasta -> [meta, record.repeats.collect { library -> file(library.fasta) }] }
    versions = channel.empty()
    if (params.repeat_masker == 'repeatmasker') {
        families = REPEATMODELER(params.repeat_modeler ? prepared.genome.map { meta, fasta, names -> [meta, fasta] } : channel.empty())
        known = libraries
            .join(families.families, remainder: true)
            .map { meta, given, own -> [meta, given + (own ? [own] : [])] }
        copies = REPEATMASKER(prepared.genome.map { meta, fasta, names -> [meta, fasta] }.join(known))
        found = MASK_FOUND(prepared.genome.join(copies.repeats), 'repeatmasker')
        versions = families.versions.mix(copies.versions)
    }
    else if (params.repeat_masker == 'windowmasker') {
        found = WINDOWMASKER(prepared.genome.join(libraries))
        versions = found.versions
    }
    else {
        found = MASK_GIVEN(prepared.genome.map { meta, fasta, names -> [meta, fasta, names, []] }, params.repeat_masker)
    }

    emit:
    genome = prepared.genome                                            // [meta, fasta, names]
    names = prepared.genome.map { meta, fasta, names -> [meta, names] } // [meta, names]
    masked = found.masked                                               // [meta, fasta]
    repeats = found.repeats                                             // [meta, bed]
    metrics = prepared.metrics.mix(found.metrics)                      // [meta, json]
    versions                                                            // [process, versions]
}
