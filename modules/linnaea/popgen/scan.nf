// Scans the VCF files of a cohort in one region; each has other rows, in the order of the genome.
process SCAN_VCF {
    tag "${region.baseName}"
    ext(code: { Code.hash(projectDir, 'scan_sites.py') })

    input:
    tuple path(region), path(vcfs, arity: '1..*'), path(indexes)      // [bed, [vcf, ...], [csi, ...]]
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
    source = vcfs.size() > 1 ? "'the VCF files'" : "${vcfs.head()}"
    """
    # ${task.ext.code}
    bedtools slop -i ${region} -g ${fai} -b 100 | bedtools merge -i - > around.bed
    { bcftools view --no-version -h ${vcfs.head()}; for vcf in ${vcfs}; do bcftools view --no-version -H -R around.bed -Ov \$vcf; done; } \
        | ${scanSites(region, samples, windows, [included: included, excluded: excluded, compartments: compartments], options + " --fai ${fai} --part-of ${source}" + (callable ? " --callable ${callable}" : ''))}
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
