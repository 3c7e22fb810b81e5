include { PACKAGE_PART } from '../modules/linnaea/submission/package.nf'
include { CHECKSUMS ; SUBMISSION_RECORDS } from '../modules/linnaea/submission/records.nf'
include { firstHaplotype ; partOf ; resultsOf } from '../modules/linnaea/assemblies.nf'

// From assemblies and their genes to what an archive takes: a checked package of each haplotype, organelle and cobiont, samples, studies,
// experiments and runs, and a table of what is missing.
workflow SUBMISSION {
    take:
    genomes                     // genome
    parts                       // part: haplotypes, and mitochondria that were assembled
    genes                       // [genome, gff3]
    results                     // result: of the steps before
    versions                    // [process, versions]: of the steps before
    specimens                   // csv, or []

    main:
    annotated = firstHaplotype(parts.filter { part -> part.meta.haplotype })
        .map { part -> [part.meta.parent, part.meta] }
        .combine(genes, by: 0)
        .map { genome, meta, gff3 -> [meta, gff3] }
    assembled = Rows.attach(Rows.keyed(parts), annotated).map { meta, part, gff3 -> [meta.parent, part + [genes: gff3]] }
    given = genomes.flatMap { genome -> givenParts(genome).collect { part -> [genome.meta, part] } }
    measured = results
        .filter { result -> result.kind == 'metrics' }
        .map { result -> [result.meta, result.file] }
        .groupTuple()
        .map { meta, files -> [meta, files.sort { path -> path.name }] }
    packages = PACKAGE_PART(
        assembled.mix(given)
            .combine(Rows.attach(Rows.keyed(genomes), measured), by: 0)
            .filter { meta, part, genome, metrics -> part.given || part.meta.haplotype || !genome.submission.mitochondrion }
            .map { meta, part, genome, metrics ->
                def known = genome.submission
                def list = part.chromosomes ?: optional(known.chromosomes[part.meta.part])
                def unlocalised = part.unlocalised ?: optional(known.unlocalised[part.meta.part])
                def earlier = part.meta.haplotype && part.genes ? optional(known.earlier) : []
                [part.meta, part.fasta, part.genes, list, unlocalised, earlier, metrics, factsOf(genome)]
            },
        programsOf(versions),
        specimens
    )

    libraries = genomes.flatMap { genome ->
        librariesOf(genome).findAll { library -> !library.archive.runs }.collect { library ->
            [genome.meta + [library: library.library, type: library.type, parent: genome.meta], (library.files ?: library.read1 + library.read2).collect { path -> file(path) }]
        }
    }
    checksums = CHECKSUMS(libraries)
    written = SUBMISSION_RECORDS(
        Rows.attach(Rows.lookUp(Rows.byParent(packages.records), Rows.keyed(genomes)), Rows.byParent(checksums.sums))
            .map { meta, records, genome, sums -> [meta, records, sums, factsOf(genome)] },
        specimens
    )

    emit:
    results = resultsOf('metrics', written.metrics)                     // result
}

// A file of the input; [] if none is given.
def optional(path) {
    return path ? file(path) : []
}

// Parts that the input gives: the mitochondrion and cobionts.
def givenParts(genome) {
    def known = genome.submission
    def mitochondrion = known.mitochondrion ? [known.mitochondrion + [id: 'mitochondrion']] : []
    return (mitochondrion + known.cobionts).collect { given ->
        partOf(genome.meta + [parent: genome.meta], given.id, file(given.fasta), [], []) + [genes: optional(given.annotation), given: true]
    }
}

// The libraries of reads of a genome.
def librariesOf(genome) {
    return genome.hifi + genome.ont + genome.hic + genome.illumina + genome.rnaseq + genome.isoseq
}

// What the steps read of a genome, as JSON.
def factsOf(genome) {
    def facts = genome.meta + [assembler: genome.assembly ? genome.assembly.assembler : null, libraries: librariesOf(genome), submission: genome.submission]
    return groovy.json.JsonOutput.toJson(facts)
}

// The table of assemblers and scaffolders that ran; [] if none did.
def programsOf(versions) {
    return versions
        .map { process, tools -> [process.tokenize(':').last(), tools] }
        .filter { process, tools -> process in ['HIFIASM', 'FLYE', 'WTDBG2', 'RACON', 'YAHS', 'OATK', 'MITOHIFI'] }
        .unique()
        .flatMap { process, tools -> tools.trim().readLines().collect { tool -> "${process}\t${tool}" } }
        .unique()
        .collectFile(name: 'programs.tsv', newLine: true, seed: 'process\ttool\tversion', sort: true)
        .ifEmpty([])
        .first()
}
