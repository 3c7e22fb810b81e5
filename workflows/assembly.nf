include { READS } from './assembly/reads.nf'
include { ASSEMBLE } from './assembly/assemble.nf'
include { HIC_MAP } from './assembly/hic_map.nf'
include { EVALUATE } from './assembly/evaluate.nf'
include { TRUTH_CHECK } from '../modules/linnaea/assembly/truth.nf'
include { genomeOf ; givenAssemblies ; codeHash } from '../modules/linnaea/functions.nf'

// Reads of many species to judged assemblies.
workflow ASSEMBLY {
    take:
    genomes                     // [meta, record]
    steps                       // [name, ...]

    main:
    reads = READS(genomes, steps)

    given = givenAssemblies(genomes)
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

    emit:
    assemblies                                                          // [meta + stage, haplotype, fasta]
    metrics = metrics.map { meta, json -> [genomeOf(meta), json] }      // [meta, json]
    tables = tables.map { meta, table -> [genomeOf(meta), table] }      // [meta, tsv]
    pictures = pictures.map { meta, png -> [genomeOf(meta), png] }      // [meta, png]
    logs                                                                // path
    versions                                                            // [process, tool, version]
}
