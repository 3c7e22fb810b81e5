// The steps that are our own scripts in bin/, and the functions that tie the workflows to them.

// A python of this project's .venv when set-up made one, else the one on PATH.
def python() {
    def own = file("${projectDir}/.venv/bin/python")
    return own.exists() ? own.toString() : 'python3'
}

// Runs a script of bin/ on the head before any task; stops the run with its complaint, returns what it printed.
def onHead(List<String> command) {
    def out = new StringBuilder()
    def err = new StringBuilder()
    def script = ([python(), '-B', "${projectDir}/bin/${command.head()}"] + command.tail()).execute()
    script.waitForProcessOutput(out, err)
    if (script.exitValue() != 0) {
        error(err.toString().trim())
    }
    if (err.toString().trim()) {
        log.warn(err.toString().trim())
    }
    return out.toString()
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

// The engine's cache knows the script that a task names, not the modules which that script imports; given to a process as an
// input, this hash of them makes a task run again when they change, and only then.
def codeHash(String script) {
    def digest = java.security.MessageDigest.getInstance('SHA-256')
    importedModules([file("${projectDir}/bin/${script}")], []).sort().collectMany { name -> codeOf(name) }.each { code -> digest.update(code.bytes) }
    return digest.digest().encodeHex().toString().take(12)
}

// The meta map of the genome that an assembly, a library or a file belongs to.
def genomeOf(meta) {
    return meta.findAll { key, value -> !(key in ['stage', 'haplotype', 'library', 'type', 'kit', 'strandedness']) }
}

// Assemblies that genomes bring, as [meta + stage, haplotype, fasta].
def givenAssemblies(genomes) {
    return genomes
        .filter { meta, record -> record.assembly }
        .flatMap { meta, record -> record.assembly.haplotypes.collect { name, path -> [meta + [stage: record.assembly.stage, haplotype: name], file(path)] } }
}

// One value of a metrics record.
def metric(record, String key) {
    return new groovy.json.JsonSlurper().parseText(record.text)[key]
}

process READ_STATISTICS {
    tag "${meta.id} ${meta.library} ${meta.stage}"

    input:
    tuple val(meta), path(reads)                                               // [meta + stage, [fastq, fasta or bam, ...]]
    val code_hash

    output:
    tuple val(meta), path("${meta.library}.${meta.stage}.json")

    script:
    """
    read_stats.py --id ${meta.id} --library ${meta.library} --type ${meta.type} --stage ${meta.stage} --out ${meta.library}.${meta.stage}.json ${reads}
    """

    stub:
    "echo '{\"id\": \"${meta.id}\", \"step\": \"read_statistics\", \"bases_bp\": 60000000}' > ${meta.library}.${meta.stage}.json"
}

process GENOME_PROFILE {
    tag "${meta.id}"

    input:
    tuple val(meta), path(histogram)
    val kmer_size
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.genome_profile.json")

    script:
    """
    genome_profile.py --id ${meta.id} --histogram ${histogram} --kmer-size ${kmer_size} --ploidy ${meta.ploidy ?: 'auto'} --out ${meta.id}.genome_profile.json
    """

    stub:
    "echo '{\"id\": \"${meta.id}\", \"step\": \"genome_profile\", \"haploid_size_bp\": 1500000}' > ${meta.id}.genome_profile.json"
}

// Refuses reads too few for an assembler, and takes a random share of reads that are more than it needs.
process COVERAGE_CAP {
    tag "${meta.id}"

    input:
    tuple val(meta), path(reads), val(bases), val(genome_size)                 // [meta, [fastq, ...], bp, bp]
    tuple val(minimum), val(cap)                                               // [x, x]
    val code_hash

    output:
    tuple val(meta), path("kept/*"), emit: reads
    tuple val(meta), path("${meta.id}.coverage.json"), emit: metrics
    tuple val(task.process), val('seqkit'), eval("seqkit version | sed 's/seqkit v//'"), emit: versions

    script:
    """
    share=\$(coverage_cap.py --id ${meta.id} --bases ${bases} --genome-size ${genome_size} --minimum ${minimum} --cap ${cap} --out ${meta.id}.coverage.json)
    mkdir kept
    if [ "\$share" = 1 ]; then
        for file in ${reads}; do ln -s "../\$file" "kept/\$file"; done
    else
        seqkit seq ${reads} | seqkit sample -s 11 -p "\$share" -o kept/${meta.id}.capped.${meta.format}.gz
    fi
    """

    stub:
    """
    mkdir kept
    for file in ${reads}; do ln -s "../\$file" "kept/\$file"; done
    echo '{"id": "${meta.id}", "step": "coverage"}' > ${meta.id}.coverage.json
    """
}

process ASSEMBLY_STATISTICS {
    tag "${meta.id} ${meta.haplotype}"

    input:
    tuple val(meta), path(assembly)                                            // [meta, fasta]
    val code_hash

    output:
    tuple val(meta), path("${prefix}.assembly_statistics.json"), emit: metrics
    tuple val(meta), path("${prefix}.sequences.tsv"), emit: table

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    assembly_stats.py --id ${meta.id} --stage ${meta.stage} --haplotype ${meta.haplotype} --telomere-motif ${meta.telomere_motif ?: 'auto'} ${meta.haploid_number ? "--haploid-number ${meta.haploid_number}" : ''} \\
        --out ${prefix}.assembly_statistics.json --table ${prefix}.sequences.tsv ${assembly}
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.sequences.tsv
    echo '{"id": "${meta.id}", "step": "assembly_statistics"}' > ${prefix}.assembly_statistics.json
    """
}

process KMER_EVALUATION {
    tag "${meta.id} ${meta.stage}"

    input:
    tuple val(meta), val(haplotypes), path(assemblies), path(database)         // [meta, [name, ...], [fasta, ...], [kmc_pre, kmc_suf]]
    val kmer_size
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.kmer_evaluation.json"), emit: metrics
    tuple val(meta), path("${meta.id}.sequence_qv.tsv"), emit: table

    script:
    def named = [haplotypes, [assemblies].flatten()].transpose().collect { name, fasta -> "${name}=${fasta}" }.join(' ')
    """
    kmer_evaluation.py --id ${meta.id} --stage ${meta.stage} --reads-db ${meta.id}.reads --kmer-size ${kmer_size} --threads ${task.cpus} \\
        --memory-gb ${Math.max(2, (task.memory.toGiga() as int) - 1)} --out ${meta.id}.kmer_evaluation.json --table ${meta.id}.sequence_qv.tsv ${named}
    """

    stub:
    """
    touch ${meta.id}.sequence_qv.tsv
    echo '{"id": "${meta.id}", "step": "kmer_evaluation"}' > ${meta.id}.kmer_evaluation.json
    """
}

// Reads are mapped for their places only (no base alignment, nothing kept but depth by window).
process READ_DEPTH {
    tag "${meta.id} ${meta.haplotype}"

    input:
    tuple val(meta), path(assembly), path(reads), val(preset)                  // [meta, fasta, [fastq, ...], map-hifi or map-ont]
    val code_hash

    output:
    tuple val(meta), path("${prefix}.read_depth.json"), emit: metrics
    tuple val(meta), path("${prefix}.read_depth.bedgraph.gz"), emit: track
    tuple val(task.process), val('minimap2'), eval('minimap2 --version'), emit: versions

    script:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    minimap2 -x ${preset} --secondary=no --paf-no-hit -t ${task.cpus} ${assembly} ${reads} \\
        | read_depth.py --id ${meta.id} --stage ${meta.stage} --haplotype ${meta.haplotype} --assembly ${assembly} --out ${prefix}.read_depth.json --track ${prefix}.read_depth.bedgraph.gz
    """

    stub:
    prefix = "${meta.id}.${meta.haplotype}"
    """
    touch ${prefix}.read_depth.bedgraph.gz
    echo '{"id": "${meta.id}", "step": "read_depth"}' > ${prefix}.read_depth.json
    """
}

// The demo only: the results against the simulated truth.
process TRUTH_CHECK {
    tag "${meta.id}"

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(table), path(kmer_evaluation), path(profile), path(with_adapter)
    path truth
    val code_hash

    output:
    tuple val(meta), path("${meta.id}.truth.json"), emit: metrics
    tuple val(meta), path("${meta.id}.truth.tsv"), emit: table

    script:
    """
    gzip -dcf ${assembly} > assembly.fasta
    seqkit seq -n -i ${with_adapter} > with_adapter.txt
    check_truth.py --id ${meta.id} --truth ${truth} --assembly assembly.fasta --assembly-table ${table} --profile ${profile} \\
        --kmer-evaluation ${kmer_evaluation} --adapter-reads with_adapter.txt --threads ${task.cpus} \\
        --table ${meta.id}.truth.tsv --out ${meta.id}.truth.json
    """

    stub:
    """
    touch ${meta.id}.truth.tsv
    echo '{"id": "${meta.id}", "step": "truth_check"}' > ${meta.id}.truth.json
    """
}

// The verdict on one genome, its report, and what MultiQC shows of it.
process REPORT {
    tag "${meta.id}"

    input:
    tuple val(meta), path(metrics, stageAs: 'metrics/*'), path(tables, stageAs: 'tables/*'), path(pictures, stageAs: 'pictures/*')  // [meta, [json, ...], [tsv, ...], [png, ...]]
    path software
    path tools
    val parameters                                                             // JSON
    val code_hash

    output:
    tuple val(meta), path("report.html"), emit: report
    tuple val(meta), path("${meta.id}.{verdict,annotation_verdict}.{json,tsv}"), emit: verdict, optional: true  // none without an assembly or genes
    path "${meta.id}.multiqc/*", emit: multiqc

    script:
    def perSequence = tables ? "--tables ${tables}" : ''
    def verdict = [metrics].flatten().any { record -> record.name.endsWith('.assembly_statistics.json') } ? "${meta.id}.verdict.json" : ''
    def annotated = [metrics].flatten().any { record -> record.name.endsWith('.annotation_statistics.json') } ? "${meta.id}.annotation_verdict.json" : ''
    def expected = [haploid_number: '--haploid-number', ploidy: '--ploidy', sex: '--sex', genome_size_bp: '--genome-size']
        .findAll { key, option -> meta[key] }.collect { key, option -> "${option} '${meta[key]}'" }.join(' ')
    """
    cat > parameters.json <<'JSON'
    ${parameters}
    JSON
    ${annotated ? "annotation_verdict.py --id ${meta.id} --metrics metrics/*.json --out metrics/${annotated} --tsv ${meta.id}.annotation_verdict.tsv && cp metrics/${annotated} ." : ''}
    ${verdict ? "ebp_verdict.py --id ${meta.id} --metrics metrics/*.json ${perSequence} ${expected} --out ${verdict} --tsv ${meta.id}.verdict.tsv" : ''}
    report.py --id ${meta.id} --name '${meta.name}' --metrics metrics/*.json ${perSequence} ${verdict ? "--verdict ${verdict}" : ''} --software ${software} \\
        --tools ${tools} --parameters parameters.json ${pictures ? "--images ${pictures}" : ''} --out report.html
    multiqc_content.py --metrics metrics/*.json ${verdict} --outdir ${meta.id}.multiqc
    """

    stub:
    """
    touch report.html ${[metrics].flatten()*.name.findAll { name -> name =~ /assembly_statistics|annotation_statistics/ }.collect { name -> name.contains('annotation') ? "${meta.id}.annotation_verdict" : "${meta.id}.verdict" }.unique().collect { name -> "${name}.json ${name}.tsv" }.join(' ')}
    mkdir ${meta.id}.multiqc && touch ${meta.id}.multiqc/${meta.id}_mqc.json
    """
}
