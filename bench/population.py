"""Windowed pi, dxy and Fst of an all-sites VCF (20 samples, 2 million sites) beside other programs."""

import shlex
import subprocess
import sys
from pathlib import Path

from timing import BIN, Limit, apart, at_most, below, compare

SITES, SAMPLES, WINDOW = 2_000_000, 20, 10_000
MISSING = 0.05
MEMORY_LIMIT_MB = 100
PIXY, OURS, QUERY = "scikit-allel (pixy's way)", "scan + combine", "bcftools query"
# Shares of the CPU time of the others that ours may take: 0.45 of pixy's, of which scikit-allel took two
# thirds (5.2 s of 7.9 s) and bcftools query 0.37 (2.9 s) where all were measured by hand.
PIXY_SHARE, QUERY_SHARE = 0.68, 1.2
# What pixy does (PyPI has another program under its name): the VCF into memory, then window by window
# differences and comparisons of all pairs of alleles, and Hudson's Fst from the sums of its parts.
PIXY_ALGORITHM = f"""
import sys
import allel
import numpy as np

vcf = allel.read_vcf(sys.argv[1], fields=["samples", "POS", "GT"])
genotypes, position = allel.GenotypeArray(vcf["calldata/GT"]), vcf["variants/POS"]
groups = np.arange({SAMPLES // 2}), np.arange({SAMPLES // 2}, {SAMPLES})

def pi(counts):
    number = counts.sum(axis=1)
    comparisons = number * (number - 1) // 2
    same = (counts * (counts - 1) // 2).sum(axis=1)
    return (comparisons - same).sum(), comparisons.sum()

for start in range(0, {SITES}, {WINDOW}):
    first, last = np.searchsorted(position, [start + 1, start + {WINDOW} + 1])
    part = genotypes[first:last]
    one, two = (part.count_alleles(subpop=group, max_allele=3).values.astype(int) for group in groups)
    between = one.sum(axis=1) * two.sum(axis=1)
    dxy = (between - (one * two).sum(axis=1)).sum(), between.sum()
    varied = part.count_alleles().is_segregating()
    numerator, denominator = allel.hudson_fst(one[varied], two[varied])
    fst = np.nansum(numerator) / np.nansum(denominator) if varied.any() else np.nan
    print(start, *pi(one), *pi(two), *dxy, f"{{fst:.6g}}")
"""


