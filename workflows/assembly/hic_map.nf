include { HIC_PAIRS } from '../../modules/pairtools.nf'
include { COOLER_MCOOL } from '../../modules/cooler.nf'

// Maps the Hi-C reads of every library to every assembly, and makes one contact map per assembly.
workflow HIC_MAP {
    take:
    assemblies                  // assembly
    hic                         // library

    main:
    placed = assemblies
        .map { assembly -> [assembly.meta.parent, assembly] }
        .combine(hic.map { library -> [library.meta.parent, library] }, by: 0)
        .map { genome, assembly, library -> [assembly.meta + [library: library.meta.library, parent: assembly.meta], assembly.fasta, library.read1, library.read2] }
    paired = HIC_PAIRS(placed, 0)
    joined = Rows.match(paired.pairs, paired.statistics).map { meta, pairs, statistics -> [meta.parent, pairs, statistics] }.groupTuple()
    maps = COOLER_MCOOL(Rows.lookUp(joined, Rows.keyed(assemblies)).map { meta, pairs, statistics, assembly -> [meta, pairs, statistics, assembly.fasta] }, params.hic_bin_size, params.hic_min_mapq)

    emit:
    pairs = paired.pairs                                                // [library, pairs]: of an assembly
    metrics = maps.metrics                                              // [assembly, json]
    pictures = maps.picture                                             // [assembly, png]
    logs = paired.statistics.map { meta, statistics -> statistics }     // path
    versions = paired.versions.mix(maps.versions)  // [process, versions]
}
