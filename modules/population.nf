// Steps of the population workflow that are our own scripts, and what its modules share.

// The reference as plain FASTA with its index, and the masks joined: what may be called, what may not, what is no autosome.
process PREPARE_REFERENCE {
    input:
    path fasta, stageAs: 'given/*'
    path mappability, stageAs: 'mappability.bed'                     // or [] : everything
    path excluded, stageAs: 'excluded/?/*'                           // [bed, ...], may be []
    path compartments, stageAs: 'given_compartments.tsv'             // or []

    output:
    tuple path("reference.fasta"), path("reference.fasta.fai"), emit: genome
    tuple path("included.bed"), path("excluded.bed"), path("compartments.tsv"), emit: masks
    tuple val(task.process), val('bedtools'), eval("bedtools --version | sed 's/bedtools v//'"), emit: versions

    script:
    """
    seqkit seq -w 80 ${fasta} > reference.fasta
    samtools faidx reference.fasta
    merged() { grep -hv '^#\\|^track\\|^browser' "\$@" | cut -f 1-3 | bedtools sort -g reference.fasta.fai -i - | bedtools merge -i - ; }
    ${mappability ? 'merged mappability.bed > included.bed' : "awk '{ print \$1 \"\\t0\\t\" \$2 }' reference.fasta.fai > included.bed"}
    ${excluded ? 'merged excluded/*/* > excluded.bed' : 'touch excluded.bed'}
    ${compartments ? 'grep -v "^#" given_compartments.tsv > compartments.tsv' : 'printf "chromosome\\tkind\\n" > compartments.tsv'}
    """

    stub:
    "touch reference.fasta reference.fasta.fai included.bed excluded.bed compartments.tsv"
}

process PLAN_REGIONS {
    input:
    tuple path(fasta), path(fai)
    val samples                                                      // number
    tuple val(window), val(region_size), val(max_regions)            // [bp, bp or '', number]
    val code_hash

    output:
    path "regions/*.bed"

    script:
    "plan_regions.py ${fai} --samples ${samples} --window-bp ${window} --max-regions ${max_regions} ${region_size ? "--region-bp ${region_size}" : ''} --outdir regions"

    stub:
    "mkdir regions && touch regions/region0001.bed regions/region0002.bed"
}

// The window of every sample, which samples are too shallow to be called, and their ploidy by chromosome.
process COHORT_DEPTHS {
    input:
    path depths, stageAs: 'depths/*'                                 // [json, ...]
    path samples                                                     // tsv
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val low_depth
    val code_hash

    output:
    tuple path("called_samples.tsv"), path("depth_windows.tsv"), path("ploidy.txt"), path("sexes.txt"), emit: cohort
    path "cohort.json", emit: metrics

    script:
    """
    cohort_depths.py --samples ${samples} --fai ${fai} --compartments ${compartments} --low-depth ${low_depth} --windows depth_windows.tsv \\
        --called called_samples.tsv --ploidy ploidy.txt --sexes sexes.txt --out cohort.json depths/*
    """

    stub:
    """
    touch called_samples.tsv depth_windows.tsv ploidy.txt sexes.txt
    echo '{"id": "popgen", "step": "cohort", "samples": []}' > cohort.json
    """
}

// All gVCFs in one folder, so that each region stages one link and not two a sample.
process GVCF_FOLDER {
    input:
    path gvcfs                                                       // [bcf or vcf.gz, csi or tbi, ...]

    output:
    path "gvcfs"

    script:
    """
    mkdir gvcfs
    cp --dereference --link ${gvcfs} gvcfs/ 2> /dev/null || cp --dereference ${gvcfs} gvcfs/
    """

    stub:
    "mkdir gvcfs"
}

// A VCF scanned in one region.
process SCAN_VCF {
    tag "${region.baseName}"

    input:
    tuple path(region), path(vcf), path(index)                       // [bed, vcf, csi]
    tuple path(fasta), path(fai)
    tuple path(samples), path(windows), path(ploidy), path(sexes)    // [tsv, tsv or [], txt or [], txt or []]
    tuple path(included), path(excluded), path(compartments)         // [bed, bed, tsv]
    path callable                                                    // bed, or []: rows say what is callable
    val options
    val code_hash

    output:
    tuple val(region.baseName), path("${region.baseName}.npz"), emit: scan
    tuple val(region.baseName), path("${region.baseName}.variants.bcf"), emit: variants
    tuple val(task.process), val('bcftools'), eval("bcftools --version | sed -n '1s/bcftools //p'"), emit: versions

    script:
    """
    bedtools slop -i ${region} -g ${fai} -b 100 > around.bed
    cut -f 1 ${samples} | sed 1d > samples.txt
    bcftools view -R around.bed -Ou ${vcf} \
        | bcftools view -T around.bed -I -S samples.txt -Ov \
        | ${scanSites('-', region, samples, windows, options + (callable ? " --callable ${callable}" : ''))}
    """

    stub:
    "touch ${region.baseName}.npz ${region.baseName}.variants.bcf"
}

