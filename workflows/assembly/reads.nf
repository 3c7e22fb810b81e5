include { SAMTOOLS_FASTQ ; SAMTOOLS_PAIRS } from '../../modules/samtools.nf'
include { CUTADAPT_HIFI } from '../../modules/cutadapt.nf'
include { FASTP } from '../../modules/fastp.nf'
include { KMC_COUNT } from '../../modules/kmc.nf'
include { SPLIT_PAIRS } from '../../modules/linnaea/reads.nf'
include { READ_STATISTICS ; GENOME_PROFILE ; COVERAGE_CAP } from '../../modules/linnaea/assembly/reads.nf'
include { genomeOf ; metric } from '../../modules/linnaea/functions.nf'

// Libraries of a genome as [meta + library facts, library].
def libraries(meta, listed) {
    return listed.collect { library -> [meta + [library: library.library, type: library.type, kit: library.kit ?: '', qualities: library.qualities], library] }
}

// Reads are counted, cleaned and profiled; what leaves is ready for an assembler.
workflow READS {
    take:
    genomes                     // [meta, record]
    steps                       // [name, ...]

    main:
    clean = 'reads' in steps
    long_reads = genomes
        .flatMap { meta, record -> libraries(meta, record.hifi + record.ont) }
        .map { meta, library -> [meta, library.files.collect { path -> file(path) }, library.format] }
    short_reads = genomes
        .flatMap { meta, record -> libraries(meta, record.hic + record.illumina) }
        .branch { meta, library ->
            text: library.format == 'fastq'
                return [meta, library.read1.collect { path -> file(path) }, library.read2.collect { path -> file(path) }]
            interleaved: library.format == 'interleaved'
                return [meta, library.read1.collect { path -> file(path) }]
            alignments: true
                return [meta, library.read1.collect { path -> file(path) }, library.reference ? file(library.reference) : []]
        }

    fastx = long_reads.branch { meta, reads, format ->
        bam: format == 'bam'
            return [meta, reads, []]
        text: true
            return [meta, reads]
    }
    converted = SAMTOOLS_FASTQ(fastx.bam)
    pairs = SAMTOOLS_PAIRS(short_reads.alignments)
    split = SPLIT_PAIRS(short_reads.interleaved)
    paired_reads = short_reads.text.mix(pairs.reads, split.reads)       // [meta, [fastq, ...], [fastq, ...]]
    typed = fastx.text.mix(converted.reads).branch { meta, reads ->
        hifi: meta.type == 'hifi'
        ont: true
    }

    metrics = pairs.metrics.mix(split.metrics)                          // [meta, json]
    logs = channel.empty()                                              // path
    with_adapter = channel.empty()                                      // [meta, fastq]
    versions = converted.versions.mix(pairs.versions)
    hifi_libraries = typed.hifi
    short_libraries = paired_reads
    if (clean) {
        adapters = CUTADAPT_HIFI(typed.hifi, params.min_hifi_quality)
        trimmed = FASTP(paired_reads)
        raw_reads = long_reads.map { meta, reads, format -> [meta, reads] }.mix(paired_reads.map { meta, read1, read2 -> [meta, [read1, read2].flatten()] })
        counted = READ_STATISTICS(
            raw_reads.map { meta, reads -> [meta + [stage: 'raw'], reads] }
                .mix(adapters.reads.map { meta, reads -> [meta + [stage: 'filtered'], reads] })
        )
        hifi_libraries = adapters.reads
        short_libraries = trimmed.reads
        with_adapter = adapters.with_adapter
        metrics = metrics.mix(counted, adapters.metrics, trimmed.metrics)
        logs = adapters.log.mix(trimmed.log.flatten())
        versions = versions.mix(adapters.versions, trimmed.versions)
    }
    hifi = hifi_libraries.map { meta, reads -> [genomeOf(meta), reads] }.groupTuple().map { meta, reads -> [meta, reads.flatten()] }
    ont = typed.ont.map { meta, reads -> [genomeOf(meta), reads] }.groupTuple().map { meta, reads -> [meta, reads.flatten()] }
    short_typed = short_libraries.branch { meta, read1, read2 ->
        hic: meta.type == 'hic'
        illumina: true
    }

    // k-mers come from the most accurate reads there are
    illumina_only = short_typed.illumina
        .map { meta, read1, read2 -> [genomeOf(meta), [read1, read2].flatten()] }
        .groupTuple()
        .map { meta, reads -> [meta + [format: 'fastq'], reads.flatten()] }
        .join(hifi, remainder: true)
        .filter { row -> row[1] != null && row[2] == null }
        .map { row -> [row[0], row[1]] }
    kmers = KMC_COUNT('reads' in steps || 'evaluate' in steps ? hifi.mix(illumina_only) : channel.empty(), params.kmer_size)
    versions = versions.mix(kmers.versions)

    sizes = genomes.filter { meta, record -> record.genome_size_bp }.map { meta, record -> [meta, record.genome_size_bp] }
    profile = channel.empty()                                           // [meta, json]
    if (clean) {
        profile = GENOME_PROFILE(kmers.histogram, params.kmer_size)
        metrics = metrics.mix(profile)
        estimates = profile.map { meta, json -> [meta, metric(json, 'haploid_size_bp')] }
        sizes = estimates.join(sizes, remainder: true).map { meta, estimated, given -> [meta, given ?: estimated] }
        bases = counted
            .filter { meta, json -> meta.stage == 'filtered' }
            .map { meta, json -> [genomeOf(meta), metric(json, 'bases_bp')] }
            .groupTuple()
            .map { meta, libraries -> [meta, libraries.sum()] }
        capped = COVERAGE_CAP(hifi.join(bases).join(sizes), [params.min_hifi_coverage, params.hifi_coverage_cap])
        hifi = capped.reads
        metrics = metrics.mix(capped.metrics)
        versions = versions.mix(capped.versions)
    }

    emit:
    hifi                                                                // [meta, [fastq, ...]]
    ont                                                                 // [meta, [fastq, ...]]
    hic = short_typed.hic                                               // [meta + library, fastq, fastq]
    kmers = kmers.database                                              // [meta, [kmc_pre, kmc_suf]]
    sizes                                                               // [meta, bp]
    profile                                                             // [meta, json]
    with_adapter                                                        // [meta + library, fastq]
    metrics = metrics.map { meta, json -> [genomeOf(meta), json] }      // [meta, json]
    logs                                                                // path
    versions                                                            // [process, versions]
}
