// Haplotype-resolved assembly of HiFi reads; with Hi-C reads, the haplotypes are phased along whole chromosomes.
// Written for 0.25: without Hi-C the haplotypes are named <prefix>.bp.hap1.p_ctg.gfa, with Hi-C <prefix>.hic.hap1.p_ctg.gfa;
// --primary gives <prefix>.p_ctg.gfa (or <prefix>.hic.p_ctg.gfa) and an alternate set.
process HIFIASM {
    tag "${meta.id}"

    input:
    tuple val(meta), path(hifi), path(ultralong, stageAs: 'ultralong/*'), path(hic_1, stageAs: 'hic_1/*'), path(hic_2, stageAs: 'hic_2/*')
    val names                                                                  // of the assemblies: [first: hap1, second: hap2] or [first: primary, second: alternate]

    output:
    tuple(val(meta), val(names.first), path("${meta.id}.${names.first}.fasta.gz"), emit: first)      // [meta, haplotype, fasta]
    tuple(val(meta), val(names.second), path("${meta.id}.${names.second}.fasta.gz"), emit: second)
    tuple(val(meta), path("${meta.id}*_{ctg,utg}.gfa.gz"), emit: graphs)
    tuple(val(task.process), eval("tool_versions.sh HIFIASM"), emit: versions)

    script:
    def phase = hic_1 ? "--h1 ${[hic_1].flatten().join(',')} --h2 ${[hic_2].flatten().join(',')}" : ''
    def ul = ultralong ? "--ul ${[ultralong].flatten().join(',')}" : ''
    def purge = meta.ploidy == 1 ? '-l0' : meta.ploidy > 2 ? "--n-hap ${meta.ploidy}" : ''
    def bloom = [hifi].flatten()*.size().sum() < 5e9 ? '-f0' : ''                  // the filter of 16 GB pays for large genomes only
    def primary = names.first == 'primary'
    def sets = primary ? ['p_ctg': names.first, 'a_ctg': names.second] : ['hap1.p_ctg': names.first, 'hap2.p_ctg': names.second]
    """
    hifiasm -t ${task.cpus} -o ${meta.id} ${primary ? '--primary' : ''} ${bloom} ${purge} ${phase} ${ul} ${task.ext.args ?: ''} ${hifi}

    grep -q '^S' ${meta.id}*p_ctg.gfa || { echo "error: ${meta.id}: hifiasm made no contig of these reads; are they enough, and HiFi?" >&2; exit 1; }
    to_fasta() { awk -v OFS='\\n' '/^S/ { print ">" \$2, \$3 }' "\$1" > "\$2"; }
    ${sets.collect { set, name -> "to_fasta ${meta.id}*[.]${set}.gfa ${meta.id}.${name}.fasta" }.join('\n    ')}
    ls ${meta.id}.*.fasta ${meta.id}*_ctg.gfa ${meta.id}*p_utg.gfa | xargs -P ${task.cpus} -n 1 gzip   # its image has no bgzip
    rm -f ${meta.id}*.bin
    """

    stub:
    "touch ${meta.id}.${names.first}.fasta.gz ${meta.id}.${names.second}.fasta.gz ${meta.id}.bp.p_ctg.gfa.gz"
}
