// The mitochondrion by MitoHiFi, which ends with an error where it finds none.
process MITOHIFI {
    tag "${meta.id}"

    input:
    tuple val(meta), path(reads), path(relative, stageAs: 'relative/*'), path(genes, stageAs: 'relative/*')  // [genome, [fastq, ...], fasta, genbank]

    output:
    tuple(val(meta), path("${meta.id}.mitohifi.fasta"), emit: organelle)
    tuple(val(task.process), eval("tool_versions.sh MITOHIFI"), emit: versions)

    script:
    """
    cat ${reads} > reads.fastq${reads.first().name.endsWith('.gz') ? '.gz' : ''}
    gzip -dcf ${relative} > relative.fasta
    gzip -dcf ${genes} > relative.gb
    touch final_mitogenome.fasta
    mitohifi.py -r reads.fastq* -f relative.fasta -g relative.gb -t ${task.cpus} -o ${meta.mito_code ?: 5} -a animal ${task.ext.args ?: ''} > mitohifi.log 2>&1 \
        || grep -q 'You need to run further scripts' mitohifi.log || { cat mitohifi.log >&2; exit 1; }
    mv final_mitogenome.fasta ${meta.id}.mitohifi.fasta
    rm reads.fastq* relative.fasta relative.gb
    """

    stub:
    "touch ${meta.id}.mitohifi.fasta"
}
