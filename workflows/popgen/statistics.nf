include { COMBINE_REGIONS ; RUNS_OF_HOMOZYGOSITY ; KINSHIP ; PCA ; GENETIC_LOAD } from '../../modules/population.nf'
include { CONCAT_VARIANTS } from '../../modules/bcftools.nf'
include { FASTMIXTURE } from '../../modules/fastmixture.nf'
include { codeHash } from '../../modules/linnaea.nf'

// Sums of regions to tables, and what the variants tell of individuals, relatives, structure and load.
workflow STATISTICS {
    take:
    scans                       // [region, npz]
    region_variants             // [region, bcf]
    cohort                      // [tsv, tsv, txt, txt]
    genome                      // [fasta, fai]
    masks                       // [bed, bed, tsv]
    gff                         // gff

    main:
    samples = cohort.map { called, windows, ploidy, sexes -> called }
    combined = COMBINE_REGIONS(scans.map { region, sums -> sums }.collect(sort: { path -> path.name }), codeHash('combine_regions.py'))
    joined = CONCAT_VARIANTS(region_variants.map { region, bcf -> bcf }.collect(sort: { path -> path.name }))
    variants = joined.variants.first()
    homozygosity = RUNS_OF_HOMOZYGOSITY(combined.bins, variants, genome, masks, params.roh_classes, codeHash('runs_of_homozygosity.py'))
    kinship = KINSHIP(variants, samples, masks, codeHash('kinship_table.py'))
    components = PCA(variants, samples, masks, codeHash('pca.py'))
    load = GENETIC_LOAD(variants, samples, genome, gff, codeHash('csq_genes.py') + codeHash('genetic_load.py'))

    emit:
    metrics = combined.metrics.flatten().mix(homozygosity.metrics, kinship.metrics, components.metrics, load.metrics)   // json
    tables = combined.tables.flatten().mix(homozygosity.runs, homozygosity.table, kinship.table, components.table, components.eigenvalues, load.table)  // tsv
    versions = joined.versions.mix(homozygosity.versions, load.versions)   // [process, tool, version]
}
