include { ASSEMBLE_ORGANELLE ; SEPARATE_ORGANELLE } from '../../modules/linnaea/assembly/organelles.nf'
include { attach ; changed ; lookUp ; precedes } from '../../modules/linnaea/functions.nf'

// The mitochondrion of each genome from its HiFi reads, and each assembly without the contigs that are copies of it.
workflow ORGANELLES {
    take:
    assemblies                  // assembly
    genomes                     // genome
    hifi                        // [genome, [fastq, ...]]
    kmers                       // [genome, [kmc_pre, kmc_suf]]
    profile                     // [genome, json]
    wanted                      // whether the step runs

    main:
    with_reads = lookUp(genomes.filter { genome -> wanted && genome.meta.with_hifi }.map { genome -> [genome.meta, genome.organelle_relative] }, hifi)
    counted = kmers.filter { meta, database -> wanted && meta.with_hifi }
    frequent = attach(counted, profile.filter { meta, json -> wanted && meta.with_hifi })
        .filter { meta, database, json -> json }
        .map { meta, database, json -> [meta, [kmers: database, profile: json]] }
    baits = attach(with_reads, frequent)
        .filter { meta, relative, reads, others -> relative || others }
        .map { meta, relative, reads, others -> [meta, reads, others ? others.kmers : [], others ? others.profile : [], relative ? file(relative) : []] }
    organelles = ASSEMBLE_ORGANELLE(baits)

    entering = assemblies.branch { assembly ->
        earlier: wanted && precedes(assembly, 'decontaminated')
        later: true
    }
    placed = entering.earlier
        .map { assembly -> [assembly.meta.parent, assembly] }
        .combine(organelles.organelle, by: 0)
        .map { genome, assembly, organelle -> [assembly.meta, assembly.fasta, organelle, assembly.keep, assembly.edited] }
    separated = SEPARATE_ORGANELLE(placed)

    emit:
    assemblies = changed(entering.earlier, 'organelle', null, separated.changes).mix(entering.later)  // assembly
    metrics = organelles.metrics.mix(separated.metrics)                 // [genome or assembly, json]
    versions = organelles.versions.mix(separated.versions)              // [process, versions]
}
