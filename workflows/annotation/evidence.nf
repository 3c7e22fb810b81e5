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
include { genomeOf ; metric } from '../../modules/linnaea/functions.nf'

// RNA, proteins and related annotations on the assembly, and what all of them say of introns, starts and stops.
workflow EVIDENCE {
    take:
    genomes                     // [meta, record, fasta, names, masked fasta]

    main:
    short_rna = genomes
        .flatMap { meta, record, fasta, names, masked -> record.rnaseq.collect { library -> [meta + [library: library.library, type: 'rnaseq', kit: '', strandedness: library.strandedness], library] } }
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
        .flatMap { meta, record, fasta, names, masked -> record.isoseq.collect { library -> [meta + [library: library.library, type: 'isoseq', kit: library.kit ?: ''], library] } }
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
    assembly = genomes.map { meta, record, fasta, names, masked -> [meta.id, fasta] }
    with_rna = genomes.filter { meta, record, fasta, names, masked -> record.rnaseq }.map { meta, record, fasta, names, masked -> [meta, fasta] }
    star = params.rna_aligner == 'star'
    indexed = star ? STAR_INDEX(with_rna) : HISAT2_INDEX(with_rna)
    short_placed = trimmed.reads
        .map { meta, read1, read2 -> [meta.id, meta, read1, read2] }
        .combine(indexed.index.map { meta, index -> [meta.id, index] }, by: 0)
        .combine(assembly, by: 0)
        .map { id, meta, read1, read2, index, fasta -> [meta, read1, read2, index, fasta] }
    short_aligned = star ? STAR_ALIGN(short_placed) : HISAT2_ALIGN(short_placed)

    long_placed = long_rna.text
        .mix(single.long_reads)
        .map { meta, reads -> [meta.id, meta, reads] }
        .combine(assembly, by: 0)
        .map { id, meta, reads, fasta -> [meta, reads, fasta] }
    long_aligned = MINIMAP2_SPLICE(long_placed)

    rna_metrics = short_aligned.metrics.mix(long_aligned.metrics)
    bams = short_aligned.bam.mix(long_aligned.bam)
    assembled = STRINGTIE(bams.join(rna_metrics.map { meta, json -> [meta, metric(json, 'strandedness')] }))
    merged = STRINGTIE_MERGE(
        byGenome(assembled.transcripts)
            .join(byGenome(bams))
            .join(genomes.map { meta, record, fasta, names, masked -> [meta, names] })
    )

    protein_sets = genomes
        .flatMap { meta, record, fasta, names, masked -> record.proteins.collect { library -> [meta + [library: library.library], file(library.fasta), fasta] } }
    if (params.protein_aligner == 'spaln') {
        aligned = SPALN(protein_sets, params.spaln_table ?: '')
        protein_versions = aligned.versions
    }
    else {
        assemblies = protein_sets.map { meta, fasta, genome -> [meta, genome] }
        cleaned = CLEAN_PROTEINS(protein_sets.map { meta, fasta, genome -> [meta, fasta] })
        placed = MINIPROT(cleaned.map { meta, fasta, names, counts -> [meta, fasta] }.join(assemblies))
        aligned = PROTEIN_MODELS(placed.alignments.join(cleaned).join(assemblies), 'miniprot')
        protein_versions = placed.versions
    }

    relatives = genomes
        .flatMap { meta, record, fasta, names, masked -> record.liftover.collect { relative -> [meta + [library: relative.library], file(relative.assembly), file(relative.annotation), fasta] } }
    moved = LIFT_OVER(relatives)

    proteins = byGenome(aligned.models)
    told = genomes
        .map { meta, record, fasta, names, masked -> [meta, fasta, names, record.hints.collect { path -> file(path) }] }
        .join(byGenome(short_aligned.hints.mix(long_aligned.hints)), remainder: true)
        .join(proteins, remainder: true)
        .filter { row -> row[1] }  // nothing of a genome whose own part failed
        .map { row -> [row[0], row[1], row[2], row[4] ?: [], row[5] ?: [], row[3]] }
    gathered = HINTS(told, params.max_intron ?: '')

    emit:
    hints = gathered.hints                                              // [meta, gff]
    longest_intron = gathered.longest_intron                               // [meta, bp]
    junctions = gathered.junctions                                         // [meta, bed]
    transcripts = merged.transcripts                                    // [meta, gtf]
    coverage = merged.coverage                                          // [meta, bedgraph]
    bams = byGenome(bams)                                               // [meta, [bam, ...]]
    proteins                                                            // [meta, [gff3, ...]]
    protein_sets = byGenome(protein_sets.map { meta, proteins_given, fasta -> [meta, proteins_given] })  // [meta, [fasta, ...]]
    lifted = byGenome(moved.models)                                    // [meta, [gff3, ...]]
    metrics = trimmed.metrics.mix(pairs.metrics, split.metrics, rna_metrics, aligned.metrics, moved.metrics).map { meta, json -> [genomeOf(meta), json] }  // [meta, json]
    logs = trimmed.log.mix(short_aligned.log).flatten()                 // path
    versions = trimmed.versions.mix(converted.versions, pairs.versions, indexed.versions, short_aligned.versions, long_aligned.versions, assembled.versions, merged.versions, protein_versions, moved.versions)  // [process, versions]
}

// Files of a genome's libraries together, in the order of their names.
def byGenome(files) {
    return files
        .map { meta, path -> [genomeOf(meta), path] }
        .groupTuple()
        .map { meta, paths -> [meta, paths.flatten().sort { a, b -> a.name <=> b.name }] }
}
