"""Statistics of an assembly and of reads beside seqkit, assembly-stats and plain reading."""

import subprocess
import sys
from pathlib import Path

from timing import BIN, Limit, apart, at_most, below, compare, compare_functions

OURS = "assembly_statistics.py"
MEMORY_LIMIT_MB = 150
# Times the CPU of the peer that ours may take.
PEERS = {"gfastats": 0.5, "seqkit stats -a": 2, "assembly-stats": 2}
BARE_READS, BARE_SCAFFOLDS = 2, 30
# What every FASTQ reader in Python has to beat: decompression piped into pysam's parser.
BARE_FASTQ = """
import subprocess, sys, pysam
unpack = subprocess.Popen(["bgzip", "-dc", sys.argv[1]], stdout=subprocess.PIPE)
bases = 0
for read in pysam.FastxFile(f"/dev/fd/{unpack.stdout.fileno()}"):
    bases += len(read.sequence)
unpack.wait()
"""


def make_fasta(path: Path, sequences: int = 500, length: int = 400_000) -> None:
    """Random sequences, half soft-masked, each with ten gaps; 200 Mb by default."""
    import numpy as np

    rng = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGTacgt", np.uint8)
    with path.open("wb") as handle:
        for number in range(sequences):
            bases = letters[rng.integers(0, 8, length)]
            for start in rng.integers(1000, length - 2000, 10):
                bases[start : start + rng.integers(10, 1000)] = ord("N")
            text = bases.tobytes()
            lines = (text[i : i + 80] for i in range(0, length, 80))
            handle.write(b">sequence%d\n%s\n" % (number, b"\n".join(lines)))


def make_fastq(path: Path, reads: int, mean_length: int, spread: int) -> None:
    """Random reads with qualities that vary within and between reads, compressed by bgzip."""
    import numpy as np

    rng = np.random.default_rng(2)
    letters = np.frombuffer(b"ACGT", np.uint8)
    plain = path.with_suffix("")
    with plain.open("wb") as handle:
        for number in range(reads):
            length = max(100, round(rng.normal(mean_length, spread)))
            qualities = np.clip(rng.normal(rng.choice([25, 35]), 6, length), 2, 60)
            bases = letters[rng.integers(0, 4, length)]
            scores = (qualities.astype(np.uint8) + 33).tobytes()
            handle.write(b"@read/%d/ccs\n%s\n+\n%s\n" % (number, bases.tobytes(), scores))
    subprocess.run(["bgzip", "-f", str(plain)], check=True)


def assemblies(folder: Path, runs: int) -> list[Limit]:
    """Statistics of an assembly of 200 Mb."""
    fasta = folder / "assembly.fa"
    apart(make_fasta, fasta)
    ours = [
        sys.executable, str(BIN / "assembly_statistics.py"), "--id", "x", "--stage", "raw",
        "--haplotype", "hap1", "--out", str(folder / "a.json"), "--table", str(folder / "a.tsv"),
        str(fasta),
    ]  # fmt: skip
    commands = {
        OURS: ours,
        "gfastats": ["gfastats", str(fasta)],
        "seqkit stats -a": ["seqkit", "stats", "-a", str(fasta)],
        "assembly-stats": ["assembly-stats", str(fasta)],
        "reading (cat)": ["cat", str(fasta)],
    }
    measured = compare("Assembly statistics, 200 Mb, 500 sequences with gaps", commands, runs)
    ours = measured[OURS]
    return [
        *(
            at_most(PEERS[peer], ours.cpu, measured[peer].cpu, OURS, peer)
            for peer in PEERS
            if peer in measured
        ),
        below(MEMORY_LIMIT_MB, ours.mb, OURS),
    ]


def reads(folder: Path, runs: int) -> list[Limit]:
    """Statistics of long and of short reads."""
    limits = []
    for name, number, length, spread in (("HiFi-like", 8_000, 15_000, 3_000), ("150-bp", 500_000, 150, 0)):
        fastq = folder / f"{name}.fastq.gz"
        apart(make_fastq, fastq, number, length, spread)
        ours = [
            sys.executable, str(BIN / "read_statistics.py"), "--id", "x", "--library", "l", "--type",
            "hifi", "--stage", "raw", "--out", str(folder / "r.json"), str(fastq),
        ]  # fmt: skip
        commands = {
            "read_statistics.py": ours,
            "bgzip -dc | pysam": [sys.executable, "-c", BARE_FASTQ, str(fastq)],
            "seqkit stats -a": ["seqkit", "stats", "-a", str(fastq)],
        }
        title = f"Read statistics, {number:,} {name} reads, {number * length / 1e6:.0f} Mb"
        measured = compare(title, commands, runs)
        ours, bare = measured["read_statistics.py"], measured["bgzip -dc | pysam"]
        title = f"read_statistics.py, {name}"
        limits += [
            at_most(BARE_READS, ours.cpu, bare.cpu, title, "bgzip and pysam"),
            at_most(BARE_READS, ours.wall, bare.wall, title, "bgzip and pysam", "wall"),
        ]
    return limits


def make_scaffolds(path: Path) -> None:
    """100,000 scaffolds of 150 bp, the first 20 in lower case."""
    import numpy as np

    letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(1).integers(0, 4, (100_000, 150))]
    letters[:, :20] |= 32
    with path.open("wb") as handle:
        handle.writelines(b">scaffold_%d\n%s\n" % (i, row.tobytes()) for i, row in enumerate(letters))


def scaffolds(folder: Path, runs: int) -> list[Limit]:
    """Preparation of an assembly of many tiny scaffolds for gene finders."""
    from linnaea.annotation.mask_repeats import soft_mask
    from linnaea.annotation.prepare_assembly import prepare

    own, fasta, names = (folder / name for name in ("own.fa", "genome.fa", "names.tsv"))
    apart(make_scaffolds, own)

    def ours() -> None:
        prepare(own, fasta, names)
        soft_mask(fasta, names, {}, set(), folder / "masked.fa", folder / "repeats.bed")

    def plain() -> None:
        import pysam

        with pysam.FastxFile(str(own)) as records, (folder / "copy.fa").open("w") as out:
            out.writelines(f">{record.name}\n{record.sequence.upper()}\n" for record in records)

    functions = {"preparation and mask": ours, "reading and writing": plain}
    measured = compare_functions("Preparation of 100,000 scaffolds of 150 bp", functions, runs)
    return [at_most(BARE_SCAFFOLDS, *measured.values(), *measured)]


def limits(folder: Path, runs: int) -> list[Limit]:
    """All limits of sequences."""
    return [*assemblies(folder, runs), *reads(folder, runs), *scaffolds(folder, runs)]
