"""Inputs whose names inside files are commands to a shell: an assembly, its genes and reads, a VCF."""

import gzip
import random
import subprocess
import sys
from pathlib import Path

# What SAM allows in the name of a sequence; $IFS is the space that it does not.
COMMANDS = (
    "s1;touch$IFS./canary_1", "s2|touch$IFS./canary_2", "s3&touch$IFS./canary_3", "$PATH", "s5#x", "s6*",
    "s7?x!$!", "-s8", "s9;s9:1-9", "~root",
)  # fmt: skip
# Reads, genes and descriptions may hold any letter.
FREE = (
    "$(touch${IFS}canary_4)",
    "`touch${IFS}canary_5`",
    "';touch${IFS}canary_6;'",
    '";touch${IFS}canary_7;"',
)


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    rng = random.Random(7)
    genome = {name: "".join(rng.choices("ACGT", k=6000)) for name in COMMANDS}
    fasta = "".join(f">{name} $(touch canary_8)\n{bases}\n" for name, bases in genome.items())
    (folder / "assembly.fasta").write_text(fasta)
    reads, rows = [], ["##gff-version 3"]
    for at, (name, bases) in enumerate(genome.items()):
        odd = FREE[at % len(FREE)]
        for number in range(6):
            start = number * 600
            reads.append(f"@{odd}{at}/{number}\n{bases[start : start + 3000]}\n+\n{'I' * 3000}\n")
        gene, mrna = f"ID=g{at}{odd.replace(';', '%3B')}", f"Parent=g{at}{odd.replace(';', '%3B')}"
        place = f"{name}\t.\t"
        rows += [
            f"{place}gene\t101\t700\t.\t+\t.\t{gene};Name={odd.replace(';', '%3B')}",
            f"{place}mRNA\t101\t700\t.\t+\t.\tID=t{at};{mrna}",
            f"{place}exon\t101\t700\t.\t+\t.\tID=e{at};Parent=t{at}",
            f"{place}CDS\t101\t700\t.\t+\t0\tID=c{at};Parent=t{at}",
        ]
    (folder / "reads.fastq.gz").write_bytes(gzip.compress("".join(reads).encode()))
    # names of files that steps write as well: the user's must stay as they are
    (folder / "joined.gff3").write_text("\n".join(rows) + "\n")
    for mate, shift in ((1, 0), (2, 900)):
        pairs = []
        for at, bases in enumerate(genome.values()):
            for start in range(0, 5000, 250):
                read = bases[start + shift : start + shift + 100]
                turned = read if mate == 1 else read[::-1].translate(str.maketrans("ACGT", "TGCA"))
                pairs.append(f"@{FREE[at % len(FREE)]}{at}/{start}\n{turned}\n+\n{'I' * 100}\n")
        (folder / f"hic_{mate}.fastq.gz").write_bytes(gzip.compress("".join(pairs).encode()))
    (folder / "genomes.yml").write_text(
        "- {name: Aus bus, id: ilAusBus1, hifi: [{reads: [reads.fastq.gz]}], annotation: joined.gff3,\n"
        "   hic: [{read1: hic_1.fastq.gz, read2: hic_2.fastq.gz}],\n"
        "   assembly: {stage: curated, haplotypes: {hap1: assembly.fasta}}}\n"
    )
    header = ["##fileformat=VCFv4.2", '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">']
    header += [f"##contig=<ID={name},length=6000>" for name in COMMANDS]
    samples = [f"x{number}" for number in range(6)]
    header.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(samples))
    rows = []
    for name, bases in genome.items():
        for place in range(50, 6000, 40):
            other = rng.choice([base for base in "ACGT" if base != bases[place - 1]])
            calls = "\t".join(rng.choice(("0/0", "0/1", "1/1")) for _ in samples)
            fields = (
                name,
                place,
                rng.choice(FREE[:2]),
                bases[place - 1],
                other,
                60,
                "PASS",
                ".",
                "GT",
                calls,
            )
            rows.append("\t".join(map(str, fields)))
    (folder / "variants.vcf").write_text("\n".join(header + rows) + "\n")
    subprocess.run(["bgzip", folder / "variants.vcf"], check=True)
    (folder / "samples.csv").write_text(
        "sample,population\n" + "".join(f"{name},p{at % 2}\n" for at, name in enumerate(samples))
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
