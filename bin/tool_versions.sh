#!/bin/sh
# Made from containers/software.yml by `linnaea software`.
# tool_versions.sh PROCESS [PROGRAM]: the tools of a process and their versions, one per line. PROGRAM is run
# in place of the tool's own. A tool that prints no version has the version "unknown".
version() {
    before=$1 number=$2 after=$3
    shift 3
    [ -z "$program" ] || { shift; set -- "$program" "$@"; }
    # what it writes to stderr is read after stdout
    found=$({ errors=$("$@" < /dev/null 2>&1 >&3 3>&-); echo "$errors"; } 3>&1 \
        | grep -oE -e "$before$number$after" | sed -nE "1{s/^$before//;s/$after\$//;p;}")
    printf '%s\t%s\n' "$tool" "${found:-unknown}"
}
program=${2:-}
case $1 in
    ADAPTERREMOVAL) tools='adapterremoval' ;;
    ADOPT_ORGANELLE) tools='aragorn' ;;
    ARAGORN) tools='aragorn' ;;
    ASSEMBLE_ORGANELLE) tools='kmc racon minimap2 aragorn' ;;
    AUGUSTUS) tools='augustus' ;;
    BARRNAP) tools='barrnap' ;;
    BCFTOOLS_GVCF) tools='bcftools' ;;
    BRAKER3) tools='braker3' ;;
    BUSCO) tools='busco' ;;
    BUSCO_PROTEINS) tools='busco' ;;
    BWA_INDEX) tools='bwa' ;;
    CALLABLE_IN_ALL) tools='bedtools' ;;
    CALL_REGION) tools='bcftools bedtools' ;;
    CMSCAN) tools='infernal' ;;
    CONCAT_VARIANTS) tools='bcftools' ;;
    COOLER_MCOOL) tools='samtools bgzip pairtools cooler' ;;
    COVERAGE_CAP) tools='seqkit' ;;
    CURATION_BUNDLE) tools='minimap2 cooler windowmasker' ;;
    CUTADAPT_HIFI) tools='cutadapt seqkit' ;;
    DEEPVARIANT) tools='deepvariant' ;;
    DIAMOND) tools='diamond' ;;
    DISTANCE_TREE) tools='bcftools' ;;
    EFFECTIVE_SIZE) tools='bcftools' ;;
    EGGNOG_MAPPER) tools='eggnog-mapper' ;;
    FASTMIXTURE) tools='fastmixture' ;;
    FASTP) tools='fastp seqkit' ;;
    FCS_ADAPTOR) tools='fcs-adaptor' ;;
    FCS_GX) tools='fcs-gx' ;;
    FLYE) tools='flye' ;;
    FUNCTIONAL_ANNOTATION) tools='genometools' ;;
    F_STATISTICS) tools='bcftools' ;;
    GALBA) tools='galba' ;;
    GENETIC_LOAD) tools='bcftools' ;;
    GENE_SET) tools='samtools' ;;
    GENOTYPE_GVCFS) tools='bcftools gatk' ;;
    GIVEN_GVCF) tools='bcftools' ;;
    GLNEXUS) tools='bcftools glnexus' ;;
    HAPLOTYPECALLER) tools='samtools gatk' ;;
    HAPLOTYPE_READS) tools='seqkit whatshap bcftools minimap2 samtools' ;;
    HIC_PAIRS) tools='samtools bgzip bwa pairtools' ;;
    HIFIASM) tools='hifiasm' ;;
    HISAT2_ALIGN) tools='samtools hisat2' ;;
    HISAT2_INDEX) tools='hisat2' ;;
    HISTORY) tools='kmc' ;;
    HMMSEARCH) tools='hmmer' ;;
    INDEX_VCF) tools='bcftools' ;;
    INTERPROSCAN) tools='interproscan' ;;
    KINSHIP) tools='bcftools' ;;
    KMC_COUNT) tools='kmc' ;;
    KMER_EVALUATION) tools='kmc' ;;
    LD_DECAY) tools='bcftools' ;;
    LIFT_OVER) tools='minimap2' ;;
    LIKELIHOOD_HETEROZYGOSITY) tools='bcftools bedtools' ;;
    LIKELIHOOD_SPECTRUM) tools='bcftools bedtools' ;;
    MAPDAMAGE) tools='samtools mapdamage' ;;
    MAP_HISTORICAL) tools='samtools bwa' ;;
    MAP_MODERN) tools='fastp samtools bwa' ;;
    MINIMAP2_SPLICE) tools='minimap2 samtools' ;;
    MINIPROT) tools='miniprot' ;;
    MITOHIFI) tools='mitohifi' ;;
    MULTIQC) tools='multiqc' ;;
    NAME_CHROMOSOMES) tools='minimap2' ;;
    OATK) tools='hmmer oatk' ;;
    OMARK) tools='omark' ;;
    PCA) tools='bcftools' ;;
    PCANGSD) tools='bcftools bedtools pcangsd' ;;
    POLISH_CONTIGS) tools='kmc seqkit racon minimap2' ;;
    PREPARE_REFERENCE) tools='seqkit samtools' ;;
    PRETEXT) tools='pretext-suite' ;;
    PSAURON) tools='psauron' ;;
    PURGE_ALIGNMENTS) tools='minimap2 bgzip' ;;
    PURGE_DUPLICATES) tools='minimap2' ;;
    PURGE_DUPS) tools='purge_dups' ;;
    RACON) tools='seqkit racon minimap2 bgzip' ;;
    READ_DEPTH) tools='minimap2' ;;
    REPEATMASKER) tools='repeatmasker' ;;
    REPEATMODELER) tools='repeatmodeler' ;;
    RUNS_OF_HOMOZYGOSITY) tools='bcftools' ;;
    SAMPLE_BAM) tools='samtools' ;;
    SAMPLE_DEPTH) tools='samtools' ;;
    SAMTOOLS_FASTQ) tools='samtools bgzip' ;;
    SAMTOOLS_PAIRS) tools='samtools' ;;
    SCAN_VCF) tools='bcftools bedtools' ;;
    SCREEN_CONTIGS) tools='minimap2 blast pyrodigal' ;;
    SEPARATE_ORGANELLE) tools='minimap2' ;;
    SIZE_HISTORY) tools='bcftools' ;;
    SNAP) tools='snap' ;;
    SPALN) tools='spaln' ;;
    STAR_ALIGN) tools='samtools star' ;;
    STAR_INDEX) tools='star' ;;
    STRINGTIE) tools='stringtie' ;;
    STRINGTIE_MERGE) tools='samtools bgzip stringtie bedtools' ;;
    SUBSAMPLE) tools='samtools' ;;
    SYNTENY) tools='minimap2' ;;
    TEMPORAL_CONTRAST) tools='bcftools' ;;
    TIARA) tools='tiara' ;;
    TRAIN_GENES) tools='augustus' ;;
    TRNASCAN) tools='trnascan-se' ;;
    TRUTH_CHECK) tools='seqkit minimap2 bgzip' ;;
    WINDOWMASKER) tools='seqkit windowmasker tantan' ;;
    WINDOW_SCANS) tools='bcftools' ;;
    WTDBG2) tools='seqkit wtdbg2' ;;
    YAHS) tools='yahs' ;;
    *) echo "tool_versions.sh: containers/software.yml names no tool of the process $1" >&2; exit 1 ;;
