#!/usr/bin/env bash
# All samples called together in one region, at every site, from the gVCFs of a folder.
#   call_region.sh REGION.bed GVCFS FASTA FAI SAMPLES.tsv PLOIDY SEXES [ALL_SITES.bcf]
# SAMPLES names in its first column those whose genotypes are wanted: they go to standard output as VCF, with 100 bp on either side of the
# region; nothing is written where it names none. SEXES lists all samples. Where some are not wanted, REGION.likelihoods.bcf gets the
# likelihoods of all at biallelic SNVs of QUAL 30 and more. ALL_SITES gets every site of the region.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/pipe_status.sh"
region=$1 gvcfs=$2 fasta=$3 fai=$4 samples=$5 ploidy=$6 sexes=$7 all_sites=${8:-}
name=$(basename "$region" .bed)

ulimit -n "$(ulimit -Hn)"
bedtools slop -i "$region" -g "$fai" -b 100 > around.bed
cut -f 1 "$samples" | sed 1d > called.txt
find -L "$gvcfs" -name '*.bcf' -o -name '*.vcf.gz' | sort > gvcfs.txt
if [ "$(wc -l < gvcfs.txt)" -gt 1 ]; then
    joined=(bcftools merge --gvcf "$fasta" -R around.bed -l gvcfs.txt -Ou)
else
    joined=(bcftools view -R around.bed -Ou "$(cat gvcfs.txt)")
fi

# every site passes three readers; each reads to its end, so none stops the others
mkfifo sites likelihoods
if [ -n "$all_sites" ]; then
    bcftools view -T "$region" -Ob -o "$all_sites" < sites &
else
    cat > /dev/null < sites &
fi
sites=$!
if [ "$(wc -l < called.txt)" -lt "$(wc -l < "$sexes")" ]; then
    bcftools view --no-version -T "$region" -m2 -M2 -v snps -i 'QUAL>=30' -Ob -o "$name.likelihoods.bcf" < likelihoods &
else
    cat > /dev/null < likelihoods &
fi
likelihoods=$!
"${joined[@]}" \
    | bcftools call -m -a GQ --ploidy-file "$ploidy" -S "$sexes" -Ou \
    | bcftools convert --gvcf2vcf -f "$fasta" -Ou \
    | bcftools view -T around.bed -e 'INFO/INDEL=1 && ALT="."' -Ou \
    | tee sites likelihoods \
    | if [ -s called.txt ]; then bcftools view -I -S called.txt -Ov; else cat > /dev/null; fi
wait $sites
wait $likelihoods
rm sites likelihoods
