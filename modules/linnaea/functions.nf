// Functions for workflows and scripts. This file has no processes, because the engine compiles it again for every file that includes it.

// Runs a script of bin/ on the head, outside tasks; returns its exit code, standard output and standard error.
def runOnHead(List<String> command) {
    def out = new StringBuilder()
    def err = new StringBuilder()
    def python = ["${projectDir}/bin/head_python.sh", "${workflow.containerEngine ?: ''}", "${params.image ?: ''}", '-B']
    def script = (python + ["${projectDir}/bin/${command.head()}"] + command.tail()).execute()
    script.waitForProcessOutput(out, err)
    return [exit: script.exitValue(), printed: out.toString(), complaint: err.toString().trim()]
}

// The standard output of a script of bin/, run on the head; if it fails, its message stops the run.
def onHead(List<String> command) {
    def answer = runOnHead(command)
    if (answer.exit != 0) {
        error(answer.complaint)
    }
    if (answer.complaint) {
        log.warn(answer.complaint)
    }
    return answer.printed
}

// The items of a comma-separated parameter.
def words(String list) {
    return list.tokenize(',').collect { word -> word.trim() }
}

// The meta map of the genome that an assembly, a library or a part of them belongs to.
def genomeOf(meta) {
    return meta.parent ? genomeOf(meta.parent) : meta
}

// Groups files of libraries, haplotypes or other parts, [meta, files], by what they belong to, sorted by name.
def byParent(files) {
    return files
        .map { meta, paths -> [meta.parent, paths] }
        .groupTuple()
        .map { meta, paths -> [meta, paths.flatten().sort { a, b -> a.name <=> b.name }] }
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
    return attach(keyed(assemblies), changes.map { meta, fasta, agp, decisions -> [meta, [fasta: fasta, agp: agp, decisions: decisions]] })
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

// Records under their keys, [meta, record], for a join.
def keyed(records) {
    return records.map { record -> [record.meta, record] }
}

// Rows [key, file] of genomes or their parts as results of a kind: metrics, tables, pictures, summaries or gene_tables.
def resultsOf(String kind, rows) {
    return rows.map { meta, path -> [meta: genomeOf(meta), kind: kind, file: path] }
}

// The FASTA of a reference and its index, as processes take them.
def indexedFasta(reference) {
    return reference.map { record -> [record.fasta, record.fai] }
}

// The masks of a reference, as processes take them.
def masksOf(reference) {
    return reference.map { record -> [record.included, record.excluded, record.compartments] }
}

// One value of a metrics record.
def metric(record, String key) {
    return new groovy.json.JsonSlurper().parseText(record.text)[key]
}

// The script line that splits interleaved FASTQ into mates_1.fastq.gz and mates_2.fastq.gz.
def splitMates(String name, reads) {
    return "split_pairs.py --id popgen --library ${name} --type illumina --first mates_1.fastq.gz --second mates_2.fastq.gz --out ${name}.read_pairs.json ${reads}\n    "
}

// Joins rows [key, ...] of two channels that have the same keys, each once.
def match(left, right) {
    return paired(left, right)
        .filter { key, one, other -> Rows.complete(one != null && other != null, key) }
        .map { key, one, other -> [key] + one + other }
}

// Joins rows [key, ...] with those of another channel, [key, files], that has some of the keys; [] for the others.
def attach(rows, optional) {
    return paired(rows, optional)
        .filter { key, row, files -> Rows.complete(row != null, key) }
        .map { key, row, files -> [key] + row + (files ?: [[]]) }
}

// Joins rows [key, ...] with those of another channel, [key, ...], that has all of the keys, and may have more.
def lookUp(rows, others) {
    return paired(rows, others)
        .filter { key, row, other -> row != null && Rows.complete(other != null, key) }
        .map { key, row, other -> [key] + row + other }
}

// Rows [key, file], with that of a later step where it made one.
def latest(rows, later) {
    return attach(rows, later).map { key, before, after -> [key, after ?: before] }
}

// Rows of two channels as [key, row or null, row or null]; no key may occur twice in a channel.
def paired(left, right) {
    return left
        .map { row -> [row.head(), row.tail()] }
        .join(right.map { row -> [row.head(), row.tail()] }, remainder: true, failOnDuplicate: true)
}

// The command that selects biallelic SNVs that passed, and sets genotypes that did not pass to missing.
def passingGenotypes(variants, format) {
    return """bcftools view -f PASS,. -m2 -M2 -v snps -Ou ${variants} | bcftools filter -S . -e 'FMT/FT!="PASS"' ${format}"""
}
