include { LIKELIHOOD_HETEROZYGOSITY ; LIKELIHOOD_CONTRAST ; LIKELIHOOD_SPECTRUM } from '../../modules/linnaea/popgen/likelihoods.nf'
include { PCANGSD } from '../../modules/pcangsd.nf'
include { indexedFasta ; masksOf } from '../../modules/linnaea/populations.nf'
include { metric } from '../../modules/linnaea/functions.nf'

// Statistics without genotypes: if samples are shallow or historical, the heterozygosity of every sample from likelihoods, so that all
// are compared by one estimator; if some are shallow, the structure of all samples.
workflow LIKELIHOODS {
    take:
    samples                     // sample + gvcf, gvcf_index, depth
    folder                      // folder of all gVCFs
    parts                       // bcf: likelihoods at variants, of regions, where a sample is shallow
    samples_table               // tsv: all samples
    cohort                      // cohort
    reference                   // reference

    main:
    genome = indexedFasta(reference)
    masks = masksOf(reference)
    called = cohort.map { decided -> decided.called }                   // tsv: those whose genotypes are called
    measured = samples.map { sample -> sample + [max_depth_x: metric(sample.depth, 'max_depth_x'), shallow: metric(sample.depth, 'median_depth_x') < params.low_depth] }
    wanted = measured
        .filter { sample -> sample.shallow || sample.age_class == 'historical' }
        .first()
        .combine(measured)
        .map { any, sample -> [sample.meta, sample.gvcf, sample.gvcf_index, sample.max_depth_x] }
    heterozygosity = LIKELIHOOD_HETEROZYGOSITY(wanted, genome, masks)
    contrast = LIKELIHOOD_CONTRAST(heterozygosity.table.collect(sort: { path -> path.name }), samples_table)
    damaged = samples.map { sample -> sample.age_class == 'historical' }.collect().map { ages -> params.transversions_only || ages.any() }
    shallow = measured.filter { sample -> sample.shallow && !sample.outgroup }.first()
    spectrum = LIKELIHOOD_SPECTRUM(shallow.combine(folder).map { any, all -> all }, samples_table, called, genome, masks, damaged, params.excess_heterozygosity_p)
    structure = PCANGSD(parts.collect(sort: { path -> path.name }), samples_table, called, masks, damaged, params.max_k)

    emit:
    metrics = heterozygosity.metrics.mix(contrast.metrics, spectrum.metrics, structure.metrics.flatten())   // json
    tables = contrast.tables.mix(spectrum.tables, structure.tables).flatten()  // tsv
    versions = heterozygosity.versions.mix(structure.versions, spectrum.versions)  // [process, versions]
}
