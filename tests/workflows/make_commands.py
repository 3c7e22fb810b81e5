"""Inputs of commands.nf: one gene in three genetic codes, RNA reads as BAM and CRAM, contigs with Hi-C."""

import gzip
import json
import random
import sys
from pathlib import Path

import pysam
from Bio.Data.CodonTable import unambiguous_dna_by_id

CODES = (1, 6, 12)
# A tRNA of the shape of tRNA-Leu, whose anticodon TTA reads the codon TAA.
SUPPRESSOR = "GGAGGGTTGGCCGAGTGGTCTAAGGCGGCAGACTTTAGATCTGTTGGACGGTTGTCCGCGCGAGTTCGAACCTCGCATCCTTCA"


def gene(rng: random.Random, protein: str, code: int) -> str:
    """DNA of a protein in a code, with the codons that the standard code reads otherwise, if any."""
    table = unambiguous_dna_by_id[code]
    standard = unambiguous_dna_by_id[1].forward_table
    codons: dict[str, list[str]] = {}
    for codon, letter in table.forward_table.items():
        codons.setdefault(letter, []).append(codon)
    own = {
        letter: [c for c in listed if standard.get(c) != letter] or listed
        for letter, listed in codons.items()
    }
    return "".join(rng.choice(own[letter]) for letter in protein) + "TGA"


