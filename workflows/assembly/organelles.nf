include { OATK } from '../../modules/oatk.nf'
include { MITOHIFI } from '../../modules/mitohifi.nf'
include { ADOPT_ORGANELLE ; ASSEMBLE_ORGANELLE ; SEPARATE_ORGANELLE } from '../../modules/linnaea/assembly/organelles.nf'
include { changed ; precedes } from '../../modules/linnaea/assemblies.nf'
include { metric } from '../../modules/linnaea/functions.nf'

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
    with_reads = Rows.lookUp(genomes.filter { genome -> wanted && genome.meta.with_hifi }.map { genome -> [genome.meta, genome.organelle_relative] }, hifi)
    counted = kmers.filter { meta, database -> wanted && meta.with_hifi }
    frequent = Rows.attach(counted, profile.filter { meta, json -> wanted && meta.with_hifi })
        .filter { meta, database, json -> json }
        .map { meta, database, json -> [meta, [kmers: database, profile: json]] }
    baits = Rows.attach(with_reads, frequent)
        .filter { meta, relative, reads, others -> relative || others }
        .map { meta, relative, reads, others -> [meta, reads, others ? others.kmers : [], others ? others.profile : [], relative ? file(relative) : []] }
    own = ASSEMBLE_ORGANELLE(params.organelle_assembler == 'linnaea' ? baits : channel.empty())

    // without a model the first limit of Oatk is its own, 30
    covered = Rows.attach(with_reads, profile.filter { meta, json -> wanted && meta.with_hifi })
        .filter { meta, relative, reads, json -> json }
        .map { meta, relative, reads, json -> [meta, reads, (metric(json, 'haploid_kmer_coverage') ?: 1.5) * (metric(json, 'ploidy_model') ?: 2)] }
    by_oatk = OATK(
        params.organelle_assembler == 'oatk' ? covered : channel.empty(),
        params.oatk_profiles ? files("${params.oatk_profiles}*", checkIfExists: true) : []
    )
    related = Rows.lookUp(genomes.filter { genome -> wanted && genome.meta.with_hifi && genome.organelle_genes }.map { genome -> [genome.meta, genome.organelle_relative, genome.organelle_genes] }, hifi)
    by_mitohifi = MITOHIFI(params.organelle_assembler == 'mitohifi' ? related.map { meta, relative, genes, reads -> [meta, reads, file(relative), file(genes)] } : channel.empty())
    adopted = ADOPT_ORGANELLE(by_oatk.organelle.mix(by_mitohifi.organelle), params.organelle_assembler)
    organelle = own.organelle.mix(adopted.organelle)                    // [genome, fasta]

    entering = assemblies.branch { assembly ->
        earlier: wanted && precedes(assembly, 'decontaminated')
        later: true
    }
    placed = entering.earlier
        .map { assembly -> [assembly.meta.parent, assembly] }
        .combine(organelle, by: 0)
        .map { genome, assembly, circle -> [assembly.meta, assembly.fasta, circle, assembly.keep, assembly.edited] }
    separated = SEPARATE_ORGANELLE(placed)

    emit:
    assemblies = changed(entering.earlier, 'organelle', null, separated.changes).mix(entering.later)  // assembly
    organelles = organelle                                              // [genome, fasta]: empty if there is none
    metrics = own.metrics.mix(adopted.metrics, separated.metrics)                 // [genome or assembly, json]
    versions = own.versions.mix(by_oatk.versions, by_mitohifi.versions, adopted.versions, separated.versions)              // [process, versions]
}
