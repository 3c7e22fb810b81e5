"""A given assembly with genes, reads and specimens, to submit: genomes.yml and all that it names."""

import gzip
import random
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from flat_files import coding
from specimens import BASE, table


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    rng = random.Random(3)

    def sequence(length: int) -> str:
        return "".join(rng.choices("acgt", k=length))

    for haplotype in ("hap1", "hap2"):
        letters = sequence(300) + coding(rng, 60) + sequence(300)
        (folder / f"{haplotype}.fasta").write_text(f">SUPER_1\n{letters}\n>loose\n{sequence(400)}\n")
    (folder / "mito.fasta").write_text(f">mito\n{sequence(400)}\n")
    (folder / "wolbachia.fasta").write_text(f">wolbachia\n{sequence(900)}\n")
    (folder / "chromosomes.tsv").write_text("SUPER_1\t1\tLinear-Chromosome\n")
    rows = [("gene", 281, 500, ".", "ID=g1"), ("mRNA", 281, 500, ".", "ID=t1;Parent=g1")]
    rows += [("exon", 281, 500, ".", "Parent=t1"), ("CDS", 301, 486, "0", "Parent=t1")]
    lines = [
        f"SUPER_1\t.\t{kind}\t{start}\t{end}\t.\t+\t{phase}\t{said}" for kind, start, end, phase, said in rows
    ]
    (folder / "genes.gff3").write_text("\n".join(["##gff-version 3", *lines, ""]))
    for name, prefix in (("hic_1", "h"), ("hic_2", "h"), ("hifi", "m")):
        reads = (f"@{prefix}{n}\n{sequence(100).upper()}\n+\n{'I' * 100}\n" for n in range(50))
        (folder / f"{name}.fastq.gz").write_bytes(gzip.compress("".join(reads).encode()))
    muscle = BASE | {"alias": "muscle", "sample derived from": BASE["alias"], "organism part": "MUSCLE"}
    table(folder, BASE | {"accession": "SAMEA1"}, muscle, delimiter=",")
    genome = {
        "name": "Parus major", "id": "bParMaj1", "taxid": 9157, "locus_tag": "LINN", "mito_code": 2,
        "hifi": [{"reads": "hifi.fastq.gz", "library": "cell1", "instrument": "Revio", "coverage": 30}],
        "hic": [{"read1": "hic_1.fastq.gz", "read2": "hic_2.fastq.gz", "kit": "arima_v2"}],
        "assembly": {
            "stage": "curated", "assembler": "hifiasm 0.25.0",
            "haplotypes": {"hap1": "hap1.fasta", "hap2": "hap2.fasta"},
        },
        "annotation": "genes.gff3",
        "submission": {
            "studies": {"hap1": "PRJEB1"}, "platform": "PacBio Revio",
            "chromosomes": {"hap1": "chromosomes.tsv", "hap2": "chromosomes.tsv"},
            "mitochondrion": {"fasta": "mito.fasta", "circular": True, "coverage": 800,
                              "program": "MitoHiFi 3.2"},
            "cobionts": [
                {"name": "Wolbachia pipientis", "id": "bParMaj1.wolbachia", "fasta": "wolbachia.fasta"}
            ],
        },
    }  # fmt: skip
    (folder / "genomes.yml").write_text(yaml.safe_dump([genome], sort_keys=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
