include { ASSEMBLY } from './workflows/assembly.nf'
include { ANNOTATION } from './workflows/annotation.nf'
include { POPGEN } from './workflows/popgen.nf'
include { SUBMISSION } from './workflows/submission.nf'
include { EARS ; REPORTS ; softwareTable } from './workflows/report.nf'
include { onHead ; runOnHead ; words } from './modules/linnaea/functions.nf'
include { givenAssemblies ; firstHaplotype ; partOf } from './modules/linnaea/assemblies.nf'

// The checked input: genomes, and with popgen the samples. All faults are listed together, and stop the run here.
def checkedInput() {
    def parameters = groovy.json.JsonOutput.toJson(params)
    return new groovy.json.JsonSlurperClassic().parseText(
        onHead(['check_input.py', "--parameters=${parameters}", '--profile', "${workflow.profile}", '--engine', "${java.lang.ProcessHandle.current().pid()}"] + (workflow.stubRun ? ['--stub'] : []))
    )
}

// The records of genomes, each with its meta map: the facts that steps read, and the key of everything that belongs to the genome.
def genomesOf(checked) {
    return checked.genomes.collect { record ->
        def facts = ['id', 'name', 'taxid', 'ploidy', 'haploid_number', 'sex', 'telomere_motif', 'genome_size_bp', 'kmer_coverage', 'genetic_code', 'mito_code', 'locus_tag'].collectEntries { key -> [key, record[key]] }
        def reads = [format: record.hifi.any { library -> !library.qualities } ? 'fasta' : 'fastq', with_hifi: !record.hifi.isEmpty(), with_assembly: record.assembly as boolean]
        record + [meta: facts + reads]
    }
}

workflow {
    main:
    if (params.help) {
        println(onHead(['parameter_help.py']))
    }
    else if (params.plan) {
        println(checkedInput().plan)
    }
    else {
        checked = checkedInput()
        log.info(checked.plan)
        workflows = words(params.workflow)
        steps = words(params.steps)
        genomes = channel.fromList(genomesOf(checked))
        results = channel.empty()                                       // result: of genomes
        population_results = channel.empty()                            // result: of the population
        logs = channel.empty()
        versions = channel.empty()
        genes = channel.empty()                                         // [genome, gff3]
        if ('assembly' in workflows) {
            assembled = ASSEMBLY(genomes, steps)
            assemblies = assembled.assemblies
            parts = assembled.parts
            results = assembled.results
            logs = assembled.logs
            versions = assembled.versions
        }
        else {
            assemblies = givenAssemblies(genomes)
            parts = assemblies.map { assembly -> partOf(assembly.meta, assembly.meta.haplotype, assembly.fasta, [], []) }
        }
        if ('annotation' in workflows) {
            annotated = ANNOTATION(genomes, assemblies, steps)
            genes = annotated.genes
            results = results.mix(annotated.results)
            logs = logs.mix(annotated.logs)
            versions = versions.mix(annotated.versions)
        }
        if ('submission' in workflows) {
            made_or_given = 'annotation' in workflows ? genes : genomes.filter { genome -> genome.annotation }.map { genome -> [genome.meta, file(genome.annotation)] }
            submitted = SUBMISSION(genomes, parts, made_or_given, results, versions, checked.specimens ? file(checked.specimens) : [])
            results = results.mix(submitted.results)
        }
        if (checked.population) {
            reference = checked.population.reference ? channel.of(file(checked.population.reference)) : firstHaplotype(assemblies).map { assembly -> assembly.fasta }
            gff = !checked.population.load ? channel.empty() : checked.population.gff ? channel.of(file(checked.population.gff)) : genes.map { meta, gff3 -> gff3 }
            populations = POPGEN(checked.population, reference, gff)
            population_results = populations.results
            logs = logs.mix(populations.logs)
            versions = versions.mix(populations.versions)
        }
        software = softwareTable(versions)
        if ('assembly' in workflows && 'evaluate' in steps && 'ear' in steps) {
            EARS(assembled.results, software)
        }
        if ('report' in steps) {
            REPORTS(results, population_results, logs, software)
        }
    }

    // the values that the handler reads: neither `params` nor `workflow` can be used inside it in all releases
    def session = workflow
    def stub = workflow.stubRun ? ['--stub'] : []
    def outdir = params.help || params.plan ? null : params.outdir
    workflow.onComplete {
        if (outdir) {
            endRun(session, "${outdir}", stub)
        }
    }
}

// Writes the index and prints the paths of the reports, or one screen that says why the run failed. A task that lost a child process
// unnoticed, or a published file that is empty or truncated, fails the run.
def endRun(session, String outdir, List stub) {
    def failure = ['run_failure.py', "--outdir=${outdir}", "--launch-dir=${session.launchDir}", "--command=${session.commandLine}"]
    if (!session.success) {
        println(onHead(failure + ['--report=' + "${session.errorReport ?: ''}".take(100000)]))
        return
    }
    def engine = [nextflow: "${session.nextflow.version}", name: session.runName, session: "${session.sessionId}", command: session.commandLine, start: "${session.start}", complete: "${session.complete}"]
    def finished = runOnHead(['finish_run.py', "--outdir=${outdir}", "--engine=${groovy.json.JsonOutput.toJson(engine)}"] + stub)
    if (finished.exit != 0) {
        println(onHead(failure + ['--complaint=' + finished.complaint.replaceFirst('^error: ', '')]))
        System.exit(1)
    }
    if (finished.complaint) {
        log.warn(finished.complaint)
    }
    println(finished.printed)
}
