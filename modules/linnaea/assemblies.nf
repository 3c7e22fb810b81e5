// Functions of assemblies and what is submitted of them. This file has no processes, because the engine compiles it again for every file that includes it.

// The meta map of the genome that an assembly, a library or a part of them belongs to.
def genomeOf(meta) {
    return meta.parent ? genomeOf(meta.parent) : meta
}

// The stages of an assembly, in the order of the work, as the schema of the input lists them.
def assemblyStages() {
    return new groovy.json.JsonSlurper().parse(file("${projectDir}/assets/genomes.schema.json"))['$defs']['stage']['enum']
}

// An assembly of a genome as it enters: its meta map, its sequences, and what each step changed, nothing so far.
def assemblyOf(genome, String stage, String haplotype, fasta) {
    return [meta: genome + [stage: stage, haplotype: haplotype, parent: genome], fasta: fasta, contigs: fasta, changes: []]
}

// An assembly after a step: at a stage, with new sequences; the step's AGP and decisions follow those of earlier steps. A step that is not
// the last one before a stage keeps the stage.
def advance(assembly, String step, String stage, fasta, agp, decisions) {
    def order = assemblyStages()
    if (!(stage in order) || order.indexOf(stage) < order.indexOf(assembly.meta.stage)) {
        error("${stage} is not a stage after ${assembly.meta.stage}; this is a bug of the workflow, please report it")
    }
    return atStage(assembly, stage) + [fasta: fasta, changes: assembly.changes + [[step: step, agp: agp, decisions: decisions]]]
}

// An assembly at a stage, otherwise as it is.
def atStage(assembly, String stage) {
    return assembly + [meta: assembly.meta + [stage: stage]]
}

// Assemblies after a step at its stage, where it made changes, [assembly, fasta, agp, decisions]; the others stay as they are. No stage: the
// stage stays.
def changed(assemblies, String step, stage, changes) {
    return Rows.attach(Rows.keyed(assemblies), changes.map { meta, fasta, agp, decisions -> [meta, [fasta: fasta, agp: agp, decisions: decisions]] })
        .map { meta, assembly, result -> result ? advance(assembly, step, stage ?: meta.stage, result.fasta, result.agp, result.decisions) : assembly }
}

// Whether an assembly has not reached a stage yet, so that the step that leads there works on it.
def precedes(assembly, String stage) {
    def order = assemblyStages()
    return order.indexOf(assembly.meta.stage) < order.indexOf(stage)
}

// Assemblies given in the input.
def givenAssemblies(genomes) {
    return genomes
        .filter { genome -> genome.assembly }
        .flatMap { genome -> genome.assembly.haplotypes.collect { name, path -> assemblyOf(genome.meta, genome.assembly.stage, name, file(path)) } }
}

// What is submitted alone, a haplotype or an organelle: its meta map, its sequences and its lists of chromosomes and of unlocalised sequences.
def partOf(meta, String name, fasta, chromosomes, unlocalised) {
    return [meta: meta + [part: name], fasta: fasta, chromosomes: chromosomes, unlocalised: unlocalised]
}

// Assemblies with what is given on their contigs: a list of those to keep, an edited table of decisions, and reports of FCS-GX and FCS-adaptor;
// [] for none.
def withEdits(assemblies, genomes) {
    return assemblies
        .map { assembly -> [assembly.meta.parent, assembly] }
        .combine(genomes.map { genome -> [genome.meta, genome.edits] }, by: 0)
        .map { meta, assembly, edits ->
            def own = edits[assembly.meta.haplotype] ?: [:]
            def files = ['keep', 'decisions', 'fcs_gx_report', 'fcs_adaptor_report'].collectEntries { key -> [key, own[key] ? file(own[key]) : []] }
            assembly + files + [edited: files.decisions]
        }
}

// The primary assembly of each genome, or its first haplotype.
def firstHaplotype(assemblies) {
    return assemblies
        .map { assembly -> [assembly.meta.parent, assembly] }
        .groupTuple()
        .map { meta, haplotypes -> haplotypes.min { assembly -> assembly.meta.haplotype == 'primary' ? '' : assembly.meta.haplotype } }
}

// Long reads with the preset of minimap2, [genome, [fastq, ...], preset]: ONT only where there are no HiFi reads.
def withPreset(hifi, ont) {
    return hifi.map { meta, reads -> [meta, reads, 'map-hifi'] }.mix(ont.filter { meta, reads -> !meta.with_hifi }.map { meta, reads -> [meta, reads, 'map-ont'] })
}

// Whether an assembly has the alternate contigs of a primary one, which are no haplotype of their own.
def isAlternate(assembly) {
    return assembly.meta.haplotype in ['alternate', 'alt', 'haplotigs']
}

// Rows [key, file] of genomes or their parts as results of a kind: metrics, tables, pictures, summaries or gene_tables.
def resultsOf(String kind, rows) {
    return rows.map { meta, path -> [meta: genomeOf(meta), kind: kind, file: path] }
}
