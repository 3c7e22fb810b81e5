include { HIC_PAIRS } from '../../modules/pairtools.nf'
include { COOLER_MCOOL } from '../../modules/cooler.nf'
include { match ; lookUp } from '../../modules/linnaea/functions.nf'

// Hi-C reads of every library on every assembly, to one contact map an assembly.
workflow HIC_MAP {
    take:
    assemblies                  // [assembly, fasta]
    hic                         // [library, fastq, fastq]

    main:
    placed = assemblies
        .map { meta, fasta -> [meta.parent, meta, fasta] }
        .combine(hic.map { meta, read1, read2 -> [meta.parent, meta.library, read1, read2] }, by: 0)
        .map { genome, meta, fasta, library, read1, read2 -> [meta + [library: library, parent: meta], fasta, read1, read2] }
    paired = HIC_PAIRS(placed, params.hic_min_mapq)
    joined = match(paired.pairs, paired.statistics).map { meta, pairs, statistics -> [meta.parent, pairs, statistics] }.groupTuple()
    maps = COOLER_MCOOL(lookUp(joined, assemblies), params.hic_bin_size)

    emit:
    metrics = maps.metrics                                              // [assembly, json]
    pictures = maps.picture                                             // [assembly, png]
    logs = paired.statistics.map { meta, statistics -> statistics }     // path
    versions = paired.versions.mix(maps.versions)  // [process, versions]
}
