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

// Dotted names of the package's modules that these sources import, directly or through each other.
def importedModules(List sources, List known) {
    def named = sources
        .collectMany { source ->
            source.text.findAll(/(?:from|import) (linnaea[\w.]*)(?: import (\([^)]*\)|[^\n]*))?/) { whole, module, names ->
                [module] + (names ?: '').tokenize('(), \n').collect { name -> "${module}.${name}".toString() }
            }.flatten()
        }
        .findAll { name -> codeOf(name) }
        .unique() - known
    return named ? importedModules(named.collectMany { name -> codeOf(name) }, known + named) : known
}

// The file of a module, as a list; [] where the name is that of a thing in a module.
def codeOf(String name) {
    def path = "${projectDir}/bin/${name.replace('.', '/')}"
    return [file("${path}.py"), file("${path}/__init__.py")].findAll { code -> code.exists() }
}

// The assets that these sources name in calls of the package's asset().
def assetsOf(List sources) {
    return sources
        .collectMany { source -> source.text.findAll(/\basset\("([^"]+)"\)/) { whole, name -> name } }
        .unique()
        .sort()
        .collect { name -> file("${projectDir}/assets/${name}") }
        .collectMany { asset -> asset.isDirectory() ? asset.listFiles().toList().sort { part -> part.name } : [asset] }
}

// The engine's cache knows the script that a task names, not the modules which that script imports nor the assets they read; given
// to a process as an input, this hash of them makes a task run again when they change, and only then.
def codeHash(String script) {
    def digest = java.security.MessageDigest.getInstance('SHA-256')
    def executable = file("${projectDir}/bin/${script}")
    def modules = importedModules([executable], []).sort().collectMany { name -> codeOf(name) }
    (modules + assetsOf([executable] + modules)).each { code -> digest.update(code.bytes) }
    return digest.digest().encodeHex().toString().take(12)
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
