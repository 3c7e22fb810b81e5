include { FCS_ADAPTOR ; FCS_GX } from '../../modules/fcs.nf'
include { TIARA } from '../../modules/tiara.nf'
include { SCREEN_CONTIGS } from '../../modules/linnaea/assembly/screen.nf'
include { changed ; precedes ; withPreset } from '../../modules/linnaea/assemblies.nf'

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
        .combine(Rows.attach(genomes.map { genome -> [genome.meta] }, reads), by: 0)
        .map { genome, assembly, long_reads -> [assembly.meta, assembly + (long_reads ?: [fastq: [], preset: ''])] }
    // a report that is given stands for the program
    gx = FCS_GX(
        params.contamination_screen == 'fcs_gx' ? entering.earlier.filter { assembly -> !assembly.fcs_gx_report }.map { assembly -> [assembly.meta, assembly.fasta] } : channel.empty(),
        params.fcs_gx_database ? file(params.fcs_gx_database, checkIfExists: true) : []
    )
    adaptors = FCS_ADAPTOR(
        params.adaptor_screen == 'fcs_adaptor' ? entering.earlier.filter { assembly -> !assembly.fcs_adaptor_report }.map { assembly -> [assembly.meta, assembly.fasta] } : channel.empty()
    )
    tiara = TIARA(params.tiara ? entering.earlier.map { assembly -> [assembly.meta, assembly.fasta] } : channel.empty())
    reported = Rows.attach(Rows.attach(Rows.attach(placed, gx.report), adaptors.report), tiara.classes)
    screened = SCREEN_CONTIGS(
        reported.map { meta, one, of_gx, of_adaptor, classes -> [meta, one.fasta, one.fastq, one.preset, one.keep, one.edited, one.fcs_gx_report ?: of_gx, one.fcs_adaptor_report ?: of_adaptor, classes, one.fcs_gx_report || one.fcs_adaptor_report ? one.contigs : []] },
        params.confirm_removal
    )

    emit:
    assemblies = changed(entering.earlier, 'screen', 'decontaminated', screened.changes).mix(entering.later)  // assembly
    metrics = screened.metrics.transpose()                              // [assembly, json]
    versions = gx.versions.mix(adaptors.versions, tiara.versions, screened.versions)                                        // [process, versions]
}
