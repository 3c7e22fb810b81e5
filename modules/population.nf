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
        --roh roh.tsv --froh froh.tsv --out runs_of_homozygosity.json
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
