include { POLISH_CONTIGS } from '../../modules/linnaea/assembly/polish.nf'
include { withPreset } from '../../modules/linnaea/assemblies.nf'

// Contigs of a primary assembly after a round of racon: by default those built from ONT reads alone. They begin anew as contigs, because
// positions change; phased haplotypes pass by, because reads of both would be mixed.
workflow POLISH {
    take:
    built                       // assembly
    given                       // assembly
    hifi                        // [genome, [fastq, ...]]
    ont                         // [genome, [fastq, ...]]
    kmers                       // [genome, [kmc_pre, kmc_suf]]
    wanted                      // whether the step runs

    main:
    automatic = params.polisher == 'auto'
    marked = built.map { assembly -> [assembly, automatic ? !assembly.meta.with_hifi : params.polisher == 'racon'] }
        .mix(given.map { assembly -> [assembly, params.polisher == 'racon'] })
    entering = marked.branch { assembly, polished ->
        earlier: wanted && polished && assembly.meta.stage == 'raw' && assembly.meta.haplotype == 'primary'
            return assembly
        later: true
            return assembly
    }
    with_reads = Rows.attach(withPreset(hifi, ont), kmers).map { genome, reads, preset, database -> [genome, [reads: reads, preset: preset, database: database]] }
    contigs = entering.earlier
        .map { assembly -> [assembly.meta.parent, assembly] }
        .combine(with_reads, by: 0)
        .map { genome, assembly, long_reads -> [assembly.meta, assembly.fasta, long_reads.reads, long_reads.preset, long_reads.database] }
    polished = POLISH_CONTIGS(contigs, params.kmer_size)
    results = Rows.attach(Rows.keyed(entering.earlier), polished.assembly).map { meta, assembly, fasta -> fasta ? assembly + [fasta: fasta, contigs: fasta] : assembly }

    emit:
    assemblies = results.mix(entering.later)                            // assembly
    metrics = polished.metrics                                          // [assembly, json]
    versions = polished.versions                                        // [process, versions]
}
