include { READS } from './assembly/reads.nf'
include { ASSEMBLE } from './assembly/assemble.nf'
include { POLISH } from './assembly/polish.nf'
include { ORGANELLES } from './assembly/organelles.nf'
include { SCREEN } from './assembly/screen.nf'
include { PURGE } from './assembly/purge.nf'
include { SCAFFOLD } from './assembly/scaffold.nf'
include { CHROMOSOMES } from './assembly/chromosomes.nf'
include { HIC_MAP } from './assembly/hic_map.nf'
include { EVALUATE } from './assembly/evaluate.nf'
include { CURATION } from './assembly/curation.nf'
include { HISTORY } from '../modules/linnaea/assembly/history.nf'
include { TRUTH_CHECK } from '../modules/linnaea/assembly/truth.nf'
include { firstHaplotype ; givenAssemblies ; partOf ; precedes ; resultsOf ; withEdits } from '../modules/linnaea/assemblies.nf'

// From the reads of one or many species to assemblies with a verdict.
workflow ASSEMBLY {
    take:
    genomes                     // genome
    steps                       // [name, ...]

    main:
    reads = READS(genomes, steps)

    given = givenAssemblies(genomes)
    built = ASSEMBLE('assemble' in steps ? genomes.filter { genome -> !genome.assembly } : channel.empty(), reads.hifi, reads.ont, reads.hic, reads.sizes)
    polished = POLISH(built.assemblies, given, reads.hifi, reads.ont, reads.kmers, 'polish' in steps)
    contigs = withEdits(polished.assemblies, genomes)
    organelles = ORGANELLES(contigs, genomes, reads.hifi, reads.kmers, reads.profile, 'organelles' in steps)
    screened = SCREEN(organelles.assemblies, genomes, reads.hifi, reads.ont, 'screen' in steps)
    purged = PURGE(screened.assemblies, reads.hifi, reads.kmers, reads.profile, 'purge' in steps && 'reads' in steps)
    scaffolded = SCAFFOLD(purged.assemblies, reads.hic, 'scaffold' in steps)
    chromosomes = CHROMOSOMES(scaffolded.assemblies, genomes, reads.hifi, reads.ont, 'chromosomes' in steps)
    assemblies = chromosomes.assemblies                                 // assembly

    maps = HIC_MAP('hic' in steps ? assemblies : channel.empty(), reads.hic)
    evaluated = EVALUATE('evaluate' in steps ? assemblies.mix(chromosomes.uncurated) : channel.empty(), reads.kmers, reads.hifi, reads.ont)
    counted = assemblies
        .filter { assembly -> 'evaluate' in steps }
        .map { assembly -> [assembly.meta.parent, assembly.meta] }
        .combine(reads.kmers, by: 0)
        .map { genome, meta, database -> [meta, [files: database]] }
    traced = HISTORY(
        Rows.attach(Rows.attach(Rows.keyed(assemblies), counted), evaluated.read_depth.filter { meta, json -> !meta.before_curation })
            .filter { meta, assembly, kmers, depth -> assembly.changes }
            .map { meta, assembly, kmers, depth ->
                [meta, assembly.changes*.step, assembly.contigs, assembly.fasta, assembly.changes*.agp, assembly.changes*.decisions, depth, kmers ? kmers.files : []]
            },
        params.kmer_size
    )
    curation = CURATION('hic' in steps ? assemblies : channel.empty(), reads.hic, maps.pairs, evaluated.depths.filter { meta, bedgraph -> 'hic' in steps && !meta.before_curation }, genomes)
    simulated = firstHaplotype(assemblies).filter { assembly -> params.truth && 'reads' in steps && 'evaluate' in steps && assembly.meta.with_hifi }
    compared = Rows.lookUp(Rows.keyed(simulated), evaluated.tables).map { meta, assembly, table -> [meta.parent, !precedes(assembly, 'scaffolded'), assembly.fasta, table] }
    accuracy = Rows.lookUp(compared, evaluated.accuracy.filter { meta, json -> !meta.before_curation }.map { meta, json -> [meta.parent, json] })
    cleaned = Rows.lookUp(Rows.lookUp(accuracy, reads.profile), reads.with_adapter.map { meta, fastq -> [meta.parent, fastq] }.groupTuple())
    checked = TRUTH_CHECK(cleaned, params.truth ? file(params.truth, checkIfExists: true) : [])
    metrics = reads.metrics.mix(polished.metrics, organelles.metrics, screened.metrics, purged.metrics, scaffolded.metrics, chromosomes.metrics, traced.metrics, maps.metrics, evaluated.metrics, checked.metrics)  // [genome or a part of it, json]

    parts = Rows.attach(Rows.attach(Rows.keyed(assemblies), chromosomes.lists), chromosomes.unlocalised)
        .map { meta, assembly, list, unlocalised -> partOf(meta, meta.haplotype, assembly.fasta, list, unlocalised) }
        .mix(organelles.organelles.map { genome, fasta -> partOf(genome + [parent: genome], 'mitochondrion', fasta, [], []) })

    emit:
    assemblies                                                          // assembly
    parts                                                               // part
    results = resultsOf('metrics', metrics).mix(resultsOf('tables', evaluated.tables), resultsOf('pictures', maps.pictures), resultsOf('summaries', evaluated.summaries.transpose()))  // result
    logs = reads.logs.mix(maps.logs, evaluated.logs.flatten())          // path
    versions = reads.versions.mix(built.versions, polished.versions, organelles.versions, screened.versions, purged.versions, scaffolded.versions, chromosomes.versions, traced.versions, maps.versions, evaluated.versions, curation.versions, checked.versions)  // [process, versions]
}
