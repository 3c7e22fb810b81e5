// Contigs as eukaryotes, prokaryotes or organelles by Tiara, a neural network of k-mers; those below 3 kb are left out.
process TIARA {
    tag "${meta.id} ${meta.haplotype}"

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*')                        // [assembly, fasta]

    output:
    tuple(val(meta), path("${meta.id}.${meta.haplotype}.tiara.txt"), emit: classes)
    tuple(val(task.process), eval("tool_versions.sh TIARA"), emit: versions)

    script:
    """
    gzip -dcf ${assembly} > contigs.fasta
    tiara -i contigs.fasta -o ${meta.id}.${meta.haplotype}.tiara.txt -t ${task.cpus} ${task.ext.args ?: ''}
    rm contigs.fasta
    """

    stub:
    "touch ${meta.id}.${meta.haplotype}.tiara.txt"
}
