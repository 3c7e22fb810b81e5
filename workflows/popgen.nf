include { READS } from './popgen/reads.nf'
include { DEPTH } from './popgen/depth.nf'
include { GENOTYPES } from './popgen/genotypes.nf'
include { LIKELIHOODS } from './popgen/likelihoods.nf'
include { STATISTICS } from './popgen/statistics.nf'
include { PREPARE_REFERENCE ; PLAN_REGIONS } from '../modules/linnaea/popgen/reference.nf'
include { SCAN_VCF } from '../modules/linnaea/popgen/scan.nf'
include { INDEX_VCF } from '../modules/bcftools.nf'
include { indexedFasta ; masksOf } from '../modules/linnaea/populations.nf'

// From reads, alignments, gVCFs or a VCF of populations to their statistics: reads are mapped, callable sites determined, genotypes called
// and scanned by region, and statistics computed from sites and variants.
workflow POPGEN {
    take:
    population                  // record of the checked sample table
    fasta                       // fasta
    gff                         // gff, or nothing

    main:
    samples_table = file(population.samples_table)
    absent = population.absent_programs
    prepared = PREPARE_REFERENCE(fasta, given(population.mappability), [population.repeats, population.exclude].findAll().collect { path -> file(path) }, given(population.sex_chromosomes))
    reference = prepared.genome
        .combine(prepared.masks)
        .map { genome, fai, included, excluded, compartments -> [fasta: genome, fai: fai, included: included, excluded: excluded, compartments: compartments] }
        .first()                                                        // reference
    regions = PLAN_REGIONS(indexedFasta(reference), population.samples.size(), [params.window_size, params.region_size ?: '', params.max_regions]).flatten()
    samples = channel.fromList(samplesOf(population))                  // sample
    measured = channel.fromList([population.absent_record].findAll()).map { path -> file(path) }
    logs = channel.empty()
    tables = channel.empty()
    used = prepared.versions

    if (population.vcfs) {
        vcfs = population.vcfs.collect { path -> file(path) }
        indexed = INDEX_VCF(vcfs)
        called_samples = samples_table
        measured = measured.mix(channel.of(file(population.vcf_record)))
        kind = population.vcf_kind == 'variants' ? '--vcf-kind variants' : ''
        parts = regions.combine(indexed.indexes.map { indexes -> [vcfs, indexes] })
        scanned = SCAN_VCF(parts, indexedFasta(reference), [samples_table, given(population.depth_windows), [], []], masksOf(reference), given(population.callable), "${scanOptions()} ${kind}")
        scans = scanned.scan
        variants = scanned.variants
        used = used.mix(indexed.versions, scanned.versions)
    }
    else {
        mapped = READS(samples, reference)
        depth = DEPTH(mapped.samples, samples.filter { sample -> sample.gvcf }, reference, samples_table)
        called = GENOTYPES(depth.samples, regions, reference, depth.cohort, scanOptions())
        called_samples = depth.cohort.map { cohort -> cohort.called }
        scans = called.scans
        variants = called.variants
        likely = LIKELIHOODS(called.samples, called.folder, called.likelihoods.filter { bcf -> !('pcangsd' in absent) }, samples_table, depth.cohort, reference)
        measured = measured.mix(mapped.metrics, depth.metrics, likely.metrics)
        tables = likely.tables
        logs = logs.mix(mapped.logs)
        used = used.mix(mapped.versions, depth.versions, called.versions, likely.versions)
    }
    statistics = STATISTICS(scans, variants, called_samples, reference, gff, population)

    emit:
    results = populationResults('metrics', measured.mix(statistics.metrics))
        .mix(populationResults('tables', tables.mix(statistics.tables)))
        .mix(populationResults('tree', statistics.newick))
        .mix(populationResults('samples', channel.of(samples_table)))   // result
    logs                                                                // path
    versions = used.mix(statistics.versions)                              // [process, versions]
}

// The records of samples, each with its meta map.
def samplesOf(population) {
    return population.samples.collect { record ->
        record + [meta: [id: 'popgen', sample: record.sample, group: record.group, age_class: record.age_class, sex: record.sex, outgroup: record.outgroup]]
    }
}

// Files as results of a kind: metrics, tables, tree or samples.
def populationResults(String kind, files) {
    return files.map { path -> [meta: [id: 'popgen'], kind: kind, file: path] }
}

// A file of the input; [] if none is given.
def given(path) {
    return path ? file(path) : []
}

// Limits of the scan of sites, from the parameters.
def scanOptions() {
    def limits = [
        'min-quality': params.min_site_quality, 'min-genotype-quality': params.min_genotype_quality, balance: "${params.allele_balance} ${1 - params.allele_balance}",
        'indel-gap-bp': params.indel_gap, 'max-missing': params.max_missing, 'excess-heterozygosity': params.excess_heterozygosity_p, 'window-bp': params.window_size
    ]
    return limits.collect { name, value -> "--${name} ${value}" }.join(' ') + (params.transversions_only ? ' --transversions-only' : '')
}
