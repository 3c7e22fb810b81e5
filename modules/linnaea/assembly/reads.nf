process READ_STATISTICS {
    tag "${meta.id} ${meta.library} ${meta.stage}"
    ext(code: { Code.hash(projectDir, 'read_statistics.py') })

    input:
    tuple val(meta), path(reads)                                               // [meta + stage, [fastq, fasta or bam, ...]]

    output:
    tuple val(meta), path("${meta.library}.${meta.stage}.json")

    script:
    """
    # ${task.ext.code}
    read_statistics.py --id ${meta.id} --library ${meta.library} --type ${meta.type} --stage ${meta.stage} --out ${meta.library}.${meta.stage}.json ${reads}
    """

    stub:
    "echo '{\"id\": \"${meta.id}\", \"step\": \"read_statistics\", \"bases_bp\": 60000000}' > ${meta.library}.${meta.stage}.json"
}

process GENOME_PROFILE {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'genome_profile.py') })

    input:
    tuple val(meta), path(histogram)
    val kmer_size

    output:
    tuple val(meta), path("${meta.id}.genome_profile.json")

    script:
    def known = [ploidy: meta.ploidy, 'genome-size': meta.genome_size_bp, 'kmer-coverage': meta.kmer_coverage]
    def options = known.findAll { key, value -> value }.collect { key, value -> "--${key} ${value}" }.join(' ')
    """
    # ${task.ext.code}
    genome_profile.py --id ${meta.id} --histogram ${histogram} --kmer-size ${kmer_size} ${options} --out ${meta.id}.genome_profile.json
    """

    stub:
    "echo '{\"id\": \"${meta.id}\", \"step\": \"genome_profile\", \"haploid_size_bp\": 1500000}' > ${meta.id}.genome_profile.json"
}

// Refuses reads that are too few for an assembler, and downsamples reads beyond what it needs.
process COVERAGE_CAP {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'coverage_cap.py') })

    input:
    tuple val(meta), path(reads), val(bases), val(genome_size)                 // [meta, [fastq, ...], bp, bp]
    tuple val(minimum), val(cap)                                               // [x, x]

    output:
    tuple(val(meta), path("kept/*"), emit: reads)
    tuple(val(meta), path("${meta.id}.coverage.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh COVERAGE_CAP"), emit: versions)

    script:
    """
    # ${task.ext.code}
    share=\$(coverage_cap.py --id ${meta.id} --bases ${bases} --genome-size ${genome_size} --minimum ${minimum} --cap ${cap} --out ${meta.id}.coverage.json)
    mkdir kept
    if [ "\$share" = 1 ]; then
        for file in ${reads}; do ln -s "../\$file" "kept/\$file"; done
    else
        seqkit seq ${reads} | seqkit sample -s 11 -p "\$share" -o kept/${meta.id}.capped.${meta.format}.gz
    fi
    """

    stub:
    """
    mkdir kept
    for file in ${reads}; do ln -s "../\$file" "kept/\$file"; done
    echo '{"id": "${meta.id}", "step": "coverage"}' > ${meta.id}.coverage.json
    """
}