def alignments(folder: Path, rng: random.Random, sequence: str) -> None:
    """Two sorted BAM and CRAM files (with secondary records) and interleaved FASTQ; five mates are lost."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": len(sequence)}]}
    reference = folder / "reference.fasta"
    reference.write_text(f">c1\n{sequence}\n")
    options = {
        "bam": ("wb", {}),
        "cram": ("wc", {}),
        "embedded.cram": ("wc", {"format_options": [b"embed_ref=1"]}),
    }
    for name in ("one", "two"):
        records = []
        for number in range(60):
            for mate in (64, 128):
                start = rng.randrange(len(sequence) - 50)
                read = pysam.AlignedSegment()
                read.query_name, read.flag = f"{name}{number}", 1 + mate + (16 if mate == 128 else 0)
                read.reference_id, read.reference_start, read.cigarstring = 0, start, "50M"
                read.query_sequence, read.query_qualities = sequence[start : start + 50], [35] * 50
                if number < 55 or mate == 64:  # five reads have lost their mate
                    records.append((start, read.flag, read))
                if number % 7 == 0:
                    records.append((start, read.flag + 256, read))
        for suffix, (mode, more) in options.items():
            path = str(folder / f"{name}.{suffix}")
            with pysam.AlignmentFile(
                path, mode, header=header, reference_filename=str(reference), **more
            ) as out:
                for _, flag, read in sorted(records, key=lambda record: record[0]):
                    read.flag = flag
                    out.write(read)
    for name in ("one", "two"):
        reads = [(number, mate) for number in range(60) for mate in (1, 2) if number < 55 or mate == 1]
        text = "".join(
            f"@{name}{number}/{mate}\n{sequence[number:][:50]}\n+\n{'I' * 50}\n" for number, mate in reads
        )
        (folder / f"{name}.fastq.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "reference.fasta.gz").write_bytes(gzip.compress(reference.read_bytes()))
    for path in folder.glob("reference.fasta*"):
        if path.suffix != ".gz":
            path.unlink()


def contacts(folder: Path, rng: random.Random, pairs: int = 6000) -> None:
    """Four contigs of one chromosome, every other one turned, and Hi-C pairs that get rarer with distance."""
    size, number = 50_000, 4
    chromosome = "".join(rng.choices("ACGT", k=size * number))
    complement = str.maketrans("ACGT", "TGCA")
    with gzip.open(folder / "contigs.fasta.gz", "wt") as out:
        for k in range(number):
            bases = chromosome[k * size : (k + 1) * size]
            out.write(f">contig{k}\n{bases.translate(complement)[::-1] if k % 2 else bases}\n")

    def place(position: int) -> str:
        k, within = divmod(position, size)
        return f"contig{k}\t{(size - 1 - within if k % 2 else within) + 1}"

    header = "".join(f"#chromsize: contig{k} {size}\n" for k in range(number))
    with gzip.open(folder / "contigs.pairs.gz", "wt") as out:
        out.write(f"## pairs format v1.0\n{header}#columns: readID chrom1 pos1 chrom2 pos2\n")
        while pairs:
            start = rng.randrange(size * number)
            end = start + int(500 * 400 ** rng.random())
            if end < size * number:
                out.write(f".\t{place(start)}\t{place(end)}\n")
                pairs -= 1


def chromosomes(folder: Path, rng: random.Random) -> None:
    """Scaffolds of two haplotypes (in the second one reversed, without the third chromosome), reads of both,
    and a curated map in which a scaffold is cut and a piece is a haplotig.
    """
    complement = str.maketrans("ACGT", "TGCA")
    first = ["".join(rng.choices("ACGT", k=size)) for size in (150_000, 200_000, 130_000, 3000)]
    second = [first[1][:198_000].translate(complement)[::-1], first[0][1000:], first[3]]
    for number, sequences in enumerate((first, second), 1):
        with gzip.open(folder / f"hap{number}.fasta.gz", "wt") as out:
            for index, letters in enumerate(sequences, 1):
                out.write(f">h{number}_scaffold_{index} of {len(letters)} bp\n{letters}\n")
    with gzip.open(folder / "hifi.fastq.gz", "wt") as out:
        for haplotype, sequences in enumerate((first, second), 1):
            for index, letters in enumerate(sequences):
                for number in range(len(letters) * 8 // 5000):
                    start = rng.randrange(max(1, len(letters) - 5000))
                    read = letters[start : start + 5000]
                    out.write(f"@r{haplotype}_{index}_{number}\n{read}\n+\n{'I' * len(read)}\n")
    (folder / "relative.gb").write_text("LOCUS       mito 400 bp DNA circular\n")
    for suffix in ("", ".h3f", ".h3i", ".h3m", ".h3p"):
        (folder / f"mito.fam{suffix}").write_text("stands for profiles")
    (folder / "gxdb").mkdir(exist_ok=True)
    for suffix in ("gxi", "gxs"):
        (folder / "gxdb" / f"all.{suffix}").write_text("stands for a database")
    with gzip.open(folder / "duplicated.fasta.gz", "wt") as out:
        out.write(f">ctg-1\n{first[0]}\n>ctg:2\n{first[0][40_000:80_000]}\n")
    profile = {"step": "genome_profile", "kmer_size": 21, "ploidy_model": 2, "haploid_kmer_coverage": 8}
    kmers = {"step": "kmer_evaluation", "haplotypes": [{"haplotype": "primary", "false_duplication_pct": 20}]}
    for name, record in (("profile", profile), ("kmers", kmers)):
        (folder / f"{name}.json").write_text(json.dumps({"id": "dup"} | record))
    with (
        gzip.open(folder / "hic_1.fastq.gz", "wt") as one,
        gzip.open(folder / "hic_2.fastq.gz", "wt") as other,
    ):
        for number in range(2000):
            letters = first[number % 3]
            start = rng.randrange(len(letters) - 20_000)
            for out, place in ((one, start), (other, start + rng.randrange(100, 19_900))):
                read = letters[place : place + 100]
                read = read if out is one else read.translate(complement)[::-1]
                out.write(f"@h{number}\n{read}\n+\n{'I' * 100}\n")
    rows = [
        ("Scaffold_1", 1, 100_000, 1, "h1_scaffold_2", 1, 100_000, "+", "Painted", "Hap_1"),
        ("Scaffold_2", 1, 198_000, 1, "h2_scaffold_1", 1, 198_000, "-", "Painted", "Hap_2"),
        ("Scaffold_3", 1, 130_000, 1, "h1_scaffold_3", 1, 130_000, "+", "Painted", "Hap_1", "X"),
        ("Scaffold_4", 1, 150_000, 1, "h1_scaffold_1", 1, 150_000, "+", "Painted", "Hap_1"),
        ("Scaffold_5", 1, 149_000, 1, "h2_scaffold_2", 1, 149_000, "+", "Painted", "Hap_2"),
        ("Scaffold_6", 1, 100_000, 1, "h1_scaffold_2", 100_001, 200_000, "+", "Haplotig"),
        ("Scaffold_7", 1, 3000, 1, "h1_scaffold_4", 1, 3000, "+", "Contaminant"),
    ]
    lines = ["\t".join(map(str, (*row[:4], "W", *row[4:]))) for row in rows]
    (folder / "map.agp").write_text("\n".join(lines) + "\n")


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    rng = random.Random(7)
    protein = "M" + "".join(rng.choices("ACDEFGHIKLMNPQRSTVWYQS", k=299))
    (folder / "lineage_odb12").mkdir(exist_ok=True)
    (folder / "proteins.fasta").write_text(f">relative\n{protein}\n")
    left, right = ("".join(rng.choices("ACGT", k=6000)) for _ in range(2))
    for code in CODES:
        sequence = left + gene(rng, protein, code) + right + SUPPRESSOR + left[:500]
        (folder / f"code{code}.fasta").write_text(f">c1\n{sequence}\n")
    alignments(folder, rng, left)
    contacts(folder, rng)
    chromosomes(folder, rng)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
