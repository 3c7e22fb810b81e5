"""The package of an annotated genome (200 Mb, 20,000 genes) for ENA, and its check, beside plain reading."""

import sys
from pathlib import Path

from timing import Limit, apart, at_most, below, compare

MEMORY_LIMIT_MB = 500
# Times the CPU of reading the same files line by line.
WRITE_TIMES, CHECK_TIMES = 2, 2
# What every converter in Python does: lines of the genome in lower case, rows split, a file compressed.
PLAIN_WRITE = """
import gzip, sys
fasta, genes, out = sys.argv[1:]
with gzip.open(out, "wt", compresslevel=1) as copy:
    for line in open(fasta):
        copy.write(line.lower())
    rows = [line.rstrip("\\n").split("\\t") for line in open(genes)]
"""
PLAIN_READ = """
import gzip, sys
for line in gzip.open(sys.argv[1], "rt"):
    line.split()
"""
GENES, BASES, CHROMOSOMES, EXONS = 20_000, 200_000_000, 40, 9
LINNAEA = [sys.executable, "-c", "import sys; from linnaea.cli import main; sys.exit(main())", "submission"]


def make_genome(folder: Path) -> None:
    """A genome of A and C, which has no stop codon on either strand but those at the ends of its genes."""
    import numpy as np

    rng = np.random.default_rng(5)
    size, per_chromosome = BASES // CHROMOSOMES, GENES // CHROMOSOMES
    with (folder / "genome.fa").open("wb") as fasta, (folder / "genes.gff3").open("w") as table:
        table.write("##gff-version 3\n")
        for number in range(1, CHROMOSOMES + 1):
            name = f"SUPER_{number}"
            letters = np.frombuffer(b"AC", np.uint8)[rng.integers(0, 2, size)]
            letters[size // 2 + 7 : size // 2 + 207] = ord("N")
            for gene, first in enumerate(np.linspace(1000, size - 10_000, per_chromosome, dtype=int)):
                at = int(first) if abs(first - size // 2) > 10_000 else -1
                if at < 0:
                    continue
                sizes, gaps = rng.integers(20, 100, EXONS) * 3, rng.integers(60, 400, EXONS)
                starts = at + np.r_[0, np.cumsum(sizes + gaps)[:-1]]
                ends = starts + sizes
                strand = "+-"[gene % 2]
                begin, stop = (b"ATG", b"TAA") if strand == "+" else (b"TTA", b"CAT")
                letters[starts[0] : starts[0] + 3] = np.frombuffer(begin, np.uint8)
                letters[ends[-1] - 3 : ends[-1]] = np.frombuffer(stop, np.uint8)
                ident, place = f"g{number}_{gene}", f"{name}\tLinnaea\t"
                low, high = starts[0] - 50, ends[-1] + 50
                rows = [
                    f"{place}gene\t{low + 1}\t{high}\t.\t{strand}\t.\tID={ident};Name=abc{gene}\n",
                    f"{place}mRNA\t{low + 1}\t{high}\t.\t{strand}\t.\tID={ident}.t1;Parent={ident};"
                    "product=serine/threonine-protein kinase;Dbxref=InterPro:IPR000719\n",
                ]
                for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
                    outer = (start - 50 * (index == 0), end + 50 * (index == EXONS - 1))
                    rows.append(
                        f"{place}exon\t{outer[0] + 1}\t{outer[1]}\t.\t{strand}\t.\tParent={ident}.t1\n"
                    )
                    rows.append(f"{place}CDS\t{start + 1}\t{end}\t.\t{strand}\t0\tParent={ident}.t1\n")
                table.writelines(rows)
            fasta.write(b">%b\n" % name.encode())
            lines = np.full((size // 50, 51), ord("\n"), np.uint8)
            lines[:, :50] = letters[: size // 50 * 50].reshape(-1, 50)
            fasta.write(lines.tobytes())


def limits(folder: Path, runs: int) -> list[Limit]:
    """All limits of submissions."""
    apart(make_genome, folder)
    write = [
        *LINNAEA, "ena", "--fasta", str(folder / "genome.fa"), "--genes", str(folder / "genes.gff3"),
        "--name", "xxBench1.1", "--organism", "Bench species", "--study", "PRJEB1", "--sample", "SAMEA1",
        "--coverage", "30", "--program", "x", "--platform", "y", "--locus-tag", "BENCH", "--out", str(folder),
    ]  # fmt: skip
    check = [*LINNAEA, "check", str(folder / "xxBench1.1.manifest.txt"), "--locus-tag", "BENCH"]
    flat = str(folder / "xxBench1.1.embl.gz")
    plain = [sys.executable, "-c", PLAIN_WRITE, str(folder / "genome.fa"), str(folder / "genes.gff3")]
    commands = {
        "submission ena": write,
        "submission check": check,
        "plain writing": [*plain, str(folder / "plain.gz")],
        "plain reading": [sys.executable, "-c", PLAIN_READ, flat],
    }
    measured = compare(f"Package of {GENES:,} genes, {BASES // 1_000_000} Mb", commands, runs)
    limits = []
    for name, peer, times in (
        ("submission ena", "plain writing", WRITE_TIMES),
        ("submission check", "plain reading", CHECK_TIMES),
    ):
        limits += [
            at_most(times, measured[name].cpu, measured[peer].cpu, name, peer),
            below(MEMORY_LIMIT_MB, measured[name].mb, name),
        ]
    return limits
