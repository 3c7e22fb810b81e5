// Repeats by tools that Debian has: frequent words (WindowMasker), low complexity (DUST), tandem repeats (tantan) and the user's library
// (BLASTN). Only interspersed repeats are masked for gene finders: docs/explanation/decisions.md says what masking costs.
process WINDOWMASKER {
    tag "${meta.id}"
    ext(code: { Code.hash(projectDir, 'mask_repeats.py') })

    input:
    tuple val(meta), path(genome), path(names), path(libraries, stageAs: 'given/*')                // [meta, fasta, tsv, [fasta, ...]]

    output:
    tuple(val(meta), path("${meta.id}.masked.fasta"), emit: masked)
    tuple(val(meta), path("${meta.id}.repeats.bed.gz"), emit: repeats)
    tuple(val(meta), path("${meta.id}.repeat_masking.json"), emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh WINDOWMASKER"), emit: versions)

    script:
    def library = libraries ? 'library=library.bed' : ''
    def search = """blastn -task blastn -evalue 1e-10 -dust no -num_threads ${task.cpus} -max_target_seqs 100000 -subject ${genome} -query library.fasta -outfmt '6 sseqid sstart send' \\
        | awk -v OFS='\\t' '{ low = \$2 < \$3 ? \$2 : \$3; high = \$2 < \$3 ? \$3 : \$2; if (high - low >= 50) print \$1, low - 1, high }' > library.bed"""
    """
    # ${task.ext.code}
    windowmasker -mk_counts -in ${genome} -out counts -mem ${Math.max(512, (task.memory.toMega() as int) - 512)} 2> windowmasker.log || { cat windowmasker.log >&2; exit 1; }
    windowmasker -ustat counts -in ${genome} -outfmt fasta -out interspersed.fasta
    dustmasker -in ${genome} -outfmt fasta -out low_complexity.fasta
    tantan ${genome} > tandem.fasta
    ${libraries ? "seqkit seq ${libraries} -o library.fasta\n    ${search}" : ''}
    mask_repeats.py --id ${meta.id} --genome ${genome} --names ${names} --masker windowmasker --mask interspersed ${library ? 'library' : ''} \\
        --fasta ${meta.id}.masked.fasta --bed ${meta.id}.repeats.bed.gz --out ${meta.id}.repeat_masking.json \\
        interspersed=interspersed.fasta low_complexity=low_complexity.fasta tandem=tandem.fasta ${library}
    rm -f counts *_complexity.fasta tandem.fasta interspersed.fasta
    """

    stub:
    """
    touch ${meta.id}.masked.fasta ${meta.id}.repeats.bed.gz
    echo '{"id": "${meta.id}", "step": "repeat_masking"}' > ${meta.id}.repeat_masking.json
    """
}
