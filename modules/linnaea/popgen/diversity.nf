include { passingGenotypes } from '../populations.nf'

// Adds up the sums of all regions, and writes the tables.
process COMBINE_REGIONS {
    ext(code: { Code.hash(projectDir, 'combine_regions.py') })

    input:
    path sums                                                        // [npz, ...]

    output:
    path("*.tsv", emit: tables)
    path("heterozygosity.tsv", emit: heterozygosity)
    tuple(path("diversity_windows.tsv"), path("divergence_windows.tsv"), emit: windows)
    path("*.json", emit: metrics)
    path("sample_bins.npz", emit: bins)

    script:
    """
    # ${task.ext.code}
    combine_regions.py --id popgen --out . ${sums}
    """

    stub:
    """
    touch diversity.tsv divergence.tsv heterozygosity.tsv diversity_windows.tsv divergence_windows.tsv sample_bins.npz
    echo '{"id": "popgen", "step": "site_filters"}' > site_filters.json
    """
}

// Runs of homozygosity from heterozygous sites per callable base; also by bcftools roh, which only uses genotypes.
process RUNS_OF_HOMOZYGOSITY {
    ext(code: { Code.hash(projectDir, 'runs_of_homozygosity.py') })

    input:
    path bins                                                        // npz
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val length_classes                                               // bp, comma-separated

    output:
    path("roh.tsv", emit: runs)
    path("froh.tsv", emit: table)
    path("runs_of_homozygosity.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh RUNS_OF_HOMOZYGOSITY"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ou')} | bcftools roh -G 30 --AF-dflt 0.4 -O r -o bcftools_roh.txt - 2> bcftools_roh.log || { cat bcftools_roh.log >&2; exit 1; }
    runs_of_homozygosity.py --id popgen --bins ${bins} --compartments ${compartments} --fai ${fai} --bcftools bcftools_roh.txt --length-classes ${length_classes} \
        --samples ${samples} --roh roh.tsv --froh froh.tsv --out runs_of_homozygosity.json
    """

    stub:
    """
    touch roh.tsv froh.tsv
    echo '{"id": "popgen", "step": "runs_of_homozygosity"}' > runs_of_homozygosity.json
    """
}
