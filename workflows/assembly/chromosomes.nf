include { CURATE_MAP ; NAME_CHROMOSOMES ; NAME_CHROMOSOMES as NAME_HOMOLOGUES } from '../../modules/linnaea/assembly/chromosomes.nf'
include { changed ; firstHaplotype ; isAlternate ; precedes ; withPreset } from '../../modules/linnaea/assemblies.nf'

// Curated maps applied; chromosomes of scaffolded and curated assemblies named, those of a further haplotype after the first one.
workflow CHROMOSOMES {
    take:
    assemblies                  // assembly
    genomes                     // genome
    hifi                        // [genome, [fastq, ...]]
    ont                         // [genome, [fastq, ...]]
    wanted                      // whether the step runs

    main:
    maps = genomes.filter { genome -> wanted && genome.assembly }.flatMap { genome -> genome.assembly.maps.collect { map -> [genome.meta, genome.assembly.haplotypes, map] } }
    covered = maps.flatMap { genome, fastas, map -> map.haplotypes.collect { name -> [genome, name, map.haplotypes, map.haplotypes.collect { each -> file(fastas[each]) }, file(map.file)] } }
    mapped = assemblies
        .map { assembly -> [assembly.meta.parent, assembly.meta.haplotype, assembly.meta] }
        .combine(covered, by: [0, 1])
        .map { genome, name, meta, names, fastas, map -> [meta, names, fastas, map] }
    curated = CURATE_MAP(mapped)
    drawn = changed(assemblies, 'curation', 'curated', curated.changes)

    entering = drawn.branch { assembly ->
        placed: wanted && !precedes(assembly, 'scaffolded') && !isAlternate(assembly)
        rest: true
    }
    // names stay in a given curated assembly, and in haplotypes that were curated in one map
    together = mapped.filter { meta, names, fastas, map -> names.size() > 1 }.map { meta, names, fastas, map -> [[meta.parent, meta.haplotype], true] }
    placed = Rows.attach(entering.placed.map { assembly -> [[assembly.meta.parent, assembly.meta.haplotype], assembly] }, together)
        .map { key, assembly, one -> [assembly.meta, assembly, one || (!precedes(assembly, 'curated') && assembly.changes.isEmpty())] }

    first = firstHaplotype(entering.placed).map { assembly -> [assembly.meta, true] }
    ranked = Rows.attach(placed, first).branch { meta, assembly, keeps, leads ->
        first: leads
        further: true
    }
    heterogametic = ranked.first
        .filter { meta, assembly, keeps, leads -> meta.sex?.toUpperCase() in ['XY', 'ZW', 'X0', 'XO'] }
        .map { meta, assembly, keeps, leads -> [meta.parent, meta] }
        .combine(withPreset(hifi, ont), by: 0)
        .map { genome, meta, files, preset -> [meta, [files: files, preset: preset]] }
    leading = Rows.attach(ranked.first, heterogametic)
        .map { meta, assembly, keeps, leads, depth -> [meta, assembly.fasta, keeps, depth ? depth.files : [], depth ? depth.preset : '', [], []] }
    named = NAME_CHROMOSOMES(leading)
    firsts = changed(ranked.first.map { meta, assembly, keeps, leads -> assembly }, 'chromosomes', null, named.changes)

    lists = Rows.attach(Rows.keyed(firsts), named.list)
        .map { meta, assembly, list -> [meta.parent, list ? assembly.fasta : [], list] }
    following = ranked.further
        .map { meta, assembly, keeps, leads -> [meta.parent, assembly, keeps] }
        .combine(lists, by: 0)
        .map { genome, assembly, keeps, fasta, list -> [assembly.meta, assembly.fasta, keeps, [], '', fasta, list] }
    homologous = NAME_HOMOLOGUES(following)
    furthers = changed(ranked.further.map { meta, assembly, keeps, leads -> assembly }, 'chromosomes', null, homologous.changes)

    // what was curated, as it was
    uncurated = Rows.attach(Rows.keyed(assemblies), mapped.map { meta, names, fastas, map -> [meta, true] })
        .filter { meta, assembly, one -> one }
        .map { meta, assembly, one -> assembly + [meta: meta + [before_curation: true]] }

    emit:
    uncurated                                                           // assembly
    assemblies = firsts.mix(furthers, entering.rest)                    // assembly
    lists = named.list.mix(homologous.list)                             // [assembly, tsv]
    unlocalised = named.unlocalised.mix(homologous.unlocalised)         // [assembly, tsv]
    metrics = curated.metrics.mix(named.metrics, named.sex, homologous.metrics)  // [assembly, json]
    versions = named.versions.mix(homologous.versions)                  // [process, versions]
}