// Where every one of the samples is callable.
process CALLABLE_IN_ALL {
    input:
    path beds                                                        // [bed, ...]

    output:
    path "callable_in_all.bed"

    script:
    "bedtools multiinter -i ${beds} | awk '\$4 == ${[beds].flatten().size()}' | cut -f 1-3 | bedtools merge -i - > callable_in_all.bed"

    stub:
    "touch callable_in_all.bed"
}

// The sums of all regions to the tables of the genome.
process COMBINE_REGIONS {
    input:
    path sums                                                        // [npz, ...]
    val code_hash

    output:
    path "*.tsv", emit: tables
    path "heterozygosity.tsv", emit: heterozygosity
    path "*.json", emit: metrics
    path "sample_bins.npz", emit: bins

    script:
    "combine_regions.py --id popgen --out . ${sums}"

    stub:
    """
    touch diversity.tsv divergence.tsv heterozygosity.tsv diversity_windows.tsv divergence_windows.tsv sample_bins.npz
    echo '{"id": "popgen", "step": "site_filters"}' > site_filters.json
    """
}

// Runs of homozygosity from heterozygous sites a callable base; bcftools roh, which goes by genotypes alone, beside it.
process RUNS_OF_HOMOZYGOSITY {
    input:
    path bins                                                        // npz
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val length_classes                                               // bp, comma-separated
    val code_hash

    output:
    path "roh.tsv", emit: runs
    path "froh.tsv", emit: table
    path "runs_of_homozygosity.json", emit: metrics
    tuple val(task.process), val('bcftools'), eval("bcftools --version | sed -n '1s/bcftools //p'"), emit: versions

    script:
    """
    ${passingGenotypes(variants, '-Ou')} | bcftools roh -G 30 --AF-dflt 0.4 -O r -o bcftools_roh.txt - 2> bcftools_roh.log || { cat bcftools_roh.log >&2; exit 1; }
    runs_of_homozygosity.py --id popgen --bins ${bins} --compartments ${compartments} --fai ${fai} --bcftools bcftools_roh.txt --length-classes ${length_classes} \
        --samples ${samples} --roh roh.tsv --froh froh.tsv --out runs_of_homozygosity.json
    """

    stub:
    """
    touch roh.tsv froh.tsv
    echo '{"id": "popgen", "step": "runs_of_homozygosity"}' > runs_of_homozygosity.json
    """
}

process KINSHIP {
    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    val code_hash

    output:
    path "kinship.tsv", emit: table
    path "kinship.json", emit: metrics

    script:
    "${passingGenotypes(variants, '-Ov')} | kinship_table.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --table kinship.tsv --out kinship.json"

    stub:
    """
    touch kinship.tsv
    echo '{"id": "popgen", "step": "kinship"}' > kinship.json
    """
}

// Principal components of unlinked variants, which are written as PLINK files, too.
process PCA {
    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    val code_hash

    output:
    path "pca.tsv", emit: table
    path "eigenvalues.tsv", emit: eigenvalues
    path "pca.json", emit: metrics
    tuple path("unlinked.bed"), path("unlinked.bim"), path("unlinked.fam"), emit: plink

    script:
    """
    ${passingGenotypes(variants, '-Ov')} | pca.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --plink unlinked \
        --pca pca.tsv --eigenvalues eigenvalues.tsv --out pca.json
    """

    stub:
    """
    touch pca.tsv eigenvalues.tsv unlinked.bed unlinked.bim unlinked.fam
    echo '{"id": "popgen", "step": "pca"}' > pca.json
    """
}

// What the alleles of coding variants do to proteins, counted by sample.
process GENETIC_LOAD {
    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(fasta), path(fai)
    path gff
    val code_hash

    output:
    path "load.tsv", emit: table
    path "load_sites.tsv", emit: sites
    path "genetic_load.json", emit: metrics
    tuple val(task.process), val('bcftools'), eval("bcftools --version | sed -n '1s/bcftools //p'"), emit: versions

    script:
    """
    csq_genes.py ${gff} --out genes.gff3
    bcftools query -l ${variants} > columns.txt
    bcftools view -f PASS,. -Ou ${variants} | bcftools filter -S . -e 'FMT/FT!="PASS"' -Ou \
        | bcftools csq --local-csq --phase a -f ${fasta} -g genes.gff3 -Ou 2> csq.log \
        | bcftools query -f '%CHROM\t%POS\t%REF\t%ALT\t%INFO/BCSQ[\t%GT]\n' \
        | genetic_load.py --columns columns.txt --samples ${samples} --table load.tsv --sites load_sites.tsv --out genetic_load.json || { cat csq.log >&2; exit 1; }
    """

    stub:
    """
    touch load.tsv load_sites.tsv
    echo '{"id": "popgen", "step": "genetic_load"}' > genetic_load.json
    """
}

