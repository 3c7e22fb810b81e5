"""Sex chromosomes by read depth: in the heterogametic sex X and Y (or Z and W) have half the depth of
autosomes.

The reads must be mapped to one haplotype, or to a primary assembly; on both haplotypes at once every
chromosome has the depth of one copy.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Literal

import numpy as np

from linnaea.assembly.chromosome_lists import natural_key
from linnaea.assembly.decisions import Decision
from linnaea.assembly.read_depth import read_depths, weighted_median
from linnaea.assembly.renaming import NamedAssembly
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.base.text import some
from linnaea.formats.sequence_store import stored_sequences

STEP = "sex_chromosomes"
# Sex chromosomes in an assembly of the heterogametic sex, the one of both sexes first. A haplotype has one of
# two.
System = Literal["XY", "ZW", "X0", "X", "Y", "Z", "W"]
# Depth relative to autosomes that is nearer to one copy than to two, or to two than to one or three.
HALF = (0.35, 0.65)
FULL = (0.8, 1.25)
# A sex chromosome has half the depth in most of its stretches: the rest recombines, or is repeats.
MIN_HALF_SHARE = 0.5
# Depth is averaged over so many stretches of a chromosome, long enough that few are half or double by chance.
STRETCHES = 20
STRETCH_BP = 25_000
MIN_STRETCHES = 5
COLUMNS = ("sequence", "chromosome", "length_bp", "depth", "relative_depth", "half_depth_pct", "verdict")


@dataclass(frozen=True)
class ChromosomeDepth:
    """Median depth of a chromosome, relative to autosomes, and the share of its stretches at half of that.

    `verdict` is autosome, half (one copy) or unclear.
    """

    sequence: str
    chromosome: str
    length: int
    depth: float
    relative: float
    half_share: float

    @property
    def verdict(self) -> str:
        if self.half_share >= MIN_HALF_SHARE and HALF[0] <= self.relative <= HALF[1]:
            return "half"
        return "autosome" if FULL[0] <= self.relative <= FULL[1] else "unclear"


def stretches(sizes: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Mean depth of stretches of a chromosome, of about as many windows each."""
    count = max(1, min(STRETCHES, len(depths), int(sizes.sum()) // STRETCH_BP))
    parts = zip(np.array_split(sizes, count), np.array_split(depths, count), strict=True)
    return np.array([np.average(depth, weights=size) for size, depth in parts])


def chromosome_depths(
    depths: Mapping[str, tuple[np.ndarray, np.ndarray]], chromosomes: Mapping[str, str]
) -> list[ChromosomeDepth]:
    """Depth of each chromosome; that of autosomes is the median over all bases, most of which are autosomal.

    A chromosome of under `MIN_STRETCHES` is never of half depth: chance may do that.
    """
    means = {name: stretches(*depths[name]) for name in chromosomes}
    lengths = {name: int(depths[name][0].sum()) for name in chromosomes}
    values = np.concatenate(list(means.values()))
    weights = np.concatenate(
        [np.full(len(found), lengths[name] / len(found)) for name, found in means.items()]
    )
    reference = weighted_median(values, weights)
    if reference <= 0:
        raise InputError("most chromosomes have no read depth; map reads of this individual to this assembly")
    found = []
    for name, chromosome in chromosomes.items():
        relative = means[name] / reference
        inside = (relative >= HALF[0]) & (relative <= HALF[1])
        share = float(inside.mean()) if len(relative) >= MIN_STRETCHES else 0.0
        median = float(np.median(means[name]))
        found.append(ChromosomeDepth(name, chromosome, lengths[name], median, median / reference, share))
    return found


def sex_chromosome_names(found: Sequence[ChromosomeDepth], system: System) -> tuple[dict[str, str], str]:
    """Names of all chromosomes if the sex chromosomes are clear, and a sentence that says what was seen.

    Of two the longer is X or Z. Autosomes are numbered again, by size. No names where a chromosome is named
    already, or where the number at half depth does not fit the system.
    """
    half = sorted((one for one in found if one.verdict == "half"), key=lambda one: -one.length)
    expected = system.removesuffix("0")
    named = [one.chromosome for one in found if not one.chromosome[:1].isdecimal()]
    what = f"{some(one.sequence for one in half)} of half depth" if half else "no chromosome of half depth"
    if named:
        return {}, f"{what}; {some(named)} named by the curator, so no names are changed"
    if not half:
        return {}, f"{what}: an individual of the sex with two {expected[0]}, or sex chromosomes too alike"
    if len(half) > len(expected):
        return {}, f"{what}, more than the {len(expected)} of the system {system}; not decided"
    if len(half) == 1 and len(expected) == 2:
        return {}, f"{what}: {' or '.join(expected)}, which depth cannot tell; give the one of this haplotype"
    names = {one.sequence: name for one, name in zip(half, expected, strict=True)}
    autosomes = sorted(
        (one for one in found if one.verdict != "half"), key=lambda one: natural_key(one.chromosome)
    )
    numbers: dict[str, int] = {}
    for one in autosomes:
        number = one.chromosome.rstrip(ascii_uppercase)  # 9A and 9B are both 9
        numbers.setdefault(number, len(numbers) + 1)
        names[one.sequence] = f"{numbers[number]}{one.chromosome.removeprefix(number)}"
    return names, f"{what}: {some(names[one.sequence] for one in half)}"


def sex_decisions(
    found: Sequence[ChromosomeDepth], names: Mapping[str, str], assembly: NamedAssembly
) -> Iterator[Decision]:
    """Renamings, if there are names, and a review of each chromosome of unclear depth."""
    reasons = {}
    for one in found:
        evidence = {"relative_depth": one.relative, "half_depth_pct": 100 * one.half_share}
        half = one.verdict == "half"
        reasons[one.sequence] = (
            "half the depth of autosomes" if half else "autosomes are numbered by size",
            evidence,
        )
        if one.verdict == "unclear" or (half and not names):
            reason = "half the depth of autosomes" if half else "the depth of neither one nor two copies"
            yield Decision(STEP, one.sequence, 0, one.length, "review", reason, evidence)
    yield from assembly.renamings(STEP, names, reasons)


def name_sex_chromosomes(
    *,
    id: str,
    haplotype: str,
    assembly: Path,
    agp: Path,
    chromosomes: Path,
    depth: Path,
    system: System,
    out: Path,
    unlocalised: Path | None = None,
    prefix: str = "SUPER_",
) -> None:
    """Find the sex chromosomes of the heterogametic sex by read depth, and name them.

    Writes ID.HAPLOTYPE.fa.gz and .agp, .chromosomes.tsv, .unlocalised.tsv, .sex_chromosomes.tsv (the depths),
    .decisions.tsv and .sex_chromosomes.json. What is not clear is reported, not decided.

    id: genome id
    haplotype: name of the assembly, for the names of files
    assembly: FASTA, curated
    agp: AGP of the assembly
    chromosomes: its chromosome list
    depth: read depth in windows along it (bedGraph), of reads that were mapped to it alone
    system: sex chromosomes of the individual in this assembly
    out: directory to write to
    unlocalised: its unlocalised list
    prefix: of the names of chromosomes
    """
    with stored_sequences(assembly) as store:
        given = NamedAssembly(store, chromosomes, unlocalised, prefix)
        found = chromosome_depths(read_depths(depth, given.chromosomes), given.chromosomes)
        names, sentence = sex_chromosome_names(found, system)
        decisions = list(sex_decisions(found, names, given))
        out.mkdir(parents=True, exist_ok=True)
        stem = f"{out}/{id}.{haplotype}"
        warnings = given.write(stem, agp, decisions, names)
    rows = (
        (one.sequence, one.chromosome, one.length, one.depth, one.relative, 100 * one.half_share, one.verdict)
        for one in found
    )
    write_table(f"{stem}.sex_chromosomes.tsv", COLUMNS, rows)
    record = {
        "step": STEP,
        "haplotype": haplotype,
        "system": system,
        "decided": bool(names),
        "verdicts": {
            verdict: sum(one.verdict == verdict for one in found)
            for verdict in ("autosome", "half", "unclear")
        },
        "warnings": [*warnings, sentence],
    }
    write_metrics(f"{stem}.sex_chromosomes.json", {"id": id, **record})