esac
for tool in $tools; do
    case $tool in
        kmc) version 'ver\. ' '[0-9.]+' '' kmc ;;
        cutadapt) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' cutadapt --version ;;
        fastp) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' fastp --version ;;
        seqkit) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' seqkit version ;;
        wtdbg2) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' wtdbg2 -V ;;
        racon) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' racon --version ;;
        whatshap) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' whatshap --version ;;
        bcftools) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' bcftools --version ;;
        minimap2) version '' '[0-9][^[:space:]]+' '' minimap2 --version ;;
        samtools) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' samtools --version ;;
        bgzip) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' bgzip --version ;;
        bwa) version 'Version: ' '[^[:space:]]+' '' bwa ;;
        pairtools) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' pairtools --version ;;
        cooler) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' cooler --version ;;
        multiqc) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' multiqc --version ;;
        blast) version 'blastn: ' '[^[:space:]]+' '' blastn -version ;;
        pyrodigal) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' python3 -c "import pyrodigal; print(pyrodigal.__version__)" ;;
        windowmasker) version 'blastn: ' '[^[:space:]]+' '' blastn -version ;;
        tantan) version 'tantan ' '[0-9]+' '' tantan --version ;;
        hisat2) version 'version ' '[0-9.]+' '' hisat2 --version ;;
        star) version '' '[0-9][A-Za-z0-9_.]+' '' STAR --version ;;
        stringtie) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' stringtie --version ;;
        bedtools) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' bedtools --version ;;
        spaln) version 'version ' '[0-9.]+[A-Za-z0-9_]?' '' spaln ;;
        augustus) version '\(' '[0-9.]+' '\)' augustus --version ;;
        snap) version 'version ' '[0-9-]+' '' snap-hmm ;;
        barrnap) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' barrnap --version ;;
        aragorn) version 'v' '[0-9.]+' '' aragorn -h ;;
        infernal) version 'INFERNAL ' '[0-9.]+' '' cmscan -h ;;
        diamond) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' diamond version ;;
        hmmer) version 'HMMER ' '[0-9.]+' '' hmmsearch -h ;;
        genometools) version 'GenomeTools\) ' '[0-9.]+' '' gt --version ;;
        hifiasm) version '' '[0-9][^[:space:]]+' '' hifiasm --version ;;
        oatk) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' oatk --version ;;
        mitohifi) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' mitohifi.py --version ;;
        fcs-gx) version ':v' '[0-9][0-9.]+' '' gx --help ;;
        fcs-adaptor) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' av_screen_x --version ;;
        tiara) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' tiara --version ;;
        purge_dups) version 'Version: ' '[0-9][0-9.]+' '' purge_dups -h ;;
        pretext-suite) version 'Version ' '[^[:space:]]+' '' PretextMap ;;
        yahs) version '' '[0-9][A-Za-z0-9_.]+' '' yahs --version ;;
        flye) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' flye --version ;;
        busco) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' busco --version ;;
        psauron) version 'PSAURON version ' '[0-9.]+' '' psauron -h ;;
        omark) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' omark --version ;;
        miniprot) version '' '[0-9][^[:space:]]+' '' miniprot --version ;;
        repeatmasker) version 'version ' '[0-9.]+' '' RepeatMasker -v ;;
        repeatmodeler) version 'version ' '[0-9.]+' '' RepeatModeler -version ;;
        braker3) version 'version ' '[0-9.]+' '' braker.pl --version ;;
        galba) version 'version ' '[0-9.]+' '' galba.pl --version ;;
        trnascan-se) version 'tRNAscan-SE ' '[0-9.]+' '' tRNAscan-SE -h ;;
        interproscan) version 'version ' '[0-9.-]+' '' interproscan.sh --version ;;
        eggnog-mapper) version 'emapper-' '[0-9.]+' '' emapper.py --version ;;
        adapterremoval) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' AdapterRemoval --version ;;
        mapdamage) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' mapDamage --version ;;
        fastmixture) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' fastmixture --version ;;
        pcangsd) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' pcangsd --version ;;
        gatk) version '\(GATK\) v' '[0-9.]+' '' gatk --version ;;
        deepvariant) version '' '[0-9]+\.[0-9]+(\.[0-9]+)*' '' run_deepvariant --version ;;
        glnexus) version 'release v' '[0-9.]+' '' glnexus_cli --help ;;
    esac
done
