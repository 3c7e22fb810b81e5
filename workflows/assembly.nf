include { READS } from './assembly/reads.nf'
include { ASSEMBLE } from './assembly/assemble.nf'
include { HIC_MAP } from './assembly/hic_map.nf'
include { EVALUATE } from './assembly/evaluate.nf'
include { TRUTH_CHECK ; REPORT ; genomeOf ; codeHash } from '../modules/linnaea.nf'
include { MULTIQC } from '../modules/multiqc.nf'

// Reads of many species to judged assemblies, one report a species.
workflow ASSEMBLY {
    take:
    genomes                     // [meta, record]
    steps                       // [name, ...]

    main:
    reads = READS(genomes, steps)

    given = genomes
        .filter { meta, record -> record.assembly }
        .flatMap { meta, record -> record.assembly.haplotypes.collect { name, path -> [meta + [stage: record.assembly.stage, haplotype: name], file(path)] } }
    to_assemble = genomes.filter { meta, record -> !record.assembly && 'assemble' in steps }.map { meta, record -> [meta] }
    hic_by_genome = reads.hic.map { meta, read1, read2 -> [genomeOf(meta), read1, read2] }.groupTuple().map { meta, read1, read2 -> [meta, read1.flatten(), read2.flatten()] }
    built = ASSEMBLE(to_assemble.join(reads.hifi), to_assemble.join(reads.ont), to_assemble.join(hic_by_genome), reads.sizes)
    assemblies = built.assemblies.mix(given)                            // [meta + stage, haplotype, fasta]

    metrics = reads.metrics
    pictures = channel.empty()                                          // [meta, png]
    tables = channel.empty()                                            // [meta, tsv]
    logs = reads.logs
    versions = reads.versions.mix(built.versions)
    if ('hic' in steps) {
        maps = HIC_MAP(assemblies, reads.hic)
        metrics = metrics.mix(maps.metrics)
        pictures = maps.pictures
        logs = logs.mix(maps.logs)
        versions = versions.mix(maps.versions)
    }
    if ('evaluate' in steps) {
        evaluated = EVALUATE(assemblies, reads.kmers, reads.hifi, reads.ont)
        metrics = metrics.mix(evaluated.metrics)
        tables = evaluated.tables
        logs = logs.mix(evaluated.logs.flatten())
        versions = versions.mix(evaluated.versions)
    }
    if (params.truth) {
        measured = assemblies
            .map { meta, fasta -> [genomeOf(meta), fasta] }
            .join(evaluated.tables.map { meta, table -> [genomeOf(meta), table] })
            .join(evaluated.accuracy.map { meta, json -> [genomeOf(meta), json] })
            .join(reads.profile)
            .join(reads.with_adapter.map { meta, fastq -> [genomeOf(meta), fastq] })
        checked = TRUTH_CHECK(measured, file(params.truth, checkIfExists: true), codeHash('check_truth.py'))
        metrics = metrics.mix(checked.metrics)
    }

    if ('report' in steps) {
        software = versions
            .unique()
            .map { process, tool, version -> "${process.tokenize(':')[-1]}\t${tool}\t${version.trim()}" }
            .unique()
            .collectFile(name: 'software.tsv', storeDir: "${params.outdir}/pipeline_info", newLine: true, seed: 'process\ttool\tversion', sort: true)
            .first()
        by_genome = metrics
            .map { meta, json -> [genomeOf(meta), json] }
            .groupTuple(sort: { a, b -> a.name <=> b.name })
            .join(tables.map { meta, table -> [genomeOf(meta), table] }.groupTuple(), remainder: true)
            .join(pictures.map { meta, png -> [genomeOf(meta), png] }.groupTuple(), remainder: true)
            .map { meta, records, tsvs, pngs -> [meta, records, tsvs ?: [], pngs ?: []] }
        told = REPORT(by_genome, software, file("${projectDir}/containers/software.yml"), reportedParameters(), codeHash('report.py') + codeHash('ebp_verdict.py') + codeHash('multiqc_content.py'))
        MULTIQC(told.multiqc.mix(logs).collect(), file("${projectDir}/assets/multiqc_config.yml"))
    }
}

// What a reader of the report needs to know of the call, as JSON: nothing that differs between two calls of the same analysis.
def reportedParameters() {
    def kept = params.findAll { key, value -> !(key in ['input', 'outdir', 'publish_mode', 'truth', 'help']) && value != null && !(value instanceof Map) }
    return groovy.json.JsonOutput.toJson(kept)
}
