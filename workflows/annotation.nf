include { PREPARE } from './annotation/prepare.nf'
include { EVIDENCE } from './annotation/evidence.nf'
include { PREDICT } from './annotation/predict.nf'
include { NONCODING } from './annotation/noncoding.nf'
include { FUNCTION } from './annotation/function.nf'
include { QUALITY } from './annotation/quality.nf'
include { COMBINE_GENES } from '../modules/linnaea/annotation/combine.nf'

// Assemblies and evidence to gene sets: prepared, evidence aligned, genes predicted and combined, named and judged.
workflow ANNOTATION {
    take:
    genomes                     // [meta, record]
    assemblies                  // [meta, fasta]: one a genome
    steps                       // [name, ...]

    main:
    prepared = PREPARE(genomes.join(assemblies))
    to_predict = genomes.filter { meta, record -> !record.annotation }
    evidence = EVIDENCE(to_predict.join(prepared.genome).join(prepared.masked))
    predicted = PREDICT(
        to_predict.map { meta, record -> [meta] }.join(prepared.masked),
        evidence.hints.join(evidence.longest_intron),
        evidence.proteins.mix(evidence.transcripts, evidence.lifted),
        evidence.bams,
        evidence.protein_sets
    )
    combined = COMBINE_GENES(
        prepared.genome
            .join(evidence.hints)
            .join(predicted.genes, remainder: true)
            .join(evidence.transcripts, remainder: true)
            .join(evidence.proteins, remainder: true)
            .join(evidence.lifted, remainder: true)
            .join(prepared.repeats, remainder: true)
            .filter { row -> row[1] && row[3] }
            .map { row -> row[0..3] + row[4..8].collect { files -> files ?: [] } }
    )
    given = genomes.filter { meta, record -> record.annotation }.map { meta, record -> [meta, file(record.annotation)] }
    coding = combined.genes.mix(given)                                  // [meta, gff3]

    noncoding = NONCODING('noncoding' in steps ? prepared.genome.join(coding) : channel.empty())
    named = FUNCTION(
        assemblies.join(coding).join(noncoding.genes, remainder: true).filter { row -> row[1] && row[2] }.map { row -> [row[0], row[1], row[2], row[3] ?: []] },
        'function' in steps
    )
    tracks = prepared.names
        .join(prepared.repeats, remainder: true)
        .join(evidence.junctions, remainder: true)
        .join(evidence.coverage, remainder: true)
        .join(evidence.proteins, remainder: true)
        .map { row -> row[0..1] + row[2..5].collect { files -> files ?: [] } }
    judged = QUALITY('quality' in steps ? named.annotation.join(assemblies) : channel.empty(), named.representatives, named.hits, tracks, genomes)

    emit:
    genes = named.annotation                                            // [meta, gff3]
    metrics = prepared.metrics.mix(evidence.metrics, predicted.metrics, combined.metrics, noncoding.metrics, named.metrics, judged.metrics)  // [meta, json]
    logs = evidence.logs.mix(judged.logs)                               // path
    versions = prepared.versions.mix(evidence.versions, predicted.versions, noncoding.versions, named.versions, judged.versions)  // [process, versions]
}
