include { BCFTOOLS_GVCF ; CALL_REGION } from '../../modules/bcftools_call.nf'
include { CONCAT_VARIANTS } from '../../modules/bcftools.nf'
include { HAPLOTYPECALLER ; GENOTYPE_GVCFS } from '../../modules/gatk.nf'
include { DEEPVARIANT ; GLNEXUS } from '../../modules/deepvariant.nf'
include { GVCF_FOLDER ; CALLABLE_IN_ALL } from '../../modules/linnaea/popgen/genotypes.nf'
include { SCAN_VCF } from '../../modules/linnaea/popgen/scan.nf'
include { indexedFasta ; masksOf } from '../../modules/linnaea/populations.nf'
include { metric } from '../../modules/linnaea/functions.nf'

// Genotypes of all samples: one gVCF per sample, then joint calling by region, scanned as it is called.
workflow GENOTYPES {
    take:
    samples                     // sample + depth, callable; bam or gvcf
    regions                     // bed
    reference                   // reference
    cohort                      // cohort
    options                     // of the scan

    main:
    genome = indexedFasta(reference)
    masks = masksOf(reference)
    sources = samples.branch { sample ->
        gvcf: sample.gvcf
            return [sample.meta, sample.gvcf, sample.gvcf_index]
        bam: true
    }
    bams = sources.bam.map { sample -> [sample.meta, sample.bam, sample.bam_index] }
    if (params.caller == 'gatk') {
        made = HAPLOTYPECALLER(bams, genome)
    }
    else if (params.caller == 'deepvariant') {
        made = DEEPVARIANT(bams, genome)
    }
    else {
        windowed = sources.bam.map { sample -> [sample.meta, sample.bam, sample.bam_index, metric(sample.depth, 'min_depth_x'), metric(sample.depth, 'max_depth_x')] }
        made = BCFTOOLS_GVCF(windowed, genome, [params.min_mapping_quality, params.min_base_quality])
    }
    // GATK and GLnexus genotype the samples that are deep enough, if there are any
    files = cohort.map { decided -> [decided.called, decided.windows, decided.ploidy, decided.sexes] }
    deep = files.filter { called, windows, ploidy, sexes -> called.countLines() > 1 }
    wanted = regions.combine(deep).map { region, called, windows, ploidy, sexes -> region }
    ready = made.gvcf.mix(sources.gvcf)
    folder = GVCF_FOLDER(ready.flatMap { meta, gvcf, index -> [gvcf, index] }.collect(sort: { path -> path.name }))

    if (params.caller == 'gatk') {
        joint = GENOTYPE_GVCFS(wanted, folder, genome)
        scanned = SCAN_VCF(joint.vcf, genome, deep, masks, [], options)
        joined_with = joint.versions.mix(scanned.versions)
    }
    else if (params.caller == 'deepvariant') {
        joint = GLNEXUS(wanted, folder)
        everywhere = CALLABLE_IN_ALL(samples.map { sample -> sample.callable }.collect(sort: { bed -> bed.name }))
        scanned = SCAN_VCF(joint.vcf, genome, deep, masks, everywhere.bed, options + ' --vcf-kind variants')
        joined_with = joint.versions.mix(everywhere.versions, scanned.versions)
    }
    else {
        scanned = CALL_REGION(regions, folder, genome, files, masks, options, params.keep_all_sites)
        joined_with = scanned.versions
    }

    emit:
    samples = Rows.match(Rows.keyed(samples), ready).map { meta, sample, gvcf, index -> sample + [gvcf: gvcf, gvcf_index: index] }  // sample + gvcf, gvcf_index
    folder                                                              // folder of all of them
    scans = scanned.scan                                                // [region, folder]
    variants = scanned.variants                                         // [region, bcf]
    likelihoods = params.caller == 'bcftools' ? scanned.likelihoods : channel.empty()   // bcf
    versions = joined_with.mix(made.versions)                             // [process, versions]
}
