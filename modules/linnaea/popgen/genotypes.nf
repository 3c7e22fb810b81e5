// Collects all gVCFs in one folder, so each region stages one link instead of two per sample.
process GVCF_FOLDER {
    input:
    path gvcfs                                                       // [bcf or vcf.gz, csi or tbi, ...]

    output:
    path "gvcfs"

    script:
    """
    mkdir gvcfs
    cp --dereference --link ${gvcfs} gvcfs/ 2> /dev/null || cp --dereference ${gvcfs} gvcfs/
    """

    stub:
    "mkdir gvcfs"
}

// Sites that are callable in all samples.
process CALLABLE_IN_ALL {
    input:
    path beds                                                        // [bed, ...]

    output:
    path("callable_in_all.bed", emit: bed)
    tuple(val(task.process), eval("tool_versions.sh CALLABLE_IN_ALL"), emit: versions)

    script:
    "bedtools multiinter -i ${beds} | awk '\$4 == ${[beds].flatten().size()}' | cut -f 1-3 | bedtools merge -i - > callable_in_all.bed"

    stub:
    "touch callable_in_all.bed"
}
