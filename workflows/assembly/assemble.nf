include { HIFIASM } from '../../modules/hifiasm.nf'
include { FLYE } from '../../modules/flye.nf'
include { WTDBG2 } from '../../modules/wtdbg2.nf'
include { HAPLOTYPE_READS } from '../../modules/whatshap.nf'
include { assemblyOf } from '../../modules/linnaea/assemblies.nf'
include { RACON } from '../../modules/racon.nf'

// Assembles reads with the assembler of the run; genomes with a given assembly are left out.
workflow ASSEMBLE {
    take:
    genomes                     // genome: those to assemble
    all_hifi                    // [genome, [fastq, ...]]
    all_ont                     // [genome, [fastq, ...]]
    all_hic                     // library
    sizes                       // [genome, bp]

    main:
    wanted = genomes.map { genome -> [genome.meta] }
    hifi = Rows.lookUp(genomes.filter { genome -> genome.meta.with_hifi }.map { genome -> [genome.meta] }, all_hifi)
    ont = wanted.join(all_ont)
    if (params.assembler == 'hifiasm') {
        phasing = params.hifiasm_hic ? wanted.join(all_hic.map { library -> [library.meta.parent, library] }.groupTuple()) : channel.empty()
        inputs = Rows.attach(Rows.attach(hifi, ont), phasing).map { meta, reads, ultralong, libraries -> [meta, reads, ultralong, libraries.collect { library -> library.read1 }.flatten(), libraries.collect { library -> library.read2 }.flatten()] }
        built = HIFIASM(inputs, params.haplotypes == 'primary' ? [first: 'primary', second: 'alternate'] : [first: 'hap1', second: 'hap2'])
        contigs = built.first.mix(built.second)
        versions = built.versions
    }
    else if (params.assembler == 'flye') {
        built = FLYE(Rows.lookUp(hifi.map { meta, reads -> [meta, reads, 'hifi'] }.mix(ont.filter { meta, reads -> !meta.with_hifi }.map { meta, reads -> [meta, reads, 'ont'] }), sizes))
        contigs = built.assembly.map { meta, fasta -> [meta, 'primary', fasta] }
        versions = built.versions
    }
    else {
        built = WTDBG2(Rows.lookUp(hifi, sizes))
        drafts = Rows.match(built.assembly, hifi).branch { meta, draft, reads ->
            diploid: meta.ploidy == null || meta.ploidy == 2
            other: true
        }
        phased = HAPLOTYPE_READS(drafts.diploid)
        to_polish = Rows.match(drafts.diploid, phased.reads).map { meta, draft, reads, one_haplotype -> [meta, draft, one_haplotype] }
        polished = RACON(to_polish.mix(drafts.other))
        contigs = polished.assembly.map { meta, fasta -> [meta, 'primary', fasta] }
        versions = built.versions.mix(phased.versions, polished.versions)
    }

    emit:
    assemblies = contigs.map { meta, haplotype, fasta -> assemblyOf(meta, 'raw', haplotype, fasta) }  // assembly
    graphs = built.graphs                                               // [genome, [gfa, ...]]
    versions                                                            // [process, versions]
}
