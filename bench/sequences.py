#!/usr/bin/env python3
"""Assembly and read statistics beside seqkit, assembly-stats, gfastats and the bare read.

CPU is user and system time of a program and its children; each number is the median of the runs.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

BIN = Path(__file__).parents[1] / "bin"
# gfastats on the same kind of file, measured by hand; used where it is not installed.
GFASTATS_CPU_SECONDS = 2.8
MEMORY_LIMIT_MB = 150
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


def apart(function: Callable[..., None], *arguments: object) -> None:
    """Run a function in a process of its own: a program's peak memory counts that of its parent."""
    process = get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{function.__name__} failed")


def measure(command: list[str], runs: int) -> tuple[float, float, float]:
    """Median CPU seconds, wall seconds and peak MB of a command that must succeed."""
    results = []
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        if process.returncode:
            raise SystemExit(f"{command[0]} failed with exit code {process.returncode}")
        results.append((usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024))
    cpu, wall, memory = (statistics.median(column) for column in zip(*results, strict=True))
    return cpu, wall, memory


def compare(title: str, commands: dict[str, list[str]], runs: int) -> dict[str, tuple[float, ...]]:
    """Measure and print the programs that are installed; (CPU s, wall s, MB) by name."""
    print(f"\n{title}\n{'':26}{'CPU s':>8}{'wall s':>8}{'MB':>8}")
    measured = {}
    for name, command in commands.items():
        if not shutil.which(command[0]):
            print(f"{name:26}{'not installed':>24}")
            continue
        measured[name] = measure(command, runs)
        cpu, wall, memory = measured[name]
        print(f"{name:26}{cpu:8.2f}{wall:8.2f}{memory:8.0f}", flush=True)
    return measured


def assemblies(folder: Path, runs: int) -> list[tuple[str, bool]]:
    """The assembly statistics on 200 Mb; (sentence, kept) of each limit."""
    fasta = folder / "assembly.fa"
    apart(make_fasta, fasta)
    ours = [
        sys.executable, str(BIN / "assembly_statistics.py"), "--id", "x", "--stage", "raw",
        "--haplotype", "hap1", "--out", str(folder / "a.json"), "--table", str(folder / "a.tsv"),
        str(fasta),
    ]  # fmt: skip
    commands = {
        "assembly_statistics.py": ours,
        "gfastats": ["gfastats", str(fasta)],
        "seqkit stats -a": ["seqkit", "stats", "-a", str(fasta)],
        "assembly-stats": ["assembly-stats", str(fasta)],
        "reading (cat)": ["cat", str(fasta)],
    }
    measured = compare("Assembly statistics, 200 Mb, 500 sequences with gaps", commands, runs)
    cpu, _, memory = measured["assembly_statistics.py"]
    known = measured.get("gfastats", (GFASTATS_CPU_SECONDS,))[0]
    how = "measured here" if "gfastats" in measured else "measured by hand elsewhere"
    return [
        (f"{cpu:.2f} s CPU is at most half of gfastats ({known:.2f} s, {how})", cpu <= known / 2),
        (f"{memory:.0f} MB is under {MEMORY_LIMIT_MB} MB", memory < MEMORY_LIMIT_MB),
    ]


def reads(folder: Path, runs: int) -> list[tuple[str, bool]]:
    """The read statistics on long and short reads; (sentence, kept) of each limit."""
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
        for what, index in (("CPU", 0), ("wall", 1)):
            own, bare = (measured[key][index] for key in ("read_statistics.py", "bgzip -dc | pysam"))
            limits.append(
                (f"{name}: {own / bare:.2f} times the {what} of bgzip and pysam (limit 2)", own <= 2 * bare)
            )
    return limits


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each program")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        limits = assemblies(Path(name), args.runs) + reads(Path(name), args.runs)
    print()
    for sentence, kept in limits:
        print(f"{'kept  ' if kept else 'BROKEN'} {sentence}")
    return 0 if all(kept for _, kept in limits) else 1


if __name__ == "__main__":
    sys.exit(main())
