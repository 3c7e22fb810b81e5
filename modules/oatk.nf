// The mitochondrion by Oatk. It keeps k-mers that are much more frequent than the nuclear ones; where too few are left, it tries a lower limit.
process OATK {
    tag "${meta.id}"

    input:
    tuple val(meta), path(reads), val(coverage)                                // [genome, [fastq, ...], nuclear k-mer coverage]
    path profiles                                                              // [fam, fam.h3f, ...]

    output:
    tuple(val(meta), path("${meta.id}.oatk.fasta"), emit: organelle)
    tuple(val(task.process), eval("tool_versions.sh OATK"), emit: versions)

    script:
    """
    touch oatk.mito.ctg.fasta
    for limit in ${[10, 5, 2].collect { times -> Math.max(3, Math.round(times * coverage)) }.join(' ')}; do
        oatk -k 1001 -c \$limit -t ${task.cpus} -m ${profiles.find { path -> path.name.endsWith('.fam') }} -o oatk ${task.ext.args ?: ''} ${reads} 2> oatk.log \
            || grep -q 'empty syncmer graph' oatk.log || { cat oatk.log >&2; exit 1; }
        [ ! -s oatk.mito.ctg.fasta ] || break
    done
    mv oatk.mito.ctg.fasta ${meta.id}.oatk.fasta
    """

    stub:
    "touch ${meta.id}.oatk.fasta"
}
