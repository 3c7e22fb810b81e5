include { passingGenotypes } from '../populations.nf'

process LD_DECAY {
    ext(code: { Code.hash(projectDir, 'ld_decay.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)

    output:
    path("ld_decay.tsv", emit: table)
    path("ld_decay.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh LD_DECAY"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | ld_decay.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --table ld_decay.tsv --out ld_decay.json
    """

    stub:
    """
    touch ld_decay.tsv
    echo '{"id": "popgen", "step": "ld_decay"}' > ld_decay.json
    """
}

// Effective size from linkage between chromosomes; one of each pair of duplicates is left out.
process EFFECTIVE_SIZE {
    ext(code: { Code.hash(projectDir, 'effective_size.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    path kinship                                                     // tsv
    tuple path(included), path(excluded), path(compartments)

    output:
    path("effective_size.tsv", emit: table)
    path("effective_size.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh EFFECTIVE_SIZE"), emit: versions)

    script:
    """
    # ${task.ext.code}
    copies=\$(awk -F '\\t' '\$NF == "duplicate_or_swap" { print \$2 }' ${kinship} | sort -u | paste -sd,)
    ${passingGenotypes(variants, '-Ov')} | effective_size.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --exclude "\$copies" --table effective_size.tsv --out effective_size.json
    """

    stub:
    """
    touch effective_size.tsv
    echo '{"id": "popgen", "step": "effective_size"}' > effective_size.json
    """
}

// Effective size through time of single genomes.
process SIZE_HISTORY {
    ext(code: { Code.hash(projectDir, 'size_history.py') })

    input:
    path bins                                                        // npz
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    tuple val(mutation_rate), val(generation_years)                  // per base and generation, years; '' if not known

    output:
    path("size_history.tsv", emit: table)
    path("size_history.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh SIZE_HISTORY"), emit: versions)

    script:
    options = ['--mutation-rate': mutation_rate, '--generation-years': generation_years].findAll { option, value -> value }.collect { option, value -> "${option} ${value}" }.join(' ')
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | size_history.py --id popgen --bins ${bins} --vcf - --samples ${samples} --compartments ${compartments} ${options} \\
        --table size_history.tsv --out size_history.json
    """

    stub:
    """
    touch size_history.tsv
    echo '{"id": "popgen", "step": "size_history"}' > size_history.json
    """
}

// Compares historical and modern samples with called genotypes, at transversions.
process TEMPORAL_CONTRAST {
    ext(code: { Code.hash(projectDir, 'temporal_contrast.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    val generations                                                  // between the two, or ''

    output:
    path("{temporal,contrast}.tsv", emit: tables)
    path("temporal_contrast.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh TEMPORAL_CONTRAST"), emit: versions)

    script:
    """
    # ${task.ext.code}
    ${passingGenotypes(variants, '-Ov')} | temporal_contrast.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} ${generations ? "--generations ${generations}" : ''} \\
        --temporal temporal.tsv --contrast contrast.tsv --out temporal_contrast.json
    """

    stub:
    """
    touch temporal.tsv contrast.tsv
    echo '{"id": "popgen", "step": "temporal_contrast"}' > temporal_contrast.json
    """
}
