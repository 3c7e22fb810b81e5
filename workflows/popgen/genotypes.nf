include { BCFTOOLS_GVCF ; CALL_REGION } from '../../modules/bcftools_call.nf'
include { CONCAT_VARIANTS } from '../../modules/bcftools.nf'
include { HAPLOTYPECALLER ; GENOTYPE_GVCFS } from '../../modules/gatk.nf'
include { DEEPVARIANT ; GLNEXUS } from '../../modules/deepvariant.nf'
include { GVCF_FOLDER ; CALLABLE_IN_ALL } from '../../modules/linnaea/popgen/genotypes.nf'
include { SCAN_VCF } from '../../modules/linnaea/popgen/scan.nf'
include { metric ; lookUp } from '../../modules/linnaea/functions.nf'

// Every sample's sites to genotypes of all samples: a gVCF a sample, then region by region a joint call that is scanned at once.
workflow GENOTYPES {
    take:
    bams                        // [sample, bam, csi]
    depths                      // [sample, json]
    callable                    // [sample, bed]
    given                       // [sample, gvcf, csi]: made before
    regions                     // bed
    genome                      // [fasta, fai]
    masks                       // [bed, bed, tsv]
    cohort                      // cohort
    options                     // of the scan

    main:
    if (params.caller == 'gatk') {
        made = HAPLOTYPECALLER(bams, genome)
    }
    else if (params.caller == 'deepvariant') {
        made = DEEPVARIANT(bams, genome)
    }
    else {
        windowed = lookUp(bams, depths).map { meta, bam, csi, record -> [meta, bam, csi, metric(record, 'min_depth_x'), metric(record, 'max_depth_x')] }
        made = BCFTOOLS_GVCF(windowed, genome, [params.min_mapping_quality, params.min_base_quality])
    }
    // GATK and GLnexus genotype samples that are deep enough, where there are any
    files = cohort.map { samples -> [samples.called, samples.windows, samples.ploidy, samples.sexes] }
    deep = files.filter { called, windows, ploidy, sexes -> called.countLines() > 1 }
    wanted = regions.combine(deep).map { region, called, windows, ploidy, sexes -> region }
    ready = made.gvcf.mix(given)
    folder = GVCF_FOLDER(ready.flatMap { meta, gvcf, index -> [gvcf, index] }.collect(sort: { path -> path.name }))

    if (params.caller == 'gatk') {
        joint = GENOTYPE_GVCFS(wanted, folder, genome)
        scanned = SCAN_VCF(joint.vcf, genome, deep, masks, [], options)
        joined_with = joint.versions.mix(scanned.versions)
    }
    else if (params.caller == 'deepvariant') {
        joint = GLNEXUS(wanted, folder)
        everywhere = CALLABLE_IN_ALL(callable.map { meta, bed -> bed }.collect(sort: { bed -> bed.name }))
        scanned = SCAN_VCF(joint.vcf, genome, deep, masks, everywhere.bed, options + ' --vcf-kind variants')
        joined_with = joint.versions.mix(everywhere.versions, scanned.versions)
    }
    else {
        scanned = CALL_REGION(regions, folder, genome, files, masks, options, params.keep_all_sites)
        joined_with = scanned.versions
    }

    emit:
    gvcfs = ready                                                       // [sample, gvcf, index]
    folder                                                              // folder of all of them
    scans = scanned.scan                                                // [region, folder]
    variants = scanned.variants                                         // [region, bcf]
    likelihoods = params.caller == 'bcftools' ? scanned.likelihoods : channel.empty()   // bcf
    versions = joined_with.mix(made.versions)                             // [process, versions]
}
