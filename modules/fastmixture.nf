// Ancestry proportions for 2 to max_k sources, each with its cross-validation error, in one table.
process FASTMIXTURE {
    ext(code: { Code.hash(projectDir, 'admixture.py') })

    input:
    tuple path(bed), path(bim), path(fam)
    path samples
    val max_k

    output:
    path("admixture.tsv", emit: table)
    path("admixture.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh FASTMIXTURE"), emit: versions)

    script:
    """
    # ${task.ext.code}
    samples=\$(wc -l < ${fam})
    for k in \$(seq 2 ${max_k}); do
        if [ -s ${bim} ] && [ "\$k" -lt "\$samples" ]; then
            start=\$([ "\$samples" -gt \$((k > 10 ? k + 10 : 20)) ] || echo --random-init)   # its start by SVD needs as many samples
            fastmixture --bfile ${bed.baseName} --K "\$k" --threads ${task.cpus} --seed 11 --cv 5 \$start --out k > k\$k.log 2>&1 || { cat k\$k.log >&2; exit 1; }
        fi
    done
    awk '{ print \$2 }' ${fam} > order.txt
    admixture.py --samples ${samples} --order order.txt --fits k --table admixture.tsv --out admixture.json
    """

    stub:
    """
    touch admixture.tsv
    echo '{"id": "popgen", "step": "admixture"}' > admixture.json
    """
}
