include { SAMTOOLS_FASTQ ; SAMTOOLS_PAIRS } from '../../modules/samtools.nf'
include { SPLIT_PAIRS } from '../../modules/linnaea/reads.nf'
include { FASTP } from '../../modules/fastp.nf'
include { HISAT2_INDEX ; HISAT2_ALIGN } from '../../modules/hisat2.nf'
include { STAR_INDEX ; STAR_ALIGN } from '../../modules/star.nf'
include { MINIMAP2_SPLICE } from '../../modules/minimap2.nf'
include { STRINGTIE ; STRINGTIE_MERGE } from '../../modules/stringtie.nf'
include { SPALN } from '../../modules/spaln.nf'
include { MINIPROT } from '../../modules/miniprot.nf'
include { CLEAN_PROTEINS ; PROTEIN_MODELS } from '../../modules/linnaea/annotation/protein_models.nf'
include { LIFT_OVER } from '../../modules/linnaea/annotation/lift_over.nf'
include { HINTS } from '../../modules/augustus.nf'
include { metric } from '../../modules/linnaea/functions.nf'

// Aligns RNA, proteins and genes of relatives to the assembly, and makes hints on introns, starts and stops from them.
workflow EVIDENCE {
    take:
    genomes                     // genome + prepared, names

    main:
    short_rna = genomes
        .flatMap { genome -> genome.rnaseq.collect { library -> [genome.meta + [library: library.library, type: 'rnaseq', kit: '', strandedness: library.strandedness, parent: genome.meta], library] } }
        .branch { meta, library ->
            text: library.format == 'fastq'
                return [meta, library.read1.collect { path -> file(path) }, library.read2.collect { path -> file(path) }]
            interleaved: library.format == 'interleaved'
                return [meta, library.read1.collect { path -> file(path) }]
            pairs: library.paired
                return [meta, library.read1.collect { path -> file(path) }, library.reference ? file(library.reference) : []]
            single: true
                return [meta, library.read1.collect { path -> file(path) }, library.reference ? file(library.reference) : []]
        }
    long_rna = genomes
        .flatMap { genome -> genome.isoseq.collect { library -> [genome.meta + [library: library.library, type: 'isoseq', kit: library.kit ?: '', parent: genome.meta], library] } }
        .branch { meta, library ->
            alignments: library.format in ['bam', 'cram']
                return [meta, library.files.collect { path -> file(path) }, library.reference ? file(library.reference) : []]
            text: true
                return [meta, library.files.collect { path -> file(path) }]
        }
    converted = SAMTOOLS_FASTQ(short_rna.single.mix(long_rna.alignments))
    single = converted.reads.branch { meta, reads ->
        short_reads: meta.type == 'rnaseq'
        long_reads: true
    }
    pairs = SAMTOOLS_PAIRS(short_rna.pairs)
    split = SPLIT_PAIRS(short_rna.interleaved)
    trimmed = FASTP(short_rna.text.mix(pairs.reads, split.reads, single.short_reads.map { meta, reads -> [meta, reads, []] }))
    assembly = genomes.map { genome -> [genome.meta, genome.prepared] }
    with_rna = genomes.filter { genome -> genome.rnaseq }.map { genome -> [genome.meta, genome.prepared] }
    star = params.rna_aligner == 'star'
    indexed = star ? STAR_INDEX(with_rna) : HISAT2_INDEX(with_rna)
    short_placed = trimmed.reads
        .map { meta, read1, read2 -> [meta.parent, meta, read1, read2] }
        .combine(indexed.index, by: 0)
        .combine(assembly, by: 0)
        .map { genome, meta, read1, read2, index, fasta -> [meta, read1, read2, index, fasta] }
    short_aligned = star ? STAR_ALIGN(short_placed) : HISAT2_ALIGN(short_placed)

    long_placed = long_rna.text
        .mix(single.long_reads)
        .map { meta, reads -> [meta.parent, meta, reads] }
        .combine(assembly, by: 0)
        .map { genome, meta, reads, fasta -> [meta, reads, fasta] }
    long_aligned = MINIMAP2_SPLICE(long_placed)

    rna_metrics = short_aligned.metrics.mix(long_aligned.metrics)
    bams = short_aligned.bam.mix(long_aligned.bam)
    assembled = STRINGTIE(Rows.match(bams, rna_metrics.map { meta, json -> [meta, metric(json, 'strandedness')] }))
    merged = STRINGTIE_MERGE(Rows.lookUp(Rows.match(Rows.byParent(assembled.transcripts), Rows.byParent(bams)), genomes.map { genome -> [genome.meta, genome.names] }))

    protein_sets = genomes
        .flatMap { genome -> genome.proteins.collect { library -> [genome.meta + [library: library.library, parent: genome.meta], file(library.fasta), genome.prepared] } }
    if (params.protein_aligner == 'spaln') {
        aligned = SPALN(protein_sets, params.spaln_table ?: '')
        protein_versions = aligned.versions
    }
    else {
        assemblies = protein_sets.map { meta, fasta, genome -> [meta, genome] }
        cleaned = CLEAN_PROTEINS(protein_sets.map { meta, fasta, genome -> [meta, fasta] })
        placed = MINIPROT(Rows.match(cleaned.map { meta, fasta, names, counts -> [meta, fasta] }, assemblies))
        aligned = PROTEIN_MODELS(Rows.match(Rows.match(placed.alignments, cleaned), assemblies), 'miniprot')
        protein_versions = placed.versions
    }

    relatives = genomes
        .flatMap { genome -> genome.liftover.collect { relative -> [genome.meta + [library: relative.library, parent: genome.meta], file(relative.assembly), file(relative.annotation), genome.prepared] } }
    moved = LIFT_OVER(relatives)

    proteins = Rows.byParent(aligned.models)
    records = Rows.keyed(genomes)
    seen = Rows.attach(Rows.attach(records, Rows.byParent(short_aligned.hints.mix(long_aligned.hints))), proteins)
        .map { meta, genome, rna, models -> [meta, genome.prepared, genome.names, rna, models, genome.hints.collect { path -> file(path) }] }
    gathered = HINTS(seen, params.max_intron ?: '')

    hints = Rows.match(Rows.match(records, gathered.hints), gathered.longest_intron)
        .map { meta, genome, gff, longest -> [meta, genome, [hints: gff, longest_intron: longest]] }
    alignments = Rows.attach(Rows.attach(hints, gathered.junctions), Rows.byParent(bams))
        .map { meta, genome, evidence, junctions, files -> [meta, genome, evidence + [junctions: junctions, bams: files]] }
    transcripts = Rows.attach(Rows.attach(alignments, merged.transcripts), merged.coverage)
        .map { meta, genome, evidence, gtf, coverage -> [meta, genome, evidence + [transcripts: gtf, coverage: coverage]] }
    relations = Rows.attach(Rows.attach(transcripts, proteins), Rows.byParent(moved.models))
        .map { meta, genome, evidence, models, lifted -> [meta, genome, evidence + [proteins: models, lifted: lifted]] }

    emit:
    genomes = relations.map { meta, genome, evidence -> genome + [evidence: evidence] }   // genome + evidence
    metrics = trimmed.metrics.mix(pairs.metrics, split.metrics, rna_metrics, aligned.metrics, moved.metrics)  // [library, json]
    logs = trimmed.log.mix(short_aligned.log).flatten()                 // path
    versions = trimmed.versions.mix(converted.versions, pairs.versions, indexed.versions, short_aligned.versions, long_aligned.versions, assembled.versions, merged.versions, protein_versions, moved.versions)  // [process, versions]
}