// Distances between samples a callable site, and the tree of them by neighbour joining.
process DISTANCE_TREE {
    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    path heterozygosity                                              // tsv: callable sites of each sample
    tuple path(included), path(excluded), path(compartments)
    val code_hash

    output:
    path "distances.tsv", emit: table
    path "tree.nwk", emit: tree
    path "distance_tree.json", emit: metrics

    script:
    """
    callable=\$(awk -F '\\t' '\$2 == "autosome" && \$3 > most { most = \$3 } END { print most + 0 }' ${heterozygosity})
    ${passingGenotypes(variants, '-Ov')} | distance_tree.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --callable-sites "\$callable" \\
        --distances distances.tsv --tree tree.nwk --out distance_tree.json
    """

    stub:
    """
    touch distances.tsv tree.nwk
    echo '{"id": "popgen", "step": "distance_tree"}' > distance_tree.json
    """
}

process LD_DECAY {
    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    val code_hash

    output:
    path "ld_decay.tsv", emit: table
    path "ld_decay.json", emit: metrics

    script:
    "${passingGenotypes(variants, '-Ov')} | ld_decay.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --table ld_decay.tsv --out ld_decay.json"

    stub:
    """
    touch ld_decay.tsv
    echo '{"id": "popgen", "step": "ld_decay"}' > ld_decay.json
    """
}

// Effective size from linkage between chromosomes, one of each pair of duplicates left out.
process EFFECTIVE_SIZE {
    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    path kinship                                                     // tsv
    tuple path(included), path(excluded), path(compartments)
    val code_hash

    output:
    path "effective_size.tsv", emit: table
    path "effective_size.json", emit: metrics

    script:
    """
    copies=\$(awk -F '\\t' '\$NF == "duplicate_or_swap" { print \$2 }' ${kinship} | sort -u | paste -sd,)
    ${passingGenotypes(variants, '-Ov')} | effective_size.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} --exclude "\$copies" --table effective_size.tsv --out effective_size.json
    """

    stub:
    """
    touch effective_size.tsv
    echo '{"id": "popgen", "step": "effective_size"}' > effective_size.json
    """
}

// Historical against modern samples whose genotypes are called, at transversions.
process TEMPORAL_CONTRAST {
    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(included), path(excluded), path(compartments)
    val generations                                                  // between the two, or ''
    val code_hash

    output:
    path "{temporal,contrast}.tsv", emit: tables
    path "temporal_contrast.json", emit: metrics

    script:
    """
    ${passingGenotypes(variants, '-Ov')} | temporal_contrast.py --id popgen --vcf - --samples ${samples} --compartments ${compartments} ${generations ? "--generations ${generations}" : ''} \\
        --temporal temporal.tsv --contrast contrast.tsv --out temporal_contrast.json
    """

    stub:
    """
    touch temporal.tsv contrast.tsv
    echo '{"id": "popgen", "step": "temporal_contrast"}' > temporal_contrast.json
    """
}

// Heterozygosity of one sample from genotype likelihoods, of all sites and of transversions.
process LIKELIHOOD_HETEROZYGOSITY {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(gvcf), path(index), val(max_depth)         // [meta, bcf, csi, x]
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val code_hash

    output:
    path "${meta.sample}.likelihood_heterozygosity.tsv", emit: table
    path "${meta.sample}.likelihood_heterozygosity.json", emit: metrics

    script:
    """
    bedtools subtract -a ${included} -b ${excluded} > sites.bed
    bcftools query -i 'INDEL=0 && FMT/DP<=${max_depth}' -f '%CHROM\\t%POS0\\t%END\\t%REF\\t%ALT[\\t%PL]\\n' ${gvcf} \\
        | bedtools intersect -sorted -g ${fai} -a - -b sites.bed \\
        | awk 'BEGIN { FS = OFS = "\\t" } { \$2 += 1; print }' \\
        | likelihood_heterozygosity.py --sample ${meta.sample} --compartments ${compartments} --table ${meta.sample}.likelihood_heterozygosity.tsv --out ${meta.sample}.likelihood_heterozygosity.json
    """

    stub:
    """
    touch ${meta.sample}.likelihood_heterozygosity.tsv
    echo '{"id": "popgen", "step": "likelihood_heterozygosity", "sample": "${meta.sample}"}' > ${meta.sample}.likelihood_heterozygosity.json
    """
}

