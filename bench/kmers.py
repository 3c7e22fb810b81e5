#!/usr/bin/env python3
"""CPU time of k-mer QV, completeness and spectra of a 10-Mb assembly: ours beside Merqury's.

Simulates a genome, its reads and an assembly with errors, counts the read k-mers (not timed), and
times `bin/kmer_evaluation.py`. Merqury is timed on the same data when `meryl` is on the PATH and
MERQURY names its folder; otherwise its line says so.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STEP = Path(__file__).parents[1] / "bin" / "kmer_evaluation.py"
LETTERS = np.frombuffer(b"ACGT", np.uint8)
K = 21


def substituted(rng: np.random.Generator, codes: np.ndarray, rate: float) -> np.ndarray:
    """A copy of codes 0-3 with a share `rate` of the bases changed."""
    changed = codes.copy()
    sites = np.flatnonzero(rng.random(len(codes)) < rate)
    changed[sites] = (changed[sites] + rng.integers(1, 4, len(sites))) % 4
    return changed


def simulate(folder: Path, bases: int) -> None:
    """Write assembly.fasta (QV 40) and reads.fasta (2 x 15x of 12 kb, 0.1 % errors, 0.5 % apart)."""
    rng = np.random.default_rng(1)
    chromosomes = [rng.integers(0, 4, bases // 10, dtype=np.uint8) for _ in range(10)]
    with (folder / "assembly.fasta").open("wb") as out:
        for number, codes in enumerate(chromosomes):
            text = LETTERS[substituted(rng, codes, 1e-4)].tobytes()
            out.write(b">chr%d\n%s\n" % (number, text))
    with (folder / "reads.fasta").open("wb") as out:
        for codes in chromosomes:
            for haplotype in (codes, substituted(rng, codes, 0.005)):
                for start in rng.integers(0, len(codes), 15 * len(codes) // 12_000):
                    read = substituted(rng, haplotype[start : start + 12_000], 0.001)
                    out.write(b">read\n%s\n" % LETTERS[read].tobytes())


def timed(name: str, command: list[str], folder: Path) -> None:
    """Run a command and print its CPU and wall time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with (folder / "bench.log").open("w") as log:
        subprocess.run(command, check=True, cwd=folder, stdout=log, stderr=log)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:<58} {cpu:6.1f} s CPU {wall:6.1f} s wall", flush=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=10_000_000, help="assembly length")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder, args.bases)
        counting = ["kmc", f"-k{K}", "-ci1", "-cs10000", "-fm", "-m4", "-t2", "-hp"]
        subprocess.run([*counting, "reads.fasta", "reads", "."], check=True, cwd=folder, capture_output=True)
        options = f"--id b --stage raw --reads-db reads --kmer-size {K} --threads 2 --memory-gb 4"
        outputs = "--out b.json --table b.tsv asm=assembly.fasta"
        timed(
            "ours: QV, per-sequence QV, completeness, spectrum",
            [sys.executable, str(STEP), *options.split(), *outputs.split()],
            folder,
        )
        merqury = os.environ.get("MERQURY")
        if not (merqury and shutil.which("meryl")):
            print("Merqury: not timed (meryl is not on the PATH or MERQURY is not set)")
            return 0
        subprocess.run(
            ["meryl", "count", f"k={K}", "threads=2", "memory=4", "output", "reads.meryl"] + ["reads.fasta"],
            check=True,
            cwd=folder,
            capture_output=True,
        )
        for label, script in (("QV", "qv.sh"), ("QV, completeness, spectra", "spectra-cn.sh")):
            # The scripts reuse the counts of the assembly they find; each starts without.
            shutil.rmtree(folder / "assembly.meryl", ignore_errors=True)
            script_path = str(Path(merqury) / "eval" / script)
            timed(
                f"Merqury: {label} ({script})",
                ["bash", script_path, "reads.meryl", "assembly.fasta", f"out_{script[:2]}"],
                folder,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
