include { splitMates } from './linnaea/populations.nf'

// Trims adapters and low-quality ends, and merges the mates of short fragments. Pairs that do not overlap are left out: their fragments
// are longer than those of old DNA. One thread and a seed (for the choice between bases of equal quality) make runs reproducible.
process ADAPTERREMOVAL {
    tag "${meta.sample} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'split_pairs.py', 'library_trimming.py') })

    input:
    tuple val(meta), val(lanes), path(read1, stageAs: 'lanes_1/?/*'), path(read2, stageAs: 'lanes_2/?/*')   // [meta, [name, ...], [fastq, ...], [fastq, ...] or []]
    val min_length

    output:
    tuple(val(meta), val(lanes), path("${prefix}.*.fastq.gz"), emit: reads)
    tuple(val(meta), path("${prefix}.trimming.json"), emit: metrics)
    tuple(val(meta), path("*.settings"), emit: logs)
    tuple(val(task.process), eval("tool_versions.sh ADAPTERREMOVAL"), emit: versions)

    script:
    prefix = "${meta.sample}.${meta.library}"
    def trimming = [lanes, [read1].flatten(), read2 ? [read2].flatten() : lanes.collect { '' }].transpose().withIndex().collect { files, number ->
        def (lane, given, mate) = files
        def split = lane in meta.interleaved ? splitMates("${prefix}.${lane}", given) : ''
        def one = split ? 'mates_1.fastq.gz' : given
        def two = split ? 'mates_2.fastq.gz' : mate
        """${split}AdapterRemoval --seed 11 --file1 ${one} ${two ? "--file2 ${two} --collapse" : ''} --trimns --trimqualities --minquality 20 --minlength ${min_length} \\
        --gzip --basename trimmed --settings ${prefix}.${lane}.settings 2> adapterremoval.log
    cat ${two ? 'trimmed.collapsed.gz trimmed.collapsed.truncated.gz' : 'trimmed.truncated.gz'} > ${prefix}.${String.format('%03d', number)}.fastq.gz
    rm trimmed.*"""
    }
    """
    # ${task.ext.code}
    ${trimming.join('\n    ')}
    library_trimming.py adapterremoval --sample ${meta.sample} --library ${meta.library} ${meta.interleaved ? "--read-pairs ${prefix}.*.read_pairs.json" : ''} --out ${prefix}.trimming.json ${prefix}.*.settings
    """

    stub:
    prefix = "${meta.sample}.${meta.library}"
    """
    touch ${lanes.withIndex().collect { lane, number -> "${prefix}.${String.format('%03d', number)}.fastq.gz" }.join(' ')} ${prefix}.${lanes[0]}.settings
    echo '{"id": "popgen", "step": "library_trimming", "sample": "${meta.sample}"}' > ${prefix}.trimming.json
    """
}
