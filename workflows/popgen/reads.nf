include { BWA_INDEX ; MAP_MODERN ; MAP_HISTORICAL } from '../../modules/bwa.nf'
include { ADAPTERREMOVAL } from '../../modules/adapterremoval.nf'
include { SAMPLE_BAM } from '../../modules/samtools.nf'
include { MAPDAMAGE } from '../../modules/mapdamage.nf'
include { indexedFasta } from '../../modules/linnaea/populations.nf'

// Makes one BAM per sample: reads are trimmed (those of old DNA also merged) and mapped, duplicates marked, libraries joined, and damage
// is measured.
workflow READS {
    take:
    samples                     // sample
    reference                   // reference

    main:
    libraries = samples
        .flatMap { sample -> sample.libraries.collectMany { library -> librariesOf(sample.meta, library) } }
        .branch { meta, lanes, read1, read2 ->
            historical: meta.age_class == 'historical'
            modern: true
        }
    to_index = samples.filter { sample -> sample.libraries }.first().combine(reference).map { sample, record -> record.fasta }
    indexed = BWA_INDEX(to_index)
    index = indexed.index.first()

    modern = MAP_MODERN(libraries.modern, index, params.min_read_length)
    trimmed = ADAPTERREMOVAL(libraries.historical, params.min_read_length)
    historical = MAP_HISTORICAL(trimmed.reads, index)

    parts = samples
        .filter { sample -> sample.libraries || sample.bams }
        .map { sample -> [sample.meta, sample.libraries.sum(0) { library -> librariesOf(sample.meta, library).size() } + sample.bams.size(), sample.bams.collect { bam -> file(bam) }] }
    mapped = modern.bam.mix(historical.bam).map { meta, bam -> [meta.parent, bam] }
    by_sample = parts
        .flatMap { meta, number, bams -> bams.collect { bam -> [meta, bam] } }
        .mix(mapped)
        .combine(parts.map { meta, number, bams -> [meta, number] }, by: 0)
        .map { meta, bam, number -> [groupKey(meta, number), bam] }
        .groupTuple()
        .map { key, bams -> [key.target, bams.sort { a, b -> a.name <=> b.name }] }
    joined = SAMPLE_BAM(by_sample)

    old = joined.bam.filter { meta, bam, csi -> meta.age_class == 'historical' }
    damage = MAPDAMAGE(old, indexedFasta(reference), params.rescale_damage)
    bams = params.rescale_damage ? joined.bam.filter { meta, bam, csi -> meta.age_class != 'historical' }.mix(damage.rescaled) : joined.bam

    emit:
    samples = Rows.lookUp(bams, Rows.keyed(samples)).map { meta, bam, csi, sample -> sample + [bam: bam, bam_index: csi] }  // sample + bam, bam_index: those with reads
    metrics = modern.metrics.mix(trimmed.metrics, joined.metrics, damage.metrics).map { meta, json -> json }   // json
    logs = modern.logs.mix(trimmed.logs).map { meta, files -> files }.flatten().mix(joined.logs.map { meta, stats -> stats })  // path
    versions = indexed.versions.mix(modern.versions, trimmed.versions, historical.versions, joined.versions, damage.versions)  // [process, versions]
}

// A library of a sample as [library, lanes, first mates, second mates]. One with single and paired lanes becomes two, because no duplicate
// is in both. An interleaved lane has its file in both positions, and is named in the meta map.
def librariesOf(sample, library) {
    def layouts = library.lanes.groupBy { lane -> lane.fastq_2 || lane.interleaved ? 'paired' : 'single' }
    return layouts.collect { layout, lanes ->
        [
            sample + [
                parent: sample,
                library: layouts.size() > 1 ? "${library.library}.${layout}" : library.library,
                paired: layout == 'paired',
                interleaved: lanes.findAll { lane -> lane.interleaved }*.lane
            ],
            lanes*.lane,
            lanes.collect { lane -> file(lane.fastq_1) },
            lanes.collect { lane -> lane.interleaved ? lane.fastq_1 : lane.fastq_2 }.findAll().collect { path -> file(path) }
        ]
    }
}