def make_vcf(path: Path) -> None:
    """All sites of two populations that split, with missing genotypes, compressed by bgzip."""
    import msprime
    import numpy as np

    demography = msprime.Demography()
    for name in ("A", "B", "ancestor"):
        demography.add_population(name=name, initial_size=10_000)
    demography.add_population_split(time=2000, derived=["A", "B"], ancestral="ancestor")
    trees = msprime.sim_ancestry(
        {"A": SAMPLES // 2, "B": SAMPLES // 2},
        demography=demography,
        sequence_length=SITES,
        recombination_rate=1e-8,
        random_seed=4,
    )
    trees = msprime.sim_mutations(trees, rate=1e-7, random_seed=4)
    calls = {
        int(variant.site.position): (variant.alleles, variant.genotypes.reshape(-1, 2).tolist())
        for variant in trees.variants()
    }
    rng = np.random.default_rng(4)
    reference = rng.integers(0, 4, SITES)
    zipper = subprocess.Popen(["bgzip", "-c"], stdin=subprocess.PIPE, stdout=path.open("wb"))
    names = "\t".join(f"s{number:02d}" for number in range(SAMPLES))
    header = (
        f"##fileformat=VCFv4.2\n##contig=<ID=chr1,length={SITES}>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n"
    )
    zipper.stdin.write(header.encode())
    for begin in range(0, SITES, WINDOW):
        missing = rng.random((WINDOW, SAMPLES)) < MISSING
        rows = []
        for site in range(begin, begin + WINDOW):
            letters, genotypes = calls.get(site, ("ACGT"[reference[site]], None))
            shown = ["0/0"] * SAMPLES if genotypes is None else [f"{a}/{b}" for a, b in genotypes]
            for column in missing[site - begin].nonzero()[0].tolist():
                shown[column] = "./."
            rows.append(
                f"chr1\t{site + 1}\t.\t{letters[0]}\t{','.join(letters[1:]) or '.'}\t.\tPASS\t.\tGT\t"
                + "\t".join(shown)
                + "\n"
            )
        zipper.stdin.write("".join(rows).encode())
    zipper.stdin.close()
    if zipper.wait():
        raise SystemExit("bgzip failed")


def pixy_windows(vcf: Path) -> list[list[str]]:
    """Start, pi of both groups and dxy as differences and comparisons, and Fst of every window."""
    command = [sys.executable, "-c", PIXY_ALGORITHM, str(vcf)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split() for line in result.stdout.splitlines()]


def our_windows(folder: Path) -> list[list[str]]:
    """The same from the tables of combine_regions.py."""

    def rows(name: str) -> list[dict[str, str]]:
        header, *lines = [line.split("\t") for line in (folder / name).read_text().splitlines()]
        return [dict(zip(header, line, strict=True)) for line in lines]

    groups, pairs = rows("diversity_windows.tsv"), rows("divergence_windows.tsv")
    return [
        [
            pair["start_bp"],
            *(group[key] for group in two for key in ("pi_differences", "pi_comparisons")),
            *(pair[key] for key in ("dxy_differences", "dxy_comparisons", "fst_hudson")),
        ]
        for pair, two in zip(pairs, zip(groups[::2], groups[1::2], strict=True), strict=True)
    ]


def limits(folder: Path, runs: int) -> list[Limit]:
    """Windows of 2 million sites: CPU and memory, and the values against pixy's algorithm."""
    vcf, samples, out = folder / "sites.vcf.gz", folder / "samples.tsv", folder / "out"
    apart(make_vcf, vcf)
    samples.write_text(
        "sample\tpopulation\n"
        + "".join(f"s{number:02d}\t{'AB'[number >= SAMPLES // 2]}\n" for number in range(SAMPLES))
    )
    partial = folder / "region.npz"
    scan = [
        sys.executable, str(BIN / "scan_sites.py"), str(vcf), "--samples", str(samples),
        "--no-spectra", "--max-missing", "1", "--excess-heterozygosity", "0",
        "--window-bp", str(WINDOW), "--out", str(partial),
    ]  # fmt: skip
    combine = [sys.executable, str(BIN / "combine_regions.py"), str(partial), "--id", "x", "--out", str(out)]
    commands = {
        OURS: ["sh", "-c", f"{shlex.join(scan)} && {shlex.join(combine)}"],
        PIXY: [sys.executable, "-c", PIXY_ALGORITHM, str(vcf)],
        "vcftools --window-pi": [
            "vcftools", "--gzvcf", str(vcf), "--window-pi", str(WINDOW), "--out", str(folder / "vcftools"),
        ],
        QUERY: ["bcftools", "query", "-f", "%POS[\t%GT]\n", str(vcf)],
        "bgzip -dc": ["bgzip", "-dc", str(vcf)],
    }  # fmt: skip
    title = f"Windowed pi, dxy and Fst, {SITES // 10**6} million sites of {SAMPLES} samples"
    measured = compare(title, commands, runs)
    ours = measured[OURS]
    expected, windows = pixy_windows(vcf), our_windows(out)
    same = sum(one == other for one, other in zip(expected, windows, strict=True))
    return [
        at_most(PIXY_SHARE, ours.cpu, measured[PIXY].cpu, OURS, PIXY),
        at_most(QUERY_SHARE, ours.cpu, measured[QUERY].cpu, OURS, QUERY),
        below(MEMORY_LIMIT_MB, ours.mb, OURS),
        Limit(f"{same} of {len(expected)} windows equal pixy's algorithm", same == len(expected)),
    ]
