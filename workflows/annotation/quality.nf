include { ANNOTATION_QUALITY ; ANNOTATION_ACCURACY } from '../../modules/linnaea/annotation/quality.nf'
include { LIFT_OVER as LIFT_REFERENCE } from '../../modules/linnaea/annotation/lift_over.nf'
include { BUSCO ; BUSCO_PROTEINS } from '../../modules/busco.nf'
include { PSAURON } from '../../modules/psauron.nf'
include { OMARK } from '../../modules/omark.nf'
include { genomeOf ; words } from '../../modules/linnaea/functions.nf'

// The gene set measured: shapes, splice sites, support, split and fused genes, expected genes, coding likeness, contaminants, and
// against a reference.
workflow QUALITY {
    take:
    annotations                 // [meta, gff3, assembly fasta]
    proteins                    // [meta, fasta]: one of each gene
    hits                        // [meta, tsv]
    tracks                      // [meta, names, repeats, junctions, coverage, [protein gff3, ...]]; all but names may be []
    genomes                     // [meta, record]

    main:
    references = genomes
        .filter { meta, record -> record.reference_annotation }
        .map { meta, record -> [meta, record.reference_annotation.assembly ? file(record.reference_annotation.assembly) : null, file(record.reference_annotation.annotation)] }
        .branch { meta, source, annotation ->
            elsewhere: source
            here: true
                return [meta, annotation]
        }
    moved = LIFT_REFERENCE(
        references.elsewhere.join(annotations).map { meta, source, annotation, genes, assembly -> [meta + [library: 'reference'], source, annotation, assembly] }
    )
    reference = references.here.mix(moved.models.map { meta, models -> [meta.findAll { key, value -> key != 'library' }, models] })  // [meta, gff3]

    measured = ANNOTATION_QUALITY(
        annotations
            .join(tracks)
            .join(hits, remainder: true)
            .filter { row -> row[1] }
            .join(reference, remainder: true)
            .filter { row -> row[1] }
            .map { row -> row[0..3] + row[4..9].collect { found -> found ?: [] } }
    )
    evidence = genomes.map { meta, record -> [meta, evidenceOf(record)] }
    compared = ANNOTATION_ACCURACY(annotations.join(reference).join(evidence), params.truth ? 'truth' : 'reference')

    lineage = params.busco_lineage ? file(params.busco_lineage, checkIfExists: true) : []
    unjudged = lineage && !('assembly' in words(params.workflow)) ? annotations.join(genomes) : channel.empty()
    in_assembly = BUSCO(unjudged.map { meta, genes, fasta, record -> [meta + [stage: record.assembly.stage, haplotype: 'assembly'], fasta] }, lineage)
    judged = proteins.join(annotations).map { meta, fasta, genes, assembly -> [meta, fasta] }
    expected = BUSCO_PROTEINS(lineage ? judged : channel.empty(), lineage)
    coding = PSAURON(params.psauron ? judged : channel.empty())
    families = params.omark_database ? file(params.omark_database, checkIfExists: true) : []
    taxonomy = params.omark_taxonomy ? file(params.omark_taxonomy, checkIfExists: true) : []
    placed = OMARK(families ? judged : channel.empty(), families, taxonomy)

    emit:
    metrics = measured.metrics.transpose().mix(compared.metrics, in_assembly.metrics.map { meta, json -> [genomeOf(meta), json] }, expected.metrics, coding.metrics, placed.metrics)  // [meta, json]
    logs = expected.summary.map { meta, summaries -> summaries }        // [path, ...]
    versions = moved.versions.mix(in_assembly.versions, expected.versions, coding.versions, placed.versions)  // [process, versions]
}

// What a gene set was made from, in words.
def evidenceOf(record) {
    def kinds = [rnaseq: 'RNA-seq', isoseq: 'long RNA', proteins: 'proteins', hints: 'given hints', liftover: 'lift-over']
    def given = kinds.findAll { key, words -> record[key] }.collect { key, words -> words }
    return record.annotation ? 'given gene set' : given ? given.join(' + ') : 'ab initio'
}
