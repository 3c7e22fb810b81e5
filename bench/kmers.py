"""K-mer QV, completeness and spectra of a 10-Mb assembly beside KMC and Merqury.

Simulates a genome, its reads and an assembly with errors, and counts the k-mers of the reads (not measured).
Merqury is measured on the same data when `meryl` is on the PATH and MERQURY names its folder.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
from timing import BIN, Limit, apart, at_most, compare

LETTERS = np.frombuffer(b"ACGT", np.uint8)
K, BASES = 21, 10_000_000
OURS, KMC = "kmer_evaluation.py", "kmc, kmc_tools"
# Times the CPU of KMC that counts the assembly and dumps the k-mers of both: what any evaluation reads.
KMC_SHARE = 2


def substituted(rng: np.random.Generator, codes: np.ndarray, rate: float) -> np.ndarray:
    """A copy of codes 0-3 with a share `rate` of the bases changed."""
    changed = codes.copy()
    sites = np.flatnonzero(rng.random(len(codes)) < rate)
    changed[sites] = (changed[sites] + rng.integers(1, 4, len(sites))) % 4
    return changed


def simulate(folder: Path, bases: int = BASES) -> None:
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


def limits(folder: Path, runs: int) -> list[Limit]:
    """Evaluation of the assembly."""
    apart(simulate, folder)
    count = ["kmc", f"-k{K}", "-ci1", "-cs10000", "-fm", "-m4", "-t2", "-hp"]
    reads, assembly, database = (str(folder / name) for name in ("reads.fasta", "assembly.fasta", "reads"))
    subprocess.run([*count, reads, database, str(folder)], check=True, capture_output=True)
    both = f"{folder}/both"
    commands = {
        OURS: [
            sys.executable, str(BIN / "kmer_evaluation.py"), "--id", "b", "--stage", "raw",
            "--reads-db", database, "--kmer-size", str(K), "--threads", "2", "--memory-gb", "4",
            "--out", f"{folder}/b.json", "--table", f"{folder}/b.tsv", f"asm={assembly}",
        ],
        KMC: [
            "sh", "-c",
            f"{shlex.join([*count, assembly, f'{folder}/assembly', str(folder)])} && "
            f"kmc_tools simple {database} {folder}/assembly intersect {both} && kmc_dump {both} {both}.txt",
        ],
    }  # fmt: skip
    if merqury := os.environ.get("MERQURY"):
        os.chdir(folder)
        counting = f"meryl count k={K} threads=2 memory=4 output reads.meryl reads.fasta"
        subprocess.run(counting.split(), check=True, capture_output=True)
        # It takes the counts of the assembly that it finds: each run starts without.
        script = f"rm -rf assembly.meryl; {merqury}/eval/spectra-cn.sh reads.meryl assembly.fasta out"
        commands["Merqury spectra-cn.sh"] = ["sh", "-c", script]
    measured = compare(f"K-mers of an assembly of {BASES // 10**6} Mb", commands, runs)
    peer = "Merqury spectra-cn.sh" if "Merqury spectra-cn.sh" in measured else KMC
    return [at_most(KMC_SHARE, measured[OURS].cpu, measured[peer].cpu, OURS, peer)]
