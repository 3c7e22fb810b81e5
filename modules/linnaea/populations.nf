// Functions of references, reads and variants of populations. This file has no processes, because the engine compiles it again for every file that includes it.

// The FASTA of a reference and its index, as processes take them.
def indexedFasta(reference) {
    return reference.map { record -> [record.fasta, record.fai] }
}

// The masks of a reference, as processes take them.
def masksOf(reference) {
    return reference.map { record -> [record.included, record.excluded, record.compartments] }
}

// The script line that splits interleaved FASTQ into mates_1.fastq.gz and mates_2.fastq.gz.
def splitMates(String name, reads) {
    return "split_pairs.py --id popgen --library ${name} --type illumina --first mates_1.fastq.gz --second mates_2.fastq.gz --out ${name}.read_pairs.json ${reads}\n    "
}

// The command that selects biallelic SNVs that passed, and sets genotypes that did not pass to missing.
def passingGenotypes(variants, format) {
    return """bcftools view -f PASS,. -m2 -M2 -v snps -Ou ${variants} | bcftools filter -S . -e 'FMT/FT!="PASS"' ${format}"""
}
