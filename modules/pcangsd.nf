// Population structure of all samples, also shallow ones, from genotype likelihoods; without transitions if old DNA is damaged.
process PCANGSD {
    ext(code: { Code.hash(projectDir, 'beagle_likelihoods.py', 'likelihood_components.py') })

    input:
    path parts                                                       // [bcf, ...]: likelihoods of the regions
    path samples
    path called                                                      // samples whose genotypes are called
    tuple path(included), path(excluded), path(compartments)
    val transversions_only

    output:
    path("likelihood_pca.tsv", emit: table)
    path("likelihood_pca.json", emit: metrics)
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
    likelihood_components.py --likelihoods beagle.json --samples ${samples} --called ${called} --covariance pcangsd.cov --order order.txt --table likelihood_pca.tsv --out likelihood_pca.json
    """

    stub:
    """
    touch likelihood_pca.tsv
    echo '{"id": "popgen", "step": "likelihood_pca"}' > likelihood_pca.json
    """
}
