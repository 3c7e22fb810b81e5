process STAR_INDEX {
    tag "${meta.id}"

    input:
    tuple val(meta), path(genome)                                              // [meta, fasta]

    output:
    tuple(val(meta), path("index"), emit: index)
    tuple(val(task.process), eval("tool_versions.sh STAR_INDEX"), emit: versions)

    script:
    // index strings of log2(length)/2 - 1 letters, fewer bits for assemblies of many sequences (STAR's manual, section 2.2)
    """
    size=\$(grep -v '^>' ${genome} | tr -d '\\n' | wc -c)
    number=\$(grep -c '^>' ${genome})
    strings=\$(awk -v g=\$size 'BEGIN { n = int(log(g) / log(2) / 2 - 1); print (n > 14 ? 14 : n) }')
    bits=\$(awk -v g=\$size -v n=\$number 'BEGIN { b = int(log(g / n) / log(2)); print (b > 18 ? 18 : b < 6 ? 6 : b) }')
    STAR --runMode genomeGenerate --runThreadN ${task.cpus} --genomeDir index --genomeFastaFiles ${genome} --genomeSAindexNbases \$strings \\
        --genomeChrBinNbits \$bits --limitGenomeGenerateRAM ${task.memory.toBytes()} > /dev/null
    """

    stub:
    "mkdir index"
}

// Maps RNA reads to the assembly in two passes, and extracts the introns and the strandedness of the library from the alignments.
process STAR_ALIGN {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'rna_evidence.py') })

    input:
    tuple val(meta), path(read1), path(read2), path(index), path(genome)       // [meta + library, fastq, fastq or [], folder, fasta]

    output:
    tuple(val(meta), path("${meta.library}.bam"), emit: bam)
    tuple(val(meta), path("${meta.library}.hints.gff"), emit: hints)
    tuple(val(meta), path("${meta.library}.transcript_mapping.json"), emit: metrics)
    path("${meta.library}.Log.final.out", emit: log)
    tuple(val(task.process), eval("tool_versions.sh STAR_ALIGN"), emit: versions)

    script:
    """
    # ${task.ext.code}
    STAR --runThreadN ${task.cpus} --genomeDir ${index} --readFilesIn ${read1} ${read2} --readFilesCommand gzip -dc --twopassMode Basic \\
        --outSAMstrandField intronMotif --outSAMunmapped Within --outSAMtype BAM Unsorted --outFileNamePrefix ${meta.library}. ${task.ext.args ?: ''} > /dev/null
    samtools sort \$(tool_options.py samtools-sort --cpus ${task.cpus} --memory-mb ${task.memory.toMega()}) -o ${meta.library}.bam ${meta.library}.Aligned.out.bam
    rm -r ${meta.library}.Aligned.out.bam ${meta.library}._STAR*
    rna_evidence.py ${meta.library}.bam --id ${meta.id} --library ${meta.library} --type ${meta.type} --genome ${genome} \\
        ${meta.strandedness ? "--strandedness ${meta.strandedness}" : ''} --hints ${meta.library}.hints.gff --out ${meta.library}.transcript_mapping.json
    """

    stub:
    """
    touch ${meta.library}.bam ${meta.library}.hints.gff ${meta.library}.Log.final.out
    echo '{"id": "${meta.id}", "step": "transcript_mapping", "strandedness": "reverse"}' > ${meta.library}.transcript_mapping.json
    """
}
