// Spliced alignment of long RNA reads (PacBio Iso-Seq, ONT cDNA or direct RNA) to the assembly.
process MINIMAP2_SPLICE {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'rna_evidence.py') })

    input:
    tuple val(meta), path(reads), path(genome)                                 // [meta + library, [fastq, ...], fasta]

    output:
    tuple(val(meta), path("${meta.library}.bam"), emit: bam)
    tuple(val(meta), path("${meta.library}.hints.gff"), emit: hints)
    tuple(val(meta), path("${meta.library}.transcript_mapping.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh MINIMAP2_SPLICE"), emit: versions)

    script:
    def preset = meta.kit.startsWith('ont') ? 'splice' : 'splice:hq'
    """
    # ${task.ext.code}
    minimap2 -ax ${preset} -t ${task.cpus} ${task.ext.args ?: ''} ${genome} ${reads} | samtools sort \$(tool_options.py samtools-sort --cpus ${task.cpus} --memory-mb ${task.memory.toMega()} --share 0.33) -o ${meta.library}.bam -
    rna_evidence.py ${meta.library}.bam --id ${meta.id} --library ${meta.library} --type ${meta.type} --genome ${genome} \\
        --hints ${meta.library}.hints.gff --out ${meta.library}.transcript_mapping.json
    """

    stub:
    """
    touch ${meta.library}.bam ${meta.library}.hints.gff
    echo '{"id": "${meta.id}", "step": "transcript_mapping", "strandedness": "unknown"}' > ${meta.library}.transcript_mapping.json
    """
}
