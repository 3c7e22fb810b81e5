include { ANNOTATION_QUALITY ; ANNOTATION_ACCURACY } from '../../modules/linnaea/annotation/quality.nf'
include { LIFT_OVER as LIFT_REFERENCE } from '../../modules/linnaea/annotation/lift_over.nf'
include { BUSCO ; BUSCO_PROTEINS } from '../../modules/busco.nf'
include { PSAURON } from '../../modules/psauron.nf'
include { OMARK } from '../../modules/omark.nf'
include { words } from '../../modules/linnaea/functions.nf'

// Measures the gene set: structure, splice sites, support, split and fused genes, expected genes, coding potential, contaminants, and
// accuracy against a reference.
workflow QUALITY {
    take:
    genomes                     // genome + fasta, names, repeat_bed, evidence, genes, representatives, hits

    main:
    references = genomes
        .filter { genome -> genome.reference_annotation }
        .branch { genome ->
            elsewhere: genome.reference_annotation.assembly
            here: true
        }
    moved = LIFT_REFERENCE(
        references.elsewhere.map { genome ->
            [genome.meta + [library: 'reference', parent: genome.meta], file(genome.reference_annotation.assembly), file(genome.reference_annotation.annotation), genome.fasta]
        }
    )
    reference = references.here
        .map { genome -> [genome.meta, file(genome.reference_annotation.annotation)] }
        .mix(moved.models.map { meta, models -> [meta.parent, models] })  // [genome, gff3]

    records = Rows.keyed(genomes)
    measured = ANNOTATION_QUALITY(
        Rows.attach(records, reference).map { meta, genome, gff3 ->
            [meta, genome.genes, genome.fasta, genome.names, genome.repeat_bed, genome.evidence.junctions, genome.evidence.coverage, genome.evidence.proteins, genome.hits, gff3]
        }
    )
    compared = ANNOTATION_ACCURACY(
        Rows.lookUp(reference, records).map { meta, gff3, genome -> [meta, genome.genes, genome.fasta, gff3, evidenceOf(genome)] },
        params.truth ? 'truth' : 'reference'
    )

    lineage = params.busco_lineage ? file(params.busco_lineage, checkIfExists: true) : []
    unjudged = lineage && !('assembly' in words(params.workflow)) ? genomes : channel.empty()
    in_assembly = BUSCO(unjudged.map { genome -> [genome.meta + [stage: genome.assembly.stage, haplotype: 'assembly', parent: genome.meta], genome.fasta] }, lineage)
    proteins = genomes.map { genome -> [genome.meta, genome.representatives] }
    expected = BUSCO_PROTEINS(lineage ? proteins : channel.empty(), lineage)
    coding = PSAURON(params.psauron ? proteins : channel.empty())
    families = params.omark_database ? file(params.omark_database, checkIfExists: true) : []
    taxonomy = params.omark_taxonomy ? file(params.omark_taxonomy, checkIfExists: true) : []
    placed = OMARK(families ? proteins : channel.empty(), families, taxonomy)

    emit:
    tables = measured.table                                             // [genome, tsv]
    metrics = measured.metrics.transpose().mix(compared.metrics, in_assembly.metrics, expected.metrics, coding.metrics, placed.metrics)  // [genome or assembly, json]
    logs = expected.summary.map { meta, summaries -> summaries }        // [path, ...]
    versions = moved.versions.mix(in_assembly.versions, expected.versions, coding.versions, placed.versions)  // [process, versions]
}

// A description of the evidence that a gene set was made from.
def evidenceOf(record) {
    def kinds = [rnaseq: 'RNA-seq', isoseq: 'long RNA', proteins: 'proteins', hints: 'given hints', liftover: 'lift-over']
    def given = kinds.findAll { key, words -> record[key] }.collect { key, words -> words }
    return record.annotation ? 'given gene set' : given ? given.join(' + ') : 'ab initio'
}
