include { LIKELIHOOD_HETEROZYGOSITY ; LIKELIHOOD_CONTRAST ; LIKELIHOOD_SPECTRUM } from '../../modules/linnaea/popgen/likelihoods.nf'
include { PCANGSD } from '../../modules/pcangsd.nf'
include { metric ; match } from '../../modules/linnaea/functions.nf'

// What does without genotypes: where samples are shallow or historical, heterozygosity of every sample by likelihoods, so that all
// are compared by one estimator; and structure of all samples where some are shallow.
workflow LIKELIHOODS {
    take:
    gvcfs                       // [sample, gvcf, index]
    folder                      // all of them
    depths                      // [sample, json]
    parts                       // bcf: likelihoods at variants, of regions, where a sample is shallow
    samples                     // tsv: all samples
    called                      // tsv: those whose genotypes are called
    genome                      // [fasta, fai]
    masks                       // [bed, bed, tsv]

    main:
    windowed = match(gvcfs, depths).map { meta, gvcf, csi, record -> [meta, gvcf, csi, metric(record, 'max_depth_x'), metric(record, 'median_depth_x')] }
    wanted = windowed
        .filter { meta, gvcf, csi, most, median -> meta.age_class == 'historical' || median < params.low_depth }
        .first()
        .map { meta, gvcf, csi, most, median -> true }
        .combine(windowed)
        .map { any, meta, gvcf, csi, most, median -> [meta, gvcf, csi, most] }
    measured = LIKELIHOOD_HETEROZYGOSITY(wanted, genome, masks)
    contrast = LIKELIHOOD_CONTRAST(measured.table.collect(sort: { path -> path.name }), samples)
    damaged = gvcfs.map { meta, gvcf, csi -> meta.age_class == 'historical' }.collect().map { ages -> params.transversions_only || ages.any() }
    shallow = windowed.filter { meta, gvcf, csi, most, median -> median < params.low_depth && !meta.outgroup }.first().map { meta, gvcf, csi, most, median -> true }
    spectrum = LIKELIHOOD_SPECTRUM(shallow.combine(folder).map { any, all -> all }, samples, called, genome, masks, damaged)
    structure = PCANGSD(parts.collect(sort: { path -> path.name }), samples, called, masks, damaged)

    emit:
    metrics = measured.metrics.mix(contrast.metrics, spectrum.metrics, structure.metrics)   // json
    tables = contrast.tables.flatten().mix(spectrum.table, structure.table)  // tsv
    versions = measured.versions.mix(structure.versions, spectrum.versions)  // [process, versions]
}