// Frequency spectra of shallow samples by EM; without sites of a transition where old DNA is damaged.
process LIKELIHOOD_SPECTRUM {
    input:
    path gvcfs                                                       // folder of gVCFs and their indices
    path samples                                                     // tsv: all samples
    path called                                                      // tsv: those whose genotypes are called
    tuple path(fasta), path(fai)
    tuple path(included), path(excluded), path(compartments)
    val transversions_only
    val code_hash

    output:
    path "likelihood_spectrum.tsv", emit: table
    path "likelihood_spectrum.json", emit: metrics
    tuple val(task.process), val('bcftools'), eval("bcftools --version | sed -n '1s/bcftools //p'"), emit: versions

    script:
    """
    bedtools subtract -a ${included} -b ${excluded} > sites.bed
    cut -f 1 ${called} > called.txt
    awk -F '\\t' 'NR == FNR { called[\$1] = 1; next } FNR == 1 || !(\$1 in called)' called.txt ${samples} > shallow.tsv
    sed 1d shallow.tsv | cut -f 1 | while read name; do echo ${gvcfs}/\$name.g.*[fz]; done > gvcfs.txt
    if [ \$(wc -l < gvcfs.txt) -gt 1 ]; then joined="bcftools merge --gvcf ${fasta} -l gvcfs.txt -Ou"; else joined="bcftools view -Ou \$(cat gvcfs.txt)"; fi
    \$joined | bcftools convert --gvcf2vcf -f ${fasta} -Ou | bcftools view -T sites.bed -e 'INFO/INDEL=1' -Ou \\
        | bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL]\\n' \\
        | likelihood_spectrum.py --id popgen --samples shallow.tsv --compartments ${compartments} ${transversions_only ? '--transversions-only' : ''} --table likelihood_spectrum.tsv --out likelihood_spectrum.json
    """

    stub:
    """
    touch likelihood_spectrum.tsv
    echo '{"id": "popgen", "step": "likelihood_spectrum"}' > likelihood_spectrum.json
    """
}

process LIKELIHOOD_CONTRAST {
    input:
    path tables                                                      // [tsv, ...]
    path samples
    val code_hash

    output:
    path "likelihood_{heterozygosity,contrast}.tsv", emit: tables
    path "likelihood_contrast.json", emit: metrics

    script:
    "likelihood_contrast.py ${tables} --samples ${samples} --table likelihood_heterozygosity.tsv --contrast likelihood_contrast.tsv --out likelihood_contrast.json"

    stub:
    """
    touch likelihood_heterozygosity.tsv likelihood_contrast.tsv
    echo '{"id": "popgen", "step": "likelihood_contrast"}' > likelihood_contrast.json
    """
}

// One report of all samples, and what MultiQC shows of it.
process POPULATION_REPORT {
    input:
    path metrics, stageAs: 'metrics/*'                               // [json, ...]
    path tables, stageAs: 'tables/*'                                 // [tsv, ...]
    path tree, stageAs: 'tree.nwk'                                   // nwk, or []
    path samples, stageAs: 'samples.tsv'
    path software
    path tools
    val parameters                                                   // JSON
    val code_hash

    output:
    path "report.html", emit: report
    path "popgen.multiqc/*", emit: multiqc

    script:
    """
    cat > parameters.json <<'JSON'
    ${parameters}
    JSON
    population_report.py --metrics metrics/* --tables tables/* ${tree ? "--tree ${tree}" : ''} --samples samples.tsv --software ${software} --tools ${tools} --parameters parameters.json --out report.html
    multiqc_content.py --metrics metrics/* --tables tables/heterozygosity.tsv tables/froh.tsv --outdir popgen.multiqc
    """

    stub:
    "touch report.html && mkdir popgen.multiqc && touch popgen.multiqc/popgen_mqc.json"
}

// The scan of rows of a region: filters that tag and count, and the sums that the tables are made from. `source` is a VCF or - for
// standard input; tagged variants go to <region>.variants.bcf.
def scanSites(source, region, samples, windows, options) {
    return """scan_sites.py ${source} --samples ${samples} --out ${region.baseName}.npz --regions ${region} --compartments compartments.tsv --include included.bed --exclude excluded.bed \\
            ${windows ? "--depth-windows ${windows}" : ''} ${options} --variants - \\
        | bcftools view --no-version -Ob -o ${region.baseName}.variants.bcf"""
}

// Biallelic SNVs that passed, genotypes that did not set missing.
def passingGenotypes(variants, format) {
    return """bcftools view -f PASS,. -m2 -M2 -v snps -Ou ${variants} | bcftools filter -S . -e 'FMT/FT!="PASS"' ${format}"""
}
