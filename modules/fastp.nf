// Trimming and quality control of paired reads. Arima Hi-C reads begin with 5 bases of the enzyme site fill-in.
process FASTP {
    tag "${meta.id} ${meta.library}"

    input:
    tuple val(meta), path(read1, stageAs: 'lanes_1/*'), path(read2, stageAs: 'lanes_2/*')   // [meta, [fastq, ...], [fastq, ...]]
    val code_hash

    output:
    tuple val(meta), path("${meta.library}_1.fastq.gz"), path("${meta.library}_2.fastq.gz"), emit: reads  // [meta, fastq, fastq]
    tuple val(meta), path("${meta.library}.trimming.json"), emit: metrics
    path "${meta.library}.fastp.{json,html}", emit: log
    tuple val(task.process), val('fastp'), eval("fastp --version 2>&1 | sed 's/fastp //'"), emit: versions

    script:
    def trim_front = meta.kit.startsWith('arima') ? '--trim_front1 5 --trim_front2 5' : ''
    def lanes = [read1].flatten().size() > 1
    def join = lanes ? "seqkit seq ${read1} -o joined_1.fastq.gz\n    seqkit seq ${read2} -o joined_2.fastq.gz" : ''
    def (first, second) = lanes ? ['joined_1.fastq.gz', 'joined_2.fastq.gz'] : [read1, read2]
    """
    ${join}
    fastp -w ${Math.min(task.cpus as int, 16)} --detect_adapter_for_pe ${trim_front} -i ${first} -I ${second} -R '${meta.id} ${meta.library}' \\
        -o ${meta.library}_1.fastq.gz -O ${meta.library}_2.fastq.gz -j ${meta.library}.fastp.json -h ${meta.library}.fastp.html
    rm -f joined_?.fastq.gz
    tool_metrics.py fastp --id ${meta.id} --library ${meta.library} --type ${meta.type} --out ${meta.library}.trimming.json ${meta.library}.fastp.json
    """

    stub:
    """
    touch ${meta.library}_1.fastq.gz ${meta.library}_2.fastq.gz ${meta.library}.fastp.json ${meta.library}.fastp.html
    echo '{"id": "${meta.id}", "step": "read_trimming"}' > ${meta.library}.trimming.json
    """
}
