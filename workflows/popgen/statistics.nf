include { COMBINE_REGIONS ; RUNS_OF_HOMOZYGOSITY } from '../../modules/linnaea/popgen/diversity.nf'
include { KINSHIP ; PCA ; DISTANCE_TREE ; F_STATISTICS ; WINDOW_SCANS } from '../../modules/linnaea/popgen/structure.nf'
include { LD_DECAY ; EFFECTIVE_SIZE ; SIZE_HISTORY ; TEMPORAL_CONTRAST } from '../../modules/linnaea/popgen/history.nf'
include { GENETIC_LOAD } from '../../modules/linnaea/popgen/genetic_load.nf'
include { CONCAT_VARIANTS } from '../../modules/bcftools.nf'
include { FASTMIXTURE } from '../../modules/fastmixture.nf'
include { indexedFasta ; masksOf } from '../../modules/linnaea/populations.nf'

// Tables from the sums of all regions; statistics of individuals, relatedness, structure, effective size, time and load from the variants.
workflow STATISTICS {
    take:
    scans                       // [region, npz]
    region_variants             // [region, bcf]
    samples                     // tsv: those whose genotypes are called
    reference                   // reference
    gff                         // gff, or nothing
    population                  // record of the checked sample table

    main:
    genome = indexedFasta(reference)
    masks = masksOf(reference)
    with_admixture = params.max_k > 1 && !('fastmixture' in population.absent_programs)
    combined = COMBINE_REGIONS(scans.map { region, sums -> sums }.collect(sort: { path -> path.name }))
    joined = CONCAT_VARIANTS(region_variants.map { region, bcf -> bcf }.collect(sort: { path -> path.name }))
    variants = joined.variants

    homozygosity = RUNS_OF_HOMOZYGOSITY(combined.bins, variants, samples, genome, masks, "${params.roh_classes}")
    kinship = KINSHIP(variants, samples, masks, population.pedigree ? file(population.pedigree) : [])
    components = PCA(variants, samples, masks)
    admixture = FASTMIXTURE(components.plink.filter { bed, bim, fam -> with_admixture }, samples, params.max_k)
    tree = DISTANCE_TREE(variants, samples, combined.heterozygosity, masks)
    decay = LD_DECAY(variants, samples, masks)
    size = EFFECTIVE_SIZE(variants, samples, kinship.table, masks)
    past = SIZE_HISTORY(combined.bins, variants, samples, masks, [params.mutation_rate ?: '', params.generation_years ?: ''])
    change = TEMPORAL_CONTRAST(variants, samples, masks, params.generations ?: '')
    history = F_STATISTICS(variants, samples, masks)
    scanned = WINDOW_SCANS(variants, samples, combined.windows, masks, gff.ifEmpty([]))
    load = GENETIC_LOAD(variants, samples, genome, gff)

    emit:
    metrics = combined.metrics.flatten().mix(homozygosity.metrics, kinship.metrics, components.metrics, admixture.metrics, tree.metrics, decay.metrics, size.metrics, past.metrics, change.metrics, history.metrics, scanned.metrics, load.metrics)  // json
    tables = combined.tables.flatten().mix(homozygosity.runs, homozygosity.table, kinship.table, kinship.pedigree, components.table, components.eigenvalues, admixture.table, tree.table, decay.table, size.table, past.table, change.tables.flatten(), history.tables.flatten(), scanned.tables.flatten(), load.table)  // tsv
    newick = tree.tree                                                  // nwk
    versions = joined.versions.mix(homozygosity.versions, kinship.versions, components.versions, admixture.versions, tree.versions, decay.versions, size.versions, past.versions, change.versions, history.versions, scanned.versions, load.versions)  // [process, versions]
}
