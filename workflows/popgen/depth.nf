include { SUBSAMPLE } from '../../modules/samtools.nf'
include { GIVEN_GVCF } from '../../modules/bcftools.nf'
include { COHORT_DEPTHS ; SAMPLE_DEPTH ; SAMPLE_DEPTH as SUBSAMPLED_DEPTH } from '../../modules/linnaea/popgen/depth.nf'
include { indexedFasta ; masksOf } from '../../modules/linnaea/populations.nf'
include { metric } from '../../modules/linnaea/functions.nf'

// Depth of every sample, from its alignment or given gVCF: samples are downsampled if asked to, callable sites determined, and the route of
// each sample (calls or likelihoods) is decided.
workflow DEPTH {
    take:
    aligned                     // sample + bam, bam_index
    given                       // sample: those with a gVCF
    reference                   // reference
    samples_table               // tsv

    main:
    genome = indexedFasta(reference)
    masks = masksOf(reference)
    bams = aligned.map { sample -> [sample.meta, sample.bam, sample.bam_index] }
    window = [params.depth_low, params.depth_high, params.min_depth]
    first = SAMPLE_DEPTH(bams, genome, masks, params.min_mapping_quality, window)
    deep = Rows.match(bams, first.metrics)
        .map { meta, bam, csi, record -> [meta, bam, csi, params.subsample_depth ? params.subsample_depth / metric(record, 'mean_depth_x') : 1] }
        .branch { meta, bam, csi, share ->
            cut: share < 1
            whole: true
                return [meta, bam, csi]
        }
    reduced = SUBSAMPLE(deep.cut)
    again = SUBSAMPLED_DEPTH(reduced.bam, genome, masks, params.min_mapping_quality, window)
    used = deep.whole.mix(reduced.bam)
    blocks = GIVEN_GVCF(given.map { sample -> [sample.meta, file(sample.gvcf)] }, genome, masks, window)
    // `latest` waits for all samples, which is needed only where some are reduced
    measured = (params.subsample_depth ? Rows.latest(first.metrics, again.metrics) : first.metrics).mix(blocks.metrics)
    callable = (params.subsample_depth ? Rows.latest(first.callable, again.callable) : first.callable).mix(blocks.callable)
    alignments = Rows.lookUp(used, Rows.keyed(aligned)).map { meta, bam, csi, sample -> sample + [bam: bam, bam_index: csi] }
    gvcfs = Rows.match(blocks.gvcf, Rows.keyed(given)).map { meta, gvcf, index, sample -> sample + [gvcf: gvcf, gvcf_index: index] }

    decided = COHORT_DEPTHS(measured.map { meta, record -> record }.collect(sort: { record -> record.name }), samples_table, genome, masks, params.low_depth)

    emit:
    samples = Rows.match(Rows.match(Rows.keyed(alignments.mix(gvcfs)), measured), callable).map { meta, sample, record, bed -> sample + [depth: record, callable: bed] }  // sample + depth, callable; bam and gvcf as used
    cohort = decided.cohort.map { called, windows, ploidy, sexes -> [called: called, windows: windows, ploidy: ploidy, sexes: sexes] }  // cohort
    metrics = measured.map { meta, record -> record }.mix(decided.metrics)  // json
    versions = first.versions.mix(reduced.versions, again.versions, blocks.versions)  // [process, versions]
}
