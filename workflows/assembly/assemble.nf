include { HIFIASM } from '../../modules/hifiasm.nf'
include { FLYE } from '../../modules/flye.nf'
include { WTDBG2 } from '../../modules/wtdbg2.nf'
include { HAPLOTYPE_READS } from '../../modules/whatshap.nf'
include { RACON } from '../../modules/racon.nf'

// Reads to contigs with the assembler of the run; genomes that bring an assembly of their own pass by.
workflow ASSEMBLE {
    take:
    hifi                        // [meta, [fastq, ...]]
    ont                         // [meta, [fastq, ...]]
    hic                         // [meta, [fastq, ...], [fastq, ...]]
    sizes                       // [meta, bp]

    main:
    versions = channel.empty()
    if (params.assembler == 'hifiasm') {
        inputs = hifi
            .join(ont, remainder: true)
            .join(params.hifiasm_hic ? hic : channel.empty(), remainder: true)
            .filter { row -> row[1] }
            .map { row -> [row[0], row[1], row[2] ?: [], row.size() > 3 && row[3] ? row[3] : [], row.size() > 4 && row[4] ? row[4] : []] }
        built = HIFIASM(inputs, params.haplotypes)
        fasta = built.assemblies
        versions = built.versions
    }
    else if (params.assembler == 'flye') {
        ont_only = ont.join(hifi, remainder: true).filter { row -> row[1] && !row[2] }.map { row -> [row[0], row[1]] }
        built = FLYE(hifi.map { meta, reads -> [meta, reads, 'hifi'] }.mix(ont_only.map { meta, reads -> [meta, reads, 'ont'] }).join(sizes))
        fasta = built.assemblies
        versions = built.versions
    }
    else {
        built = WTDBG2(hifi.join(sizes))
        drafts = built.assembly.join(hifi).branch { meta, draft, reads ->
            diploid: meta.ploidy == null || meta.ploidy == 2
            other: true
        }
        phased = HAPLOTYPE_READS(drafts.diploid)
        to_polish = drafts.diploid.join(phased.reads).map { meta, draft, reads, one_haplotype -> [meta, draft, one_haplotype] }
        polished = RACON(to_polish.mix(drafts.other))
        fasta = polished.assemblies
        versions = built.versions.mix(phased.versions, polished.versions)
    }

    emit:
    assemblies = fasta                                                  // [meta + stage, haplotype, fasta]
        .transpose()
        .map { meta, assembly -> [meta + [stage: 'raw', haplotype: assembly.name.tokenize('.')[-3]], assembly] }
    graphs = built.graphs                                               // [meta, [gfa, ...]]
    versions                                                            // [process, versions]
}
