include { HIC_PAIRS as JOINT_PAIRS } from '../../modules/pairtools.nf'
include { PRETEXT } from '../../modules/pretext.nf'
include { CURATION_BUNDLE ; JOIN_HAPLOTYPES } from '../../modules/linnaea/assembly/curation_bundle.nf'
include { isAlternate } from '../../modules/linnaea/assemblies.nf'

// A folder for manual curation of each genome with Hi-C: one map of all its haplotypes, tracks, pictures, views of browsers.
workflow CURATION {
    take:
    assemblies                  // assembly
    hic                         // library
    pairs                       // [library, pairs]: of an assembly
    depth                       // [assembly, bedgraph]
    genomes                     // genome

    main:
    with_hic = hic.map { library -> [library.meta.parent, true] }.unique()
    parts = assemblies
        .map { assembly -> [assembly.meta.parent, assembly] }
        .groupTuple()
        .combine(with_hic, by: 0)
        .map { genome, haplotypes, one -> [genome, haplotypes.sort { assembly -> assembly.meta.haplotype == 'primary' ? '' : assembly.meta.haplotype }] }
    mapped = parts
        .map { genome, haplotypes -> [genome, haplotypes.findAll { assembly -> !isAlternate(assembly) } ?: haplotypes] }
    joined = JOIN_HAPLOTYPES(mapped.map { genome, haplotypes -> [genome, haplotypes.collect { assembly -> assembly.meta.haplotype }, haplotypes.collect { assembly -> assembly.fasta }] }).joined

    // reads are mapped again only where there is more than one haplotype to map them to
    several = mapped.filter { genome, haplotypes -> haplotypes.size() > 1 }
    placed = Rows.lookUp(several, joined)
        .combine(hic.map { library -> [library.meta.parent, library] }, by: 0)
        .map { genome, haplotypes, fasta, indexes, table, library -> [library.meta + [haplotype: 'joint', parent: genome], fasta, library.read1, library.read2] }
    together = JOINT_PAIRS(placed, 0)
    alone = mapped
        .filter { genome, haplotypes -> haplotypes.size() == 1 }
        .map { genome, haplotypes -> [haplotypes.head().meta, genome] }
        .combine(pairs.map { meta, file -> [meta.parent, file] }, by: 0)
        .map { assembly, genome, file -> [[parent: genome], file] }
    contacts = Rows.byParent(together.pairs.mix(alone))                      // [genome, [pairs, ...]]

    depths = Rows.attach(Rows.keyed(assemblies), depth)
        .map { meta, assembly, bedgraph -> [meta.parent, [name: meta.haplotype, bedgraph: bedgraph]] }
        .groupTuple()
    given = genomes.map { genome -> [genome.meta, genome.annotation ? file(genome.annotation) : []] }
    rows = Rows.lookUp(Rows.lookUp(Rows.lookUp(Rows.lookUp(joined, contacts), parts), given), depths)
        .map { genome, fasta, indexes, table, files, haplotypes, annotation, depths_of ->
            def mapped_to = haplotypes.findAll { assembly -> !isAlternate(assembly) } ?: haplotypes
            def measured = depths_of.findAll { one -> one.bedgraph && one.name in mapped_to.collect { assembly -> assembly.meta.haplotype } }.sort { one -> one.name }
            [genome, [fasta, indexes, table].flatten(), files, haplotypes.collect { assembly -> assembly.meta.haplotype }, haplotypes.collect { assembly -> assembly.fasta }, measured.collect { one -> one.name }, measured.collect { one -> one.bedgraph }, annotation]
        }
    bundle = CURATION_BUNDLE(rows, params.hic_bin_size, params.hic_min_mapq)
    pretext = PRETEXT(params.pretext ? bundle.files : channel.empty())

    emit:
    versions = together.versions.mix(bundle.versions, pretext.versions)  // [process, versions]
}
