// Aligns proteins to the assembly with spaln, which is slower than miniprot but in Debian.
process SPALN {
    tag "${meta.id} ${meta.library}"
    ext(code: { Code.hash(projectDir, 'clean_proteins.py', 'protein_models.py') })

    input:
    tuple val(meta), path(proteins, stageAs: 'given/*'), path(genome)                              // [meta + library, fasta, fasta]
    val table

    output:
    tuple(val(meta), path("${meta.library}.proteins.gff3"), emit: models)
    tuple(val(meta), path("${meta.library}.protein_alignment.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh SPALN"), emit: versions)

    script:
    def code = meta.genetic_code ?: 1
    // To its coding potential, exons with stop codons of the standard code in frame are not coding.
    def potential = code in [1, 11, 12, 26] ? '' : '-yz0 '
    """
    # ${task.ext.code}
    clean_proteins.py --proteins ${proteins} --fasta proteins.fasta --names names.tsv --counts counts.json
    ln -s ${genome} indexed.fa  # spaln takes a name up to its first dot
    spaln -W -KP -C${code} indexed.fa
    spaln -Q7 -O0 -C${code} ${potential}${table ? "-T ${table} " : ''}-t${task.cpus} ${task.ext.args ?: ''} -d indexed proteins.fasta > alignments.gff 2> spaln.log || { tail -n 20 spaln.log >&2; exit 1; }
    protein_models.py --id ${meta.id} --library ${meta.library} --aligner spaln --alignments alignments.gff --genome ${genome} --proteins proteins.fasta \\
        --names names.tsv --counts counts.json --genetic-code ${code} --gff ${meta.library}.proteins.gff3 --out ${meta.library}.protein_alignment.json
    rm -f proteins.fasta alignments.gff indexed.*
    """

    stub:
    """
    touch ${meta.library}.proteins.gff3
    echo '{"id": "${meta.id}", "step": "protein_alignment"}' > ${meta.library}.protein_alignment.json
    """
}
