// What ties workflows and scripts together. Without processes, as the engine compiles a file again for every file that includes it.

// Runs a script of bin/ on the head, outside tasks; stops the run with its complaint, returns what it printed.
def onHead(List<String> command) {
    def out = new StringBuilder()
    def err = new StringBuilder()
    def python = ["${projectDir}/bin/head_python.sh", "${workflow.containerEngine ?: ''}", "${params.image ?: ''}", '-B']
    def script = (python + ["${projectDir}/bin/${command.head()}"] + command.tail()).execute()
    script.waitForProcessOutput(out, err)
    if (script.exitValue() != 0) {
        error(err.toString().trim())
    }
    if (err.toString().trim()) {
        log.warn(err.toString().trim())
    }
    return out.toString()
}

// The items of a comma-separated parameter.
def words(String list) {
    return list.tokenize(',').collect { word -> word.trim() }
}

// The meta map of the genome that an assembly, a library or a file belongs to.
def genomeOf(meta) {
    return meta.findAll { key, value -> !(key in ['stage', 'haplotype', 'library', 'type', 'kit', 'strandedness', 'qualities']) }
}

// Assemblies that genomes bring, as [meta + stage, haplotype, fasta].
def givenAssemblies(genomes) {
    return genomes
        .filter { meta, record -> record.assembly }
        .flatMap { meta, record -> record.assembly.haplotypes.collect { name, path -> [meta + [stage: record.assembly.stage, haplotype: name], file(path)] } }
}

// Of each genome the primary assembly, or its first haplotype, and what else comes with it, as [meta, fasta, ...].
def firstHaplotype(assemblies) {
    return assemblies
        .map { row -> [genomeOf(row[0]), [row[0].haplotype] + row[1..-1]] }
        .groupTuple()
        .map { meta, haplotypes -> [meta] + haplotypes.sort { a, b -> (a[0] == 'primary' ? '' : a[0]) <=> (b[0] == 'primary' ? '' : b[0]) }[0][1..-1] }
}

// One value of a metrics record.
def metric(record, String key) {
    return new groovy.json.JsonSlurper().parseText(record.text)[key]
}

// The line of a script that splits the two mates of a FASTQ file into mates_1.fastq.gz and mates_2.fastq.gz.
def splitMates(String name, reads) {
    return "split_pairs.py --id popgen --library ${name} --type illumina --first mates_1.fastq.gz --second mates_2.fastq.gz --out ${name}.read_pairs.json ${reads}\n    "
}
