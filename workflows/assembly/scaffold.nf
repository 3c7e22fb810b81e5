include { HIC_PAIRS as CONTIG_PAIRS } from '../../modules/pairtools.nf'
include { YAHS } from '../../modules/yahs.nf'
include { SCAFFOLD_CONTIGS } from '../../modules/linnaea/assembly/scaffold.nf'
include { changed ; precedes } from '../../modules/linnaea/assemblies.nf'

// Contigs of each haplotype to scaffolds by its Hi-C pairs; assemblies of genomes without Hi-C, and later stages, pass by.
workflow SCAFFOLD {
    take:
    assemblies                  // assembly
    hic                         // library
    wanted                      // whether the step runs

    main:
    entering = assemblies.branch { assembly ->
        earlier: wanted && precedes(assembly, 'scaffolded')
        later: true
    }
    placed = entering.earlier
        .map { assembly -> [assembly.meta.parent, assembly] }
        .combine(hic.map { library -> [library.meta.parent, library] }, by: 0)
        .map { genome, assembly, library -> [assembly.meta + [library: library.meta.library, parent: assembly.meta], assembly.fasta, library.read1, library.read2] }
    paired = CONTIG_PAIRS(placed, params.hic_min_mapq)
    contacts = paired.pairs.map { meta, pairs -> [meta.parent, pairs] }.groupTuple()
    contigs = Rows.lookUp(contacts, Rows.keyed(entering.earlier)).map { meta, pairs, assembly -> [meta, assembly.fasta, pairs] }

    yahs = YAHS(params.scaffolder == 'yahs' ? contigs : channel.empty())
    scaffolds = SCAFFOLD_CONTIGS(Rows.attach(contigs, yahs.agp), params.scaffolder)
    results = changed(entering.earlier, 'scaffold', 'scaffolded', scaffolds.changes)

    emit:
    assemblies = results.mix(entering.later)                            // assembly
    metrics = scaffolds.metrics                                         // [assembly, json]
    versions = paired.versions.mix(yahs.versions)                       // [process, versions]
}
