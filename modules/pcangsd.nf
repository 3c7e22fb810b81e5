// Components of all samples, also shallow ones, and their ancestry from 2 to max_k sources, by genotype likelihoods; without transitions
// if old DNA is damaged.
process PCANGSD {
    ext(code: { Code.hash(projectDir, 'beagle_likelihoods.py', 'likelihood_components.py', 'admixture.py') })

    input:
    path parts                                                       // [bcf, ...]: likelihoods of the regions
    path samples
    path called                                                      // samples whose genotypes are called
    tuple path(included), path(excluded), path(compartments)
    val transversions_only
    val max_k

    output:
    path("likelihood_{pca,admixture}.tsv", emit: tables)
    path("likelihood_{pca,admixture}.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh PCANGSD"), emit: versions)

    script:
    """
    # ${task.ext.code}
    bedtools subtract -a ${included} -b ${excluded} > sites.bed
    ls *.likelihoods.bcf | sort > parts.txt
    bcftools concat -n -f parts.txt -Ob -o joined.bcf 2> concat.log || { cat concat.log >&2; exit 1; }
    bcftools view -T sites.bed -Ou joined.bcf \\
        | bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL]\\n' \\
        | beagle_likelihoods.py --id popgen --samples ${samples} --compartments ${compartments} ${transversions_only ? '--transversions-only' : ''} --beagle likelihoods.beagle.gz --order order.txt --out beagle.json
    if [ -s order.txt ]; then pcangsd --beagle likelihoods.beagle.gz --out pcangsd --threads ${task.cpus} > pcangsd.log 2>&1 || { cat pcangsd.log >&2; exit 1; }; fi
    for k in \$(seq 2 ${max_k}); do
        if [ "\$k" -lt "\$(wc -l < order.txt)" ]; then
            pcangsd --beagle likelihoods.beagle.gz --eig \$((k - 1)) --admix --admix-K "\$k" --admix-seed 11 --out k\$k --threads ${task.cpus} > k.K\$k.log 2>&1 || { cat k.K\$k.log >&2; exit 1; }
            mv k\$k.admix.\$k.Q k.K\$k.Q
        fi
    done
    admixture.py --step likelihood_admixture --samples ${samples} --order order.txt --fits k --table likelihood_admixture.tsv --out likelihood_admixture.json
    likelihood_components.py --likelihoods beagle.json --samples ${samples} --called ${called} --covariance pcangsd.cov --order order.txt --table likelihood_pca.tsv --out likelihood_pca.json
    """

    stub:
    """
    touch likelihood_pca.tsv likelihood_admixture.tsv
    echo '{"id": "popgen", "step": "likelihood_pca"}' > likelihood_pca.json
    echo '{"id": "popgen", "step": "likelihood_admixture"}' > likelihood_admixture.json
    """
}
