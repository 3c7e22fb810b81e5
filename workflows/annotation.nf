include { PREPARE } from './annotation/prepare.nf'
include { EVIDENCE } from './annotation/evidence.nf'
include { PREDICT } from './annotation/predict.nf'
include { NONCODING } from './annotation/noncoding.nf'
include { FUNCTION } from './annotation/function.nf'
include { QUALITY } from './annotation/quality.nf'
include { COMBINE_GENES } from '../modules/linnaea/annotation/combine.nf'
include { match ; attach ; lookUp } from '../modules/linnaea/functions.nf'

// Assemblies and evidence to gene sets: prepared, evidence aligned, genes predicted and combined, named and judged.
workflow ANNOTATION {
    take:
    genomes                     // genome
    assemblies                  // [genome, fasta]: one each
    steps                       // [name, ...]

    main:
    assembled = lookUp(assemblies, genomes.map { genome -> [genome.meta, genome] }).map { meta, fasta, genome -> genome + [fasta: fasta] }
    prepared = PREPARE(assembled)
    evidence = EVIDENCE(prepared.genomes.filter { genome -> !genome.annotation })
    predicted = PREDICT(evidence.genomes)
    combined = COMBINE_GENES(
        attach(evidence.genomes.map { genome -> [genome.meta, genome] }, predicted.genes).map { meta, genome, predictions ->
            [meta, genome.prepared, genome.names, genome.evidence.hints, predictions, genome.evidence.transcripts, genome.evidence.proteins, genome.evidence.lifted, genome.repeat_bed]
        }
    )
    given = prepared.genomes.filter { genome -> genome.annotation }
    coding = combined.genes.mix(given.map { genome -> [genome.meta, file(genome.annotation)] })  // [genome, gff3]
    with_evidence = evidence.genomes.mix(given.map { genome -> genome + [evidence: [junctions: [], coverage: [], proteins: []]] })

    noncoding = NONCODING('noncoding' in steps ? match(prepared.genomes.map { genome -> [genome.meta, genome.prepared, genome.names] }, coding) : channel.empty())
    named = FUNCTION(attach(match(assembled.map { genome -> [genome.meta, genome.fasta] }, coding), noncoding.genes), 'function' in steps)
    gene_sets = attach(match(match(with_evidence.map { genome -> [genome.meta, genome] }, named.annotation), named.representatives), named.hits)
        .map { meta, genome, genes, proteins, hits -> genome + [genes: genes, representatives: proteins, hits: hits] }
    quality = QUALITY('quality' in steps ? gene_sets : channel.empty())

    emit:
    genes = named.annotation                                            // [genome, gff3]
    judged = quality.judged                                             // genome: those whose genes were measured
    metrics = prepared.metrics.mix(evidence.metrics, predicted.metrics, combined.metrics, noncoding.metrics, named.metrics, quality.metrics)  // [genome, json]
    logs = evidence.logs.mix(quality.logs)                              // path
    versions = prepared.versions.mix(evidence.versions, predicted.versions, noncoding.versions, named.versions, quality.versions)  // [process, versions]
}
