// Scaffolds of contigs by YaHS. The pairs are filtered and without duplicates, so all of them count; their header gives the index.
process YAHS {
    tag "${meta.id} ${meta.haplotype}"

    input:
    tuple val(meta), path(assembly, stageAs: 'given/*'), path(pairs)           // [meta, fasta, [pairs, ...]]

    output:
    tuple(val(meta), path("${meta.id}.${meta.haplotype}.yahs.agp"), emit: agp)
    tuple(val(task.process), eval("tool_versions.sh YAHS"), emit: versions)

    script:
    """
    gzip -dcf ${assembly} > contigs.fasta
    gzip -dc ${pairs} | awk -F '[: ]+' '/^#chromsize/ && !seen[\$2]++ { print \$2 "\\t" \$3 }' > contigs.fasta.fai
    gzip -dc ${pairs} | awk -v OFS='\\t' '!/^#/ { print \$1, \$2, \$3, \$4, \$5, 60, 60 }' > contacts.pa5
    yahs -r 1000,2000,5000,10000,20000,50000,100000,200000,500000,1000000,2000000,5000000,10000000,20000000,50000000,100000000,200000000,500000000 \\
        ${task.ext.args ?: ''} -o yahs contigs.fasta contacts.pa5
    mv yahs_scaffolds_final.agp ${meta.id}.${meta.haplotype}.yahs.agp
    rm contigs.fasta contigs.fasta.fai contacts.pa5 yahs.bin yahs_scaffolds_final.fa
    """

    stub:
    "touch ${meta.id}.${meta.haplotype}.yahs.agp"
}
