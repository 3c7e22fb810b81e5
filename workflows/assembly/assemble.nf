include { HIFIASM } from '../../modules/hifiasm.nf'
include { FLYE } from '../../modules/flye.nf'
include { WTDBG2 } from '../../modules/wtdbg2.nf'
include { HAPLOTYPE_READS } from '../../modules/whatshap.nf'
include { match ; attach ; lookUp } from '../../modules/linnaea/functions.nf'
include { RACON } from '../../modules/racon.nf'

// Reads to contigs with the assembler of the run; genomes that bring an assembly of their own pass by.
workflow ASSEMBLE {
    take:
    genomes                     // genome: those to assemble
    all_hifi                    // [genome, [fastq, ...]]
    all_ont                     // [genome, [fastq, ...]]
    all_hic                     // [library, fastq, fastq]
    sizes                       // [genome, bp]

    main:
    wanted = genomes.map { genome -> [genome.meta] }
    hifi = lookUp(wanted.filter { row -> row.head().with_hifi }, all_hifi)
    ont = wanted.join(all_ont)
    if (params.assembler == 'hifiasm') {
        phasing = params.hifiasm_hic ? wanted.join(all_hic.map { meta, read1, read2 -> [meta.parent, [first: read1, second: read2]] }.groupTuple()) : channel.empty()
        inputs = attach(attach(hifi, ont), phasing).map { meta, reads, ultralong, pairs -> [meta, reads, ultralong, pairs.collect { mates -> mates.first }.flatten(), pairs.collect { mates -> mates.second }.flatten()] }
        built = HIFIASM(inputs, params.haplotypes == 'primary' ? [first: 'primary', second: 'alternate'] : [first: 'hap1', second: 'hap2'])
        contigs = built.first.mix(built.second)
        versions = built.versions
    }
    else if (params.assembler == 'flye') {
        built = FLYE(lookUp(hifi.map { meta, reads -> [meta, reads, 'hifi'] }.mix(ont.filter { meta, reads -> !meta.with_hifi }.map { meta, reads -> [meta, reads, 'ont'] }), sizes))
        contigs = built.assembly.map { meta, fasta -> [meta, 'primary', fasta] }
        versions = built.versions
    }
    else {
        built = WTDBG2(lookUp(hifi, sizes))
        drafts = match(built.assembly, hifi).branch { meta, draft, reads ->
            diploid: meta.ploidy == null || meta.ploidy == 2
            other: true
        }
        phased = HAPLOTYPE_READS(drafts.diploid)
        to_polish = match(drafts.diploid, phased.reads).map { meta, draft, reads, one_haplotype -> [meta, draft, one_haplotype] }
        polished = RACON(to_polish.mix(drafts.other))
        contigs = polished.assembly.map { meta, fasta -> [meta, 'primary', fasta] }
        versions = built.versions.mix(phased.versions, polished.versions)
    }

    emit:
    assemblies = contigs.map { meta, haplotype, fasta -> [meta + [stage: 'raw', haplotype: haplotype, parent: meta], fasta] }  // [assembly, fasta]
    graphs = built.graphs                                               // [genome, [gfa, ...]]
    versions                                                            // [process, versions]
}
