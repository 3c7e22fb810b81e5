// BRAKER3 (GeneMark-ETP, AUGUSTUS and TSEBRA), in its container.
process BRAKER3 {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome), path(bams), path(proteins, stageAs: 'given/*')                  // [meta, soft-masked fasta, [bam, ...], [fasta, ...]]

    output:
    tuple(val(meta), path("${meta.id}.braker.gff3"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh BRAKER3"), emit: versions)

    script:
    def rna = bams ? "--bam=${[bams].flatten().join(',')}" : ''
    def aa = proteins ? '--prot_seq=proteins.fasta' : ''
    """
    ${proteins ? "cat ${proteins} > proteins.fasta" : ''}
    braker.pl --genome=${genome} --species=${meta.id} ${rna} ${aa} --softmasking --threads=${task.cpus} --gff3 --workingdir=braker --AUGUSTUS_CONFIG_PATH=\$PWD/config ${task.ext.args ?: ''}
    cp braker/braker.gff3 ${meta.id}.braker.gff3
    """

    stub:
    "touch ${meta.id}.braker.gff3"
}

// GALBA (miniprot and AUGUSTUS): genes from the proteins of a close relative.
process GALBA {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome), path(proteins, stageAs: 'given/*')                              // [meta, soft-masked fasta, [fasta, ...]]

    output:
    tuple(val(meta), path("${meta.id}.galba.gff3"), emit: genes)
    tuple(val(task.process), eval("tool_versions.sh GALBA"), emit: versions)

    script:
    """
    cat ${proteins} > proteins.fasta
    galba.pl --genome=${genome} --species=${meta.id} --prot_seq=proteins.fasta --threads=${task.cpus} --gff3 --workingdir=galba --AUGUSTUS_CONFIG_PATH=\$PWD/config ${task.ext.args ?: ''}
    cp galba/galba.gff3 ${meta.id}.galba.gff3
    """

    stub:
    "touch ${meta.id}.galba.gff3"
}
