// The window of every sample, which samples are too shallow to be called, and their ploidy by chromosome.
process COHORT_DEPTHS {
    input:
    path(depths, stageAs: 'depths/*')                                // [json, ...]
    path samples                                                     // tsv
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val low_depth
    val code_hash

    output:
    tuple(path("called_samples.tsv"), path("depth_windows.tsv"), path("ploidy.txt"), path("sexes.txt"), emit: cohort)
    path("cohort.json", emit: metrics)

    script:
    """
    cohort_depths.py --samples ${samples} --fai ${fai} --compartments ${compartments} --low-depth ${low_depth} --windows depth_windows.tsv \\
        --called called_samples.tsv --ploidy ploidy.txt --sexes sexes.txt --out cohort.json depths/*
    """

    stub:
    """
    touch called_samples.tsv depth_windows.tsv ploidy.txt sexes.txt
    echo '{"id": "popgen", "step": "cohort", "samples": []}' > cohort.json
    """
}
