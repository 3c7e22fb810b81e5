// What purge_dups takes for duplicates, as BED. Without a ploidy model there are no cutoffs, and nothing is found.
process PURGE_DUPS {
    tag "${meta.id} ${meta.haplotype}"

    input:
    tuple val(meta), path(reads), path(contigs), path(cutoffs)                 // [assembly, paf of the reads, paf of the contigs, cutoffs]

    output:
    tuple(val(meta), path("${meta.id}.${meta.haplotype}.dups.bed"), emit: bed)
    tuple(val(task.process), eval("tool_versions.sh PURGE_DUPS"), emit: versions)

    script:
    """
    touch dups.bed
    if [ -s ${cutoffs} ]; then
        pbcstat ${reads}
        purge_dups -2 -T ${cutoffs} -c PB.base.cov ${task.ext.args ?: ''} ${contigs} > dups.bed
        rm PB.*
    fi
    mv dups.bed ${meta.id}.${meta.haplotype}.dups.bed
    """

    stub:
    "touch ${meta.id}.${meta.haplotype}.dups.bed"
}
