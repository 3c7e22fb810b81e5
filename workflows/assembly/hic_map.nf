include { HIC_PAIRS } from '../../modules/pairtools.nf'
include { COOLER_MCOOL } from '../../modules/cooler.nf'

// Hi-C reads of every library on every assembly, to one contact map an assembly.
workflow HIC_MAP {
    take:
    assemblies                  // [meta + stage, haplotype, fasta]
    hic                         // [meta + library, fastq, fastq]

    main:
    placed = assemblies
        .map { meta, fasta -> [meta.id, meta, fasta] }
        .combine(hic.map { meta, read1, read2 -> [meta.id, meta.library, read1, read2] }, by: 0)
        .map { id, meta, fasta, library, read1, read2 -> [meta + [library: library], fasta, read1, read2] }
    paired = HIC_PAIRS(placed, params.hic_min_mapq)
    joined = paired.pairs
        .join(paired.statistics)
        .map { meta, pairs, statistics -> [meta.findAll { key, value -> key != 'library' }, pairs, statistics] }
        .groupTuple()
        .join(assemblies)
    maps = COOLER_MCOOL(joined, params.hic_bin_size)

    emit:
    metrics = maps.metrics                                              // [meta + stage, haplotype, json]
    pictures = maps.picture                                             // [meta + stage, haplotype, png]
    logs = paired.statistics.map { meta, statistics -> statistics }     // path
    versions = paired.versions.mix(maps.versions)  // [process, versions]
}
