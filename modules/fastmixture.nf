// Ancestry proportions for 2 to max_k sources, each with its cross-validation error; told in one table.
process FASTMIXTURE {
    input:
    tuple path(bed), path(bim), path(fam)
    path samples
    val max_k
    val code_hash

    output:
    path "admixture.tsv", emit: table
    path "admixture.json", emit: metrics
    tuple val(task.process), val('fastmixture'), eval("fastmixture --version | sed 's/.*v//'"), emit: versions

    script:
    """
    for k in \$(seq 2 ${max_k}); do
        fastmixture --bfile ${bed.baseName} --K "\$k" --threads ${task.cpus} --seed 11 --cv 5 --out k > k\$k.log 2>&1 || { cat k\$k.log >&2; exit 1; }
    done
    admixture_table.py --samples ${samples} --fam ${fam} --logs k*.log --proportions k.K*.Q --table admixture.tsv --out admixture.json
    """

    stub:
    """
    touch admixture.tsv
    echo '{"id": "popgen", "step": "admixture"}' > admixture.json
    """
}
