// Scans a VCF in one region.
process SCAN_VCF {
    tag "${region.baseName}"
    ext(code: { Code.hash(projectDir, 'scan_sites.py') })

    input:
    tuple path(region), path(vcf), path(index)                       // [bed, vcf, csi]
    tuple path(fasta), path(fai)
    tuple path(samples), path(windows), path(ploidy), path(sexes)    // [tsv, tsv or [], txt or [], txt or []]
    tuple path(included), path(excluded), path(compartments)         // [bed, bed, tsv]
    path callable                                                    // bed, or []: rows say what is callable
    val options

    output:
    tuple(val(region.baseName), path("${region.baseName}.npz"), emit: scan)
    tuple(val(region.baseName), path("${region.baseName}.variants.bcf"), emit: variants)
    tuple(val(task.process), eval("tool_versions.sh SCAN_VCF"), emit: versions)

    script:
    """
    # ${task.ext.code}
    bedtools slop -i ${region} -g ${fai} -b 100 | bedtools merge -i - > around.bed
    bcftools view --no-version -R around.bed -Ov ${vcf} \
        | ${scanSites(region, samples, windows, [included: included, excluded: excluded, compartments: compartments], options + " --fai ${fai} --part-of ${vcf}" + (callable ? " --callable ${callable}" : ''))}
    """

    stub:
    "touch ${region.baseName}.npz ${region.baseName}.variants.bcf"
}

// The command that scans VCF rows of a region on standard input: filters tag and count, and sums are kept for the tables. Tagged
// variants are written to <region>.variants.bcf.
def scanSites(region, samples, windows, masks, options) {
    return """scan_sites.py - --samples ${samples} --out ${region.baseName}.npz --regions ${region} --compartments ${masks.compartments} --include ${masks.included} --exclude ${masks.excluded} \\
            ${windows ? "--depth-windows ${windows}" : ''} ${options} --variants - \\
        | bcftools view --no-version -Ob -o ${region.baseName}.variants.bcf"""
}
