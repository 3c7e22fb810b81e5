include { PREPARE } from './annotation/prepare.nf'
include { EVIDENCE } from './annotation/evidence.nf'
include { PREDICT } from './annotation/predict.nf'
include { NONCODING } from './annotation/noncoding.nf'
include { FUNCTION } from './annotation/function.nf'
include { QUALITY } from './annotation/quality.nf'
include { COMBINE_GENES } from '../modules/linnaea/annotation/combine.nf'
include { firstHaplotype ; resultsOf } from '../modules/linnaea/assemblies.nf'

// From assemblies and evidence to gene sets: assemblies are prepared, evidence is aligned, genes are predicted, combined, named and judged.
workflow ANNOTATION {
    take:
    genomes                     // genome
    assemblies                  // assembly
    steps                       // [name, ...]

    main:
    haplotypes = firstHaplotype(assemblies).map { assembly -> [assembly.meta.parent, assembly] }
    assembled = Rows.lookUp(haplotypes, Rows.keyed(genomes)).map { meta, assembly, genome -> genome + [fasta: assembly.fasta] }
    prepared = PREPARE(assembled)
    evidence = EVIDENCE(prepared.genomes.filter { genome -> !genome.annotation })
    predicted = PREDICT(evidence.genomes)
    combined = COMBINE_GENES(
        Rows.attach(Rows.keyed(evidence.genomes), predicted.genes).map { meta, genome, predictions ->
            [meta, genome.prepared, genome.names, genome.evidence.hints, predictions, genome.evidence.transcripts, genome.evidence.proteins, genome.evidence.lifted, genome.repeat_bed]
        }
    )
    given = prepared.genomes.filter { genome -> genome.annotation }
    coding = combined.genes.mix(given.map { genome -> [genome.meta, file(genome.annotation)] })  // [genome, gff3]
    with_evidence = evidence.genomes.mix(given.map { genome -> genome + [evidence: [junctions: [], coverage: [], proteins: []]] })
    with_genes = Rows.match(Rows.keyed(with_evidence), coding).map { meta, genome, gff3 -> genome + [coding: gff3] }

    noncoding = NONCODING('noncoding' in steps ? with_genes : channel.empty())
    complete = Rows.attach(Rows.keyed(with_genes), noncoding.genes).map { meta, genome, gff3 -> genome + [noncoding: gff3] }
    named = FUNCTION(complete, 'function' in steps)
    gene_sets = Rows.attach(Rows.match(Rows.match(Rows.keyed(complete), named.annotation), named.representatives), named.hits)
        .map { meta, genome, genes, proteins, hits -> genome + [genes: genes, representatives: proteins, hits: hits] }
    quality = QUALITY('quality' in steps ? gene_sets : channel.empty())
    metrics = prepared.metrics.mix(evidence.metrics, predicted.metrics, combined.metrics, noncoding.metrics, named.metrics, quality.metrics)  // [genome or a part of it, json]

    emit:
    genes = named.annotation                                            // [genome, gff3]
    results = resultsOf('metrics', metrics).mix(resultsOf('gene_tables', quality.tables))  // result
    logs = evidence.logs.mix(quality.logs)                              // path
    versions = prepared.versions.mix(evidence.versions, predicted.versions, noncoding.versions, named.versions, quality.versions)  // [process, versions]
}
