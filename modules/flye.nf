// One collapsed assembly of HiFi or ONT reads. Written for 2.9.5.
process FLYE {
    tag "${meta.id}"

    input:
    tuple val(meta), path(reads), val(type), val(genome_size)                  // [meta, [fastq, ...], hifi or ont, bp]

    output:
    tuple(val(meta), path("${meta.id}.primary.fasta.gz"), emit: assembly)
    tuple(val(meta), path("${meta.id}.primary.gfa.gz"), emit: graphs)
    tuple(val(task.process), eval("tool_versions.sh FLYE"), emit: versions)

    script:
    """
    flye ${type == 'hifi' ? '--pacbio-hifi' : '--nano-hq'} ${reads} --genome-size ${genome_size} --threads ${task.cpus} --out-dir flye ${task.ext.args ?: ''}
    gzip -c flye/assembly.fasta > ${meta.id}.primary.fasta.gz   # its image has no bgzip
    gzip -c flye/assembly_graph.gfa > ${meta.id}.primary.gfa.gz
    """

    stub:
    "touch ${meta.id}.primary.fasta.gz ${meta.id}.primary.gfa.gz"
}
