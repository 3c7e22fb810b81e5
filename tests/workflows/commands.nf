// Single processes on small inputs of make_commands.py: what their command lines do, without a whole run around them.
include { SPALN } from '../../modules/spaln.nf'
include { MINIPROT } from '../../modules/miniprot.nf'
include { ARAGORN } from '../../modules/aragorn.nf'
include { BUSCO } from '../../modules/busco.nf'
include { SAMTOOLS_FASTQ ; SAMTOOLS_PAIRS } from '../../modules/samtools.nf'
include { YAHS } from '../../modules/yahs.nf'
include { SCAFFOLD_CONTIGS ; SCAFFOLD_CONTIGS as GIVEN_SCAFFOLDS } from '../../modules/linnaea/assembly/scaffold.nf'
include { PURGE_DUPS } from '../../modules/purge_dups.nf'
include { PURGE_ALIGNMENTS ; PURGE_DUPLICATES } from '../../modules/linnaea/assembly/purge.nf'
include { FCS_ADAPTOR ; FCS_GX } from '../../modules/fcs.nf'
include { TIARA } from '../../modules/tiara.nf'
include { SCREEN_CONTIGS } from '../../modules/linnaea/assembly/screen.nf'
include { OATK } from '../../modules/oatk.nf'
include { MITOHIFI } from '../../modules/mitohifi.nf'
include { CHROMOSOMES } from '../../workflows/assembly/chromosomes.nf'
include { CURATION } from '../../workflows/assembly/curation.nf'
include { assemblyOf } from '../../modules/linnaea/assemblies.nf'
include { SPLIT_PAIRS } from '../../modules/linnaea/reads.nf'

workflow {
    meta = channel.of(1, 6, 12).map { code -> [id: "code${code}", library: 'relative', genetic_code: code == 1 ? null : code] }
    genomes = meta.map { facts -> [facts, file("in/${facts.id}.fasta")] }
    proteins = genomes.map { facts, genome -> [facts, file('in/proteins.fasta'), genome] }
    SPALN(proteins, '')
    MINIPROT(proteins)
    ARAGORN(genomes)
    BUSCO(genomes.map { facts, genome -> [facts + [haplotype: 'hap1', stage: 'raw'], genome] }, file('in/lineage_odb12'))
    libraries = channel.of('bam', 'cram', 'embedded.cram')
        .map { kind -> [[id: 'rna', library: kind.replace('.', '_'), type: 'rnaseq'], [file("in/one.${kind}"), file("in/two.${kind}")], kind == 'cram' ? file('in/reference.fasta.gz') : []] }
    SAMTOOLS_PAIRS(libraries)
    SAMTOOLS_FASTQ(libraries)
    contigs = channel.of([[id: 'sc', haplotype: 'hap1'], file('in/contigs.fasta.gz'), file('in/contigs.pairs.gz')])
    SCAFFOLD_CONTIGS(contigs.map { row -> row + [[]] }, 'linnaea')
    yahs = YAHS(contigs)
    GIVEN_SCAFFOLDS(contigs.join(yahs.agp), 'yahs')
    duplicated = channel.of([[id: 'dup', haplotype: 'primary'], file('in/duplicated.fasta.gz'), file('in/hifi.fastq.gz'), file('in/profile.json'), file('in/kmers.json')])
    aligned = PURGE_ALIGNMENTS(duplicated)
    dups = PURGE_DUPS(aligned.alignments)
    PURGE_DUPLICATES(
        duplicated.join(aligned.alignments).join(dups.bed).map { key, fasta, hifi, profile, kmers, paf, self, cutoffs, bed -> [key, fasta, hifi, profile, kmers, [], [], paf, bed] }
    )
    mixed = channel.of([[id: 'mixed', haplotype: 'hap1', stage: 'raw', taxid: 50557], file('in/hap1.fasta.gz')])
    gx = FCS_GX(mixed, file('in/gxdb'))
    adaptors = FCS_ADAPTOR(mixed)
    classes = TIARA(mixed)
    SCREEN_CONTIGS(mixed.join(gx.report).join(adaptors.report).join(classes.classes).map { key, fasta, report, adaptor, tiara -> [key, fasta, [], '', [], [], report, adaptor, tiara, []] }, false)
    OATK(channel.of([[id: 'oatk'], file('in/hifi.fastq.gz'), 30.2]), files('in/mito.fam*'))
    MITOHIFI(channel.of([[id: 'mitohifi', mito_code: 2], [file('in/hifi.fastq.gz')], file('in/hap1.fasta.gz'), file('in/relative.gb')]))
    haplotypes = [hap1: 'in/hap1.fasta.gz', hap2: 'in/hap2.fasta.gz']
    named = [id: 'named', haploid_number: 3, sex: 'X0', with_hifi: true]
    drawn = [id: 'drawn']
    scaffolds = channel.fromList([named, drawn].collectMany { genome -> haplotypes.collect { name, path -> assemblyOf(genome, 'scaffolded', name, file(path)) } })
    maps = channel.of([meta: drawn, assembly: [haplotypes: haplotypes, maps: [[haplotypes: ['hap1', 'hap2'], file: 'in/map.agp']]]])
    CHROMOSOMES(scaffolds, maps, channel.of([named, [file('in/hifi.fastq.gz')]]), channel.empty(), true)
    joint = [id: 'joint']
    library = [meta: joint + [library: 'hic', parent: joint], read1: file('in/hic_1.fastq.gz'), read2: file('in/hic_2.fastq.gz')]
    CURATION(channel.fromList(haplotypes.collect { name, path -> assemblyOf(joint, 'scaffolded', name, file(path)) }), channel.of(library), channel.empty(), channel.empty(), channel.of([meta: joint]))
    SPLIT_PAIRS(channel.of([[id: 'rna', library: 'interleaved', type: 'hic'], [file('in/one.fastq.gz'), file('in/two.fastq.gz')]]))
}
