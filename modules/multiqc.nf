// All genomes of the run on one page: outputs of tools, and our metrics.
process MULTIQC {
    input:
    path(files, stageAs: 'inputs/?/*')                                         // [file, ...]
    path config

    output:
    path("multiqc_report.html", emit: report)
    tuple(val(task.process), eval("tool_versions.sh MULTIQC"), emit: versions)

    script:
    "multiqc --no-ansi --force --config ${config} --filename multiqc_report.html --no-data-dir inputs"

    stub:
    "touch multiqc_report.html"
}
