// Trims short reads (paired; RNA also single) and reports their quality. Arima Hi-C reads begin with 5 bases of the filled-in enzyme site.
process FASTP {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'tool_metrics.py') })

    input:
    tuple val(meta), path(read1, stageAs: 'lanes_1/*'), path(read2, stageAs: 'lanes_2/*')   // [meta, [fastq, ...], [fastq, ...]]

    output:
    tuple(val(meta), path("${meta.library}_1.fastq.gz"), path("${meta.library}_2.fastq.gz", arity: '0..*'), emit: reads)  // [meta, fastq, fastq or []]
    tuple(val(meta), path("${meta.library}.trimming.json"), emit: metrics)
    path("${meta.library}.fastp.{json,html}", emit: log)
    tuple(val(task.process), eval("tool_versions.sh FASTP"), emit: versions)

    script:
    def trim_front = meta.kit.startsWith('arima') ? '--trim_front1 5 --trim_front2 5' : ''
    def lanes = [read1].flatten().size() > 1
    def paired = [read2].flatten().size() > 0
    def join = [lanes ? "seqkit seq ${read1} -o joined_1.fastq.gz" : '', lanes && paired ? "seqkit seq ${read2} -o joined_2.fastq.gz" : ''].join('\n    ')
    def (first, second) = lanes ? ['joined_1.fastq.gz', 'joined_2.fastq.gz'] : [read1, read2]
    def mates = paired ? "--detect_adapter_for_pe ${trim_front} -I ${second} -O ${meta.library}_2.fastq.gz" : ''
    """
    # ${task.ext.code}
    ${join}
    fastp -w ${Math.min(task.cpus as int, 16)} -i ${first} -o ${meta.library}_1.fastq.gz ${mates} -R '${meta.id} ${meta.library}' -j ${meta.library}.fastp.json -h ${meta.library}.fastp.html
    rm -f joined_?.fastq.gz
    tool_metrics.py fastp --id ${meta.id} --library ${meta.library} --type ${meta.type} --out ${meta.library}.trimming.json ${meta.library}.fastp.json
    """

    stub:
    """
    touch ${meta.library}_1.fastq.gz ${read2 ? "${meta.library}_2.fastq.gz" : ''} ${meta.library}.fastp.json ${meta.library}.fastp.html
    echo '{"id": "${meta.id}", "step": "read_trimming"}' > ${meta.library}.trimming.json
    """
}
