include { REPORT ; POPULATION_REPORT } from '../modules/linnaea/report.nf'
include { EAR } from '../modules/linnaea/assembly/ear.nf'
include { MULTIQC } from '../modules/multiqc.nf'

// One report per genome, one of populations, and one page for all of them.
workflow REPORTS {
    take:
    genome_results              // result
    population_results          // result
    logs                        // path
    software                    // tsv: process, tool, version

    main:
    tools = file("${projectDir}/containers/software.yml")
    of_genomes = reports(genome_results).map { report -> [report.meta, report.metrics, report.tables, report.pictures, report.gene_tables ? true : []] }
    genomes = REPORT(of_genomes, software, tools, reportedParameters())
    of_population = reports(population_results).map { report -> [report.metrics, report.tables, report.tree, report.samples] }
    population = POPULATION_REPORT(of_population, software, tools, reportedParameters())
    MULTIQC(genomes.multiqc.mix(population.multiqc, logs).collect(), file("${projectDir}/assets/multiqc_config.yml"))
}

// One assembly report for ERGA per genome whose assembly was evaluated.
workflow EARS {
    take:
    results                     // result
    software                    // tsv: process, tool, version

    main:
    evaluated = reports(results).filter { report -> report.tables }.map { report -> [report.meta, report.metrics, report.tables, report.summaries] }
    EAR(evaluated, software)
}

// All results of a genome or the population as one map: its meta map, and the files of each kind in the order of their names.
def reports(results) {
    def none = ['metrics', 'tables', 'pictures', 'gene_tables', 'tree', 'samples', 'summaries'].collectEntries { kind -> [kind, []] }
    return results
        .map { result -> [result.meta, result] }
        .groupTuple()
        .map { meta, all ->
            def files = all.groupBy { result -> result.kind }.collectEntries { kind, some -> [kind, some.collect { result -> result.file }.sort { path -> path.name }] }
            none + files + [meta: meta]
        }
}

// The table of processes, tools and versions that ran, beside the trace; the index and the reports read it. It has no rows if only steps of our
// own ran.
def softwareTable(versions) {
    return versions
        .unique()
        .flatMap { process, tools -> tools.trim().readLines().collect { tool -> "${process.tokenize(':').last()}\t${tool}" } }
        .unique()
        .toSortedList()
        .flatMap { rows -> ['process\ttool\tversion'] + rows }
        .collectFile(name: 'software.tsv', storeDir: "${params.outdir}/pipeline_info", newLine: true, sort: false)
        .first()
}

// Parameters that the report shows, as JSON, without those that differ between two calls of the same analysis.
def reportedParameters() {
    def kept = params.findAll { key, value -> !(key in ['input', 'outdir', 'publish_mode', 'truth', 'plan', 'help']) && value != null && !(value instanceof Map) }
    return groovy.json.JsonOutput.toJson(kept)
}
