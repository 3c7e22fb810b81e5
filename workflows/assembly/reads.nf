include { SAMTOOLS_FASTQ ; SAMTOOLS_PAIRS } from '../../modules/samtools.nf'
include { CUTADAPT_HIFI } from '../../modules/cutadapt.nf'
include { FASTP } from '../../modules/fastp.nf'
include { KMC_COUNT } from '../../modules/kmc.nf'
include { SPLIT_PAIRS } from '../../modules/linnaea/reads.nf'
include { READ_STATISTICS ; GENOME_PROFILE ; COVERAGE_CAP } from '../../modules/linnaea/assembly/reads.nf'
include { metric } from '../../modules/linnaea/functions.nf'

// Libraries of a genome as [meta, record].
def libraries(genome, listed) {
    return listed.collect { library -> [genome + [library: library.library, type: library.type, kit: library.kit ?: '', qualities: library.qualities, parent: genome], library] }
}

// Counts, cleans and profiles reads; the outputs are ready for an assembler.
workflow READS {
    take:
    genomes                     // genome
    steps                       // [name, ...]

    main:
    clean = 'reads' in steps
    long_reads = genomes
        .flatMap { genome -> libraries(genome.meta, genome.hifi + genome.ont) }
        .map { meta, library -> [meta, library.files.collect { path -> file(path) }, library.format] }
    short_reads = genomes
        .flatMap { genome -> libraries(genome.meta, genome.hic + genome.illumina) }
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
    hifi = Rows.byParent(hifi_libraries)
    ont = Rows.byParent(typed.ont)
    short_typed = short_libraries.branch { meta, read1, read2 ->
        hic: meta.type == 'hic'
        illumina: true
    }

    // k-mers are counted in the most accurate reads
    illumina_only = Rows.byParent(short_typed.illumina.filter { meta, read1, read2 -> !meta.with_hifi }.map { meta, read1, read2 -> [meta, [read1, read2]] })
    kmers = KMC_COUNT('reads' in steps || 'evaluate' in steps ? hifi.mix(illumina_only) : channel.empty(), params.kmer_size)
    versions = versions.mix(kmers.versions)

    sizes = genomes.filter { genome -> genome.genome_size_bp }.map { genome -> [genome.meta, genome.genome_size_bp] }
    profile = channel.empty()                                           // [meta, json]
    if (clean) {
        profile = GENOME_PROFILE(kmers.histogram, params.kmer_size)
        metrics = metrics.mix(profile)
        sizes = sizes.mix(profile.filter { meta, json -> !meta.genome_size_bp }.map { meta, json -> [meta, metric(json, 'haploid_size_bp')] })
        bases = counted
            .filter { meta, json -> meta.stage == 'filtered' }
            .map { meta, json -> [meta.parent, metric(json, 'bases_bp')] }
            .groupTuple()
            .map { meta, libraries -> [meta, libraries.sum()] }
        capped = COVERAGE_CAP(Rows.lookUp(Rows.match(hifi, bases), sizes), [params.min_hifi_coverage, params.hifi_coverage_cap])
        hifi = capped.reads
        metrics = metrics.mix(capped.metrics)
        versions = versions.mix(capped.versions)
    }

    emit:
    hifi                                                                // [genome, [fastq, ...]]
    ont                                                                 // [genome, [fastq, ...]]
    hic = short_typed.hic.map { meta, read1, read2 -> [meta: meta, read1: read1, read2: read2] }  // library
    kmers = kmers.database                                              // [genome, [kmc_pre, kmc_suf]]
    sizes                                                               // [genome, bp]
    profile                                                             // [genome, json]
    with_adapter                                                        // [library, fastq]
    metrics                                                             // [genome or library, json]
    logs                                                                // path
    versions                                                            // [process, versions]
}
