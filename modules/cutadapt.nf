// Removes whole HiFi reads that contain a SMRTbell adapter or the C2 primer: such a read is a chimera of two passes.
// Sequences as in HiFiAdapterFilt (Sim 2022, doi:10.1186/s12864-022-08375-1), thresholds as in the VGP workflows.
process CUTADAPT_HIFI {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(reads)                                                    // [meta, [fastq or fasta, ...]]
    val min_quality                                                                 // mean Phred of a read, 0 for no limit

    output:
    tuple(val(meta), path("${meta.library}.clean.*.gz"), emit: reads)               // [meta, fastq or fasta]
    tuple(val(meta), path("${meta.library}.with_adapter.*.gz"), emit: with_adapter)
    tuple(val(meta), path("${meta.library}.adapters.json"), emit: metrics)
    path("${meta.library}.cutadapt.json", emit: log)
    tuple(val(task.process), eval("tool_versions.sh CUTADAPT_HIFI"), emit: versions)

    script:
    def limit = min_quality > 0 && meta.format == 'fastq' ? "--min-qual ${min_quality}" : ''
    """
    # ${task.ext.code}
    seqkit seq -w 0 ${limit} ${reads} | cutadapt -j ${task.cpus} --revcomp --action none --overlap 35 --error-rate 0.1 \\
        --anywhere SMRTbell=ATCTCTCTCAACAACAACAACGGAGGAGGAGGAAAAGAGAGAGAT \\
        --anywhere C2_primer=AAAAAAAAAAAAAAAAAATTAACGGAGGAGGAGGA \\
        --untrimmed-output ${meta.library}.clean.${meta.format}.gz -o ${meta.library}.with_adapter.${meta.format}.gz \\
        --compression-level 1 --json ${meta.library}.cutadapt.json - > /dev/null
    tool_metrics.py cutadapt --id ${meta.id} --library ${meta.library} --out ${meta.library}.adapters.json ${meta.library}.cutadapt.json
    """

    stub:
    """
    touch ${meta.library}.clean.fastq.gz ${meta.library}.with_adapter.fastq.gz ${meta.library}.cutadapt.json
    echo '{"id": "${meta.id}", "step": "hifi_adapters"}' > ${meta.library}.adapters.json
    """
}
