include { READS } from './assembly/reads.nf'
include { ASSEMBLE } from './assembly/assemble.nf'
include { HIC_MAP } from './assembly/hic_map.nf'
include { EVALUATE } from './assembly/evaluate.nf'
include { TRUTH_CHECK } from '../modules/linnaea/assembly/truth.nf'
include { genomeOf ; givenAssemblies ; firstHaplotype } from '../modules/linnaea/functions.nf'

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

    maps = HIC_MAP('hic' in steps ? assemblies : channel.empty(), reads.hic)
    evaluated = EVALUATE('evaluate' in steps ? assemblies : channel.empty(), reads.kmers, reads.hifi, reads.ont)
    compared = params.truth ? firstHaplotype(assemblies.join(evaluated.tables)) : channel.empty()    // [meta, fasta, tsv]
    checked = TRUTH_CHECK(
        compared
            .join(evaluated.accuracy.map { meta, json -> [genomeOf(meta), json] })
            .join(reads.profile)
            .join(reads.with_adapter.map { meta, fastq -> [genomeOf(meta), fastq] }.groupTuple()),
        params.truth ? file(params.truth, checkIfExists: true) : []
    )
    metrics = reads.metrics.mix(maps.metrics, evaluated.metrics, checked.metrics)

    emit:
    assemblies                                                          // [meta + stage, haplotype, fasta]
    metrics = metrics.map { meta, json -> [genomeOf(meta), json] }      // [meta, json]
    tables = evaluated.tables.map { meta, table -> [genomeOf(meta), table] }  // [meta, tsv]
    pictures = maps.pictures.map { meta, png -> [genomeOf(meta), png] } // [meta, png]
    logs = reads.logs.mix(maps.logs, evaluated.logs.flatten())          // path
    versions = reads.versions.mix(built.versions, maps.versions, evaluated.versions, checked.versions)  // [process, versions]
}
