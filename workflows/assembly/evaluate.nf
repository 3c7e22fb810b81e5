include { ASSEMBLY_STATISTICS ; KMER_EVALUATION ; READ_DEPTH ; SYNTENY } from '../../modules/linnaea/assembly/evaluate.nf'
include { BUSCO } from '../../modules/busco.nf'
include { isAlternate ; withPreset } from '../../modules/linnaea/assemblies.nf'

// Measures every assembly: contiguity, telomeres, k-mers, read depth, expected genes, synteny of two haplotypes.
workflow EVALUATE {
    take:
    assemblies                  // assembly
    kmers                       // [genome, [kmc_pre, kmc_suf]]
    hifi                        // [genome, [fastq, ...]]
    ont                         // [genome, [fastq, ...]]

    main:
    sequences = assemblies.map { assembly -> [assembly.meta, assembly.fasta] }
    contiguity = ASSEMBLY_STATISTICS(sequences)

    haplotypes = assemblies
        .map { assembly -> [assembly.meta.parent + [stage: assembly.meta.stage, before_curation: assembly.meta.before_curation, parent: assembly.meta.parent], assembly] }
        .groupTuple()
        .map { meta, parts -> [meta, parts.sort { part -> part.meta.haplotype }] }
    with_kmers = haplotypes
        .map { meta, parts -> [meta.parent, meta, parts.collect { part -> part.meta.haplotype }, parts.collect { part -> part.fasta }] }
        .combine(kmers, by: 0)
        .map { genome, meta, names, fastas, database -> [meta, names, fastas, database] }
    kmer_content = KMER_EVALUATION(with_kmers, params.kmer_size)

    phased = haplotypes
        .filter { meta, parts -> parts.size() == 2 && !meta.before_curation && !parts.any { part -> isAlternate(part) } }
        .map { meta, parts -> [meta, parts.collect { part -> part.meta.haplotype }, parts.collect { part -> part.fasta }] }
    synteny = SYNTENY(phased)

    mapped = sequences
        .map { meta, fasta -> [meta.parent, meta, fasta] }
        .combine(withPreset(hifi, ont), by: 0)
        .map { genome, meta, fasta, reads, preset -> [meta, fasta, reads, preset] }
    depth = READ_DEPTH(mapped)

    lineage = params.busco_lineage ? file(params.busco_lineage, checkIfExists: true) : []
    genes = BUSCO(lineage ? sequences : channel.empty(), lineage)

    emit:
    metrics = contiguity.metrics.mix(kmer_content.metrics, depth.metrics, synteny.metrics, genes.metrics)  // [assembly, json]
    accuracy = kmer_content.metrics                                     // [assembly without haplotype, json]
    tables = contiguity.table                                           // [assembly, tsv]
    read_depth = depth.metrics                                          // [assembly, json]
    summaries = genes.summary                                           // [assembly, [txt, ...]]
    depths = depth.track                                                // [assembly, bedgraph]
    logs = genes.summary.map { meta, summaries -> summaries }           // [path, ...]
    versions = kmer_content.versions.mix(depth.versions, synteny.versions, genes.versions)   // [process, versions]
}
