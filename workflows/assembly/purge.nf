include { KMER_EVALUATION as CONTIG_KMERS } from '../../modules/linnaea/assembly/evaluate.nf'
include { PURGE_DUPS } from '../../modules/purge_dups.nf'
include { PURGE_ALIGNMENTS ; PURGE_DUPLICATES } from '../../modules/linnaea/assembly/purge.nf'
include { atStage ; changed ; isAlternate ; precedes } from '../../modules/linnaea/assemblies.nf'

// Primary assemblies without what the assembler left of the other haplotype. Phased haplotypes and alternate contigs pass by.
workflow PURGE {
    take:
    assemblies                  // assembly
    hifi                        // [genome, [fastq, ...]]
    kmers                       // [genome, [kmc_pre, kmc_suf]]
    profile                     // [genome, json]
    wanted                      // whether the step runs

    main:
    entering = assemblies.branch { assembly ->
        earlier: wanted && precedes(assembly, 'purged') && assembly.meta.haplotype == 'primary' && assembly.meta.with_hifi
        alternate: wanted && precedes(assembly, 'purged') && isAlternate(assembly) && assembly.meta.with_hifi
        later: true
    }
    alternate = entering.alternate.map { assembly -> atStage(assembly, 'purged') }
    of_genome = entering.earlier.map { assembly -> [assembly.meta.parent, assembly] }
    evaluated = CONTIG_KMERS(Rows.lookUp(of_genome, kmers).map { genome, assembly, database -> [assembly.meta, ['primary'], [assembly.fasta], database] }, params.kmer_size)
    facts = Rows.lookUp(Rows.lookUp(of_genome, hifi), profile).map { genome, assembly, reads, json -> [assembly.meta, [reads: reads, profile: json]] }
    contigs = Rows.match(Rows.match(Rows.keyed(entering.earlier), facts), evaluated.metrics).map { meta, assembly, given, json -> [meta, assembly + given + [kmers: json]] }

    aligned = PURGE_ALIGNMENTS(params.purger == 'purge_dups' ? contigs.map { meta, one -> [meta, one.fasta, one.reads, one.profile, one.kmers] } : channel.empty())
    found = PURGE_DUPS(aligned.alignments)
    given = Rows.match(aligned.alignments, found.bed).map { meta, reads, self, cutoffs, bed -> [meta, [reads: reads, bed: bed]] }
    purged = PURGE_DUPLICATES(
        Rows.attach(contigs, given).map { meta, one, dups -> [meta, one.fasta, one.reads, one.profile, one.kmers, one.keep, one.edited, dups ? dups.reads : [], dups ? dups.bed : []] }
    )

    emit:
    assemblies = changed(entering.earlier, 'purge', 'purged', purged.changes).mix(alternate, entering.later)  // assembly
    metrics = purged.metrics                                            // [assembly, json]
    versions = evaluated.versions.mix(aligned.versions, found.versions, purged.versions)  // [process, versions]
}
