"""Passes over an annotation of 20,000 genes (450,000 lines) beside gt, gffread and plain reading."""

import sys
from pathlib import Path

from timing import BIN, Limit, apart, at_most, below, compare, compare_functions

MEMORY_LIMIT_MB = 500
# Times the CPU of the peer that ours may take.
GT_SHARE, BARE_FUNCTIONS, BARE_CODONS = 1, 6, 0.25
GENES = 20_000
# What every reader of tables in Python does: split the lines of the files, and write the first one again.
PLAIN = """
import sys
out, *paths = sys.argv[1:]
with open(out, "w") as copy:
    for path in paths:
        with open(path) as lines:
            rows = [line.rstrip("\\n").split("\\t") for line in lines]
        if path is paths[0]:
            copy.writelines("\\t".join(row) + "\\n" for row in rows)
"""


def make_annotation(folder: Path) -> None:
    """Genes in random order (GFF3), the assembly's .fai, BLAST and InterProScan tables of their proteins."""
    import numpy as np

    rng = np.random.default_rng(3)
    sequences = [f"scaffold_{n}" for n in range(1, 201)]
    at = dict.fromkeys(sequences, 1000)
    blocks, proteins, lengths = [], [], []
    for number, name in enumerate(rng.choice(sequences, GENES), 1):
        gene, strand, start = f"gene{number:05d}", "+-"[rng.integers(2)], at[name]
        sizes, gaps = rng.integers(60, 400, 9) * 3 + rng.integers(0, 3, 9), rng.integers(60, 3000, 9)
        starts = start + np.r_[0, np.cumsum(sizes + gaps)[:-1]]
        ends = starts + sizes - 1
        at[name] = int(ends[-1]) + int(rng.integers(200, 5000))
        rows = []
        for isoform in range(1 + (number % 6 == 0)):
            shown = slice(0, 9 - isoform)
            mrna = f"{gene}.t{isoform + 1}"
            proteins.append(mrna)
            lengths.append(int(sizes[shown].sum()) // 3)
            exons = list(zip(starts[shown].tolist(), ends[shown].tolist(), strict=True))
            place = f"{name}\tLinnaea\t"
            rows.append(
                f"{place}mRNA\t{exons[0][0]}\t{exons[-1][1]}\t.\t{strand}\t.\tID={mrna};Parent={gene};"
                f"evidence_score=0.{number % 90 + 10};intron_support=8/8;protein_support=0.91\n"
            )
            rows += [
                f"{place}exon\t{a}\t{b}\t.\t{strand}\t.\tID={mrna}.exon{i};Parent={mrna}\n"
                for i, (a, b) in enumerate(exons, 1)
            ]
            phase, coding = 0, []
            for a, b in exons if strand == "+" else exons[::-1]:
                coding.append(f"{place}CDS\t{a}\t{b}\t.\t{strand}\t{phase}\tID={mrna}.cds;Parent={mrna}\n")
                phase = (phase - (b - a + 1)) % 3
            rows += coding
        first = (
            f"{name}\tLinnaea\tgene\t{start}\t{ends[-1]}\t.\t{strand}\t.\tID={gene};biotype=protein_coding\n"
        )
        blocks.append("".join([first, *rows]))
    with (folder / "genes.gff3").open("w") as handle:
        handle.write("##gff-version 3\n")
        handle.writelines(blocks[i] for i in rng.permutation(len(blocks)))
    with (folder / "genome.fa.fai").open("w") as handle:
        handle.writelines(f"{name}\t{end + 1000}\t0\t80\t81\n" for name, end in at.items())
    with (folder / "hits.tsv").open("w") as handle:
        for n, protein in enumerate(proteins):
            for hit in range(5):
                number = (n * 7 + hit * 13) % 9000
                target = f"sp|P{number:05d}|NAM{number}_DROME"
                columns = (
                    protein, target, 80.5 - 7 * hit, 400, 40, 2, 1, lengths[n] - 20, 3, 402, "1e-90",
                    500 - 60 * hit,
                    f"{target} Protein kinase {number} OS=Drosophila melanogaster GN=Nam{number} PE=1",
                )  # fmt: skip
                handle.write("\t".join(map(str, columns)) + "\n")
    with (folder / "domains.tsv").open("w") as handle:
        for n, protein in enumerate(proteins):
            for row in range(4):
                family = (n * 3 + row) % 5000
                columns = (
                    protein, "0123456789abcdef", lengths[n], "Pfam", f"PF{family:05d}", f"Family {family}",
                    10, 90, "1.0E-20", "T", "20-11-2026", f"IPR{family:06d}",
                    f"Family {family}, conserved site", f"GO:{family:07d}|GO:{row:07d}", "-",
                )  # fmt: skip
                handle.write("\t".join(map(str, columns)) + "\n")


def passes(folder: Path, runs: int) -> list[Limit]:
    """Statistics, sorting and functions of the annotation."""
    apart(make_annotation, folder)
    at = {name: str(folder / name) for name in ("genes.gff3", "sorted.gff3", "genome.fa.fai")}
    out = ["--out", str(folder / "out")]
    ours = {
        "statistics": [str(BIN / "annotation_statistics.py"), at["genes.gff3"], "--id", "x", *out],
        "sorting": [
            str(BIN / "gff3_sort.py"), at["genes.gff3"], "--lengths", at["genome.fa.fai"],
            "--out", at["sorted.gff3"],
        ],
        "functions": [
            str(BIN / "functional_annotation.py"), at["sorted.gff3"], "--id", "x",
            "--hits", str(folder / "hits.tsv"), "--interproscan", str(folder / "domains.tsv"),
            "--locus-tag", "BENCH", *out, "--table", str(folder / "table"),
            "--metrics", str(folder / "metrics"),
        ],
    }  # fmt: skip
    commands = {
        "statistics": {
            "annotation_statistics.py": [sys.executable, *ours["statistics"]],
            "gt stat": ["gt", "stat", at["genes.gff3"]],
        },
        "sorting": {
            "gff3_sort.py": [sys.executable, *ours["sorting"]],
            "gt gff3 -sort -tidy": ["gt", "gff3", "-sort", "-tidy", at["genes.gff3"]],
            "gffread (models only)": ["gffread", at["genes.gff3"], "-o", str(folder / "gffread.gff3")],
        },
        "functions": {
            "functional_annotation.py": [sys.executable, *ours["functions"]],
            "reading and writing": [
                sys.executable,
                "-c",
                PLAIN,
                str(folder / "copy.gff3"),
                at["sorted.gff3"],
                str(folder / "hits.tsv"),
                str(folder / "domains.tsv"),
            ],
        },
    }
    limits = []
    for what, peer, times in (
        ("statistics", "gt stat", GT_SHARE),
        ("sorting", "gt gff3 -sort -tidy", GT_SHARE),
        ("functions", "reading and writing", BARE_FUNCTIONS),
    ):
        measured = compare(f"Annotation of {GENES:,} genes, {what}", commands[what], runs)
        script = next(iter(commands[what]))
        limits += [
            at_most(times, measured[script].cpu, measured[peer].cpu, script, peer),
            below(MEMORY_LIMIT_MB, measured[script].mb, script),
        ]
    return limits


def translation(runs: int) -> list[Limit]:
    """Translation of 3 Mb of codons beside Biopython and beside codon by codon."""
    import numpy as np
    from Bio.Seq import Seq

    from linnaea.formats.gene_models import codon_table, translate

    letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(2).integers(0, 4, 3_000_000)].tobytes()
    table = codon_table(1)
    functions = {
        "translate": lambda: translate(letters),
        "codon by codon": lambda: "".join(
            table.get(letters[i : i + 3], "X") for i in range(0, len(letters), 3)
        ),
        "Biopython": lambda: Seq(letters).translate(),
    }
    measured = compare_functions("Translation of a million codons", functions, runs)
    ours = measured.pop("translate")
    return [at_most(BARE_CODONS, ours, seconds, "translate", name) for name, seconds in measured.items()]


def limits(folder: Path, runs: int) -> list[Limit]:
    """All limits of annotations."""
    return [*passes(folder, runs), *translation(runs)]
