include { REPORT ; POPULATION_REPORT } from '../modules/linnaea/report.nf'
include { attach } from '../modules/linnaea/functions.nf'
include { MULTIQC } from '../modules/multiqc.nf'

// One report a species and one of its populations, one page for all of them.
workflow REPORTS {
    take:
    metrics                     // [genome, json]
    tables                      // [genome, tsv]: one per assembly that was evaluated
    pictures                    // [genome, png]
    judged                      // genome: those whose genes were measured
    logs                        // path
    software                    // tsv: process, tool, version
    population_metrics          // json
    population_tables           // tsv
    newick                      // nwk, or nothing
    samples_table               // tsv

    main:
    records = metrics.groupTuple(sort: { a, b -> a.name <=> b.name })
    by_genome = attach(attach(attach(records, tables.groupTuple()), pictures.groupTuple()), judged.map { meta -> [meta, true] })
    told = REPORT(by_genome, software, file("${projectDir}/containers/software.yml"), reportedParameters())
    populations = POPULATION_REPORT(
        population_metrics.collect(sort: { record -> record.name }), population_tables.collect(sort: { table -> table.name }), newick.ifEmpty([]), samples_table,
        software, file("${projectDir}/containers/software.yml"), reportedParameters()
    )
    MULTIQC(told.multiqc.mix(populations.multiqc, logs).collect(), file("${projectDir}/assets/multiqc_config.yml"))
}

// Process, tool and version of everything that ran, as a table beside the trace; the index and the reports read it.
def softwareTable(versions) {
    return versions
        .unique()
        .flatMap { process, tools -> tools.trim().readLines().collect { tool -> "${process.tokenize(':').last()}\t${tool}" } }
        .unique()
        .collectFile(name: 'software.tsv', storeDir: "${params.outdir}/pipeline_info", newLine: true, seed: 'process\ttool\tversion', sort: true)
        .first()
}

// What a reader of the report needs to know of the call, as JSON: nothing that differs between two calls of the same analysis.
def reportedParameters() {
    def kept = params.findAll { key, value -> !(key in ['input', 'outdir', 'publish_mode', 'truth', 'plan', 'help']) && value != null && !(value instanceof Map) }
    return groovy.json.JsonOutput.toJson(kept)
}
