include { ASSEMBLY_STATISTICS ; KMER_EVALUATION ; READ_DEPTH } from '../../modules/linnaea/assembly/evaluate.nf'
include { BUSCO } from '../../modules/busco.nf'

// Every assembly measured: contiguity, telomeres, k-mers, read depth, expected genes.
workflow EVALUATE {
    take:
    assemblies                  // [meta + stage, haplotype, fasta]
    kmers                       // [meta, [kmc_pre, kmc_suf]]
    hifi                        // [meta, [fastq, ...]]
    ont                         // [meta, [fastq, ...]]

    main:
    contiguity = ASSEMBLY_STATISTICS(assemblies)

    haplotypes = assemblies
        .map { meta, fasta -> [meta.findAll { key, value -> key != 'haplotype' }, meta.haplotype, fasta] }
        .groupTuple(sort: { a, b -> a.toString() <=> b.toString() })
        .map { meta, names, fastas -> [meta.id, meta, names, fastas] }
    with_kmers = haplotypes
        .combine(kmers.map { meta, database -> [meta.id, database] }, by: 0)
        .map { id, meta, names, fastas, database -> [meta, names, fastas, database] }
    accuracy = KMER_EVALUATION(with_kmers, params.kmer_size)

    ont_only = ont.join(hifi, remainder: true).filter { row -> row[1] && !row[2] }.map { row -> [row[0].id, row[1], 'map-ont'] }
    mapped = assemblies
        .map { meta, fasta -> [meta.id, meta, fasta] }
        .combine(hifi.map { meta, reads -> [meta.id, reads, 'map-hifi'] }.mix(ont_only), by: 0)
        .map { id, meta, fasta, reads, preset -> [meta, fasta, reads, preset] }
    depth = READ_DEPTH(mapped)

    lineage = params.busco_lineage ? file(params.busco_lineage, checkIfExists: true) : []
    genes = BUSCO(lineage ? assemblies : channel.empty(), lineage)

    emit:
    metrics = contiguity.metrics.mix(accuracy.metrics, depth.metrics, genes.metrics)  // [meta + stage (, haplotype), json]
    accuracy = accuracy.metrics                                         // [meta + stage, json]
    tables = contiguity.table                                           // [meta + stage, haplotype, tsv]
    logs = genes.summary.map { meta, summaries -> summaries }           // [path, ...]
    versions = accuracy.versions.mix(depth.versions, genes.versions)   // [process, versions]
}
