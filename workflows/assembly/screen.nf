include { SCREEN_CONTIGS } from '../../modules/linnaea/assembly/screen.nf'
include { attach ; changed ; precedes ; withPreset } from '../../modules/linnaea/functions.nf'

// Each assembly without adaptors, and without contigs of bacteria.
workflow SCREEN {
    take:
    assemblies                  // assembly
    genomes                     // genome
    hifi                        // [genome, [fastq, ...]]
    ont                         // [genome, [fastq, ...]]
    wanted                      // whether the step runs

    main:
    entering = assemblies.branch { assembly ->
        earlier: wanted && precedes(assembly, 'decontaminated')
        later: true
    }
    reads = withPreset(hifi, ont).map { meta, fastq, preset -> [meta, [fastq: fastq, preset: preset]] }
    placed = entering.earlier
        .map { assembly -> [assembly.meta.parent, assembly] }
        .combine(attach(genomes.map { genome -> [genome.meta] }, reads), by: 0)
        .map { genome, assembly, long_reads -> [assembly.meta, assembly.fasta, long_reads ? long_reads.fastq : [], long_reads ? long_reads.preset : '', assembly.keep, assembly.edited] }
    screened = SCREEN_CONTIGS(placed, params.confirm_removal)

    emit:
    assemblies = changed(entering.earlier, 'screen', 'decontaminated', screened.changes).mix(entering.later)  // assembly
    metrics = screened.metrics.transpose()                              // [assembly, json]
    versions = screened.versions                                        // [process, versions]
}
