"""A given VCF beside the table of samples: who is in it, which depths count, what does not count."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from linnaea.base.text import some
from linnaea.input.sample_sheet import ROW
from linnaea.population.sample_depth import depth_window
from linnaea.population.vcf_survey import GivenVcf

_SAMPLE_NAME = re.compile(ROW["properties"]["sample"]["pattern"])


def compare_samples(path: str, found: Sequence[str], named: set[str]) -> tuple[list[str], list[str]]:
    """(Notes, faults): the table selects samples of the VCF; those that the VCF lacks are a fault."""
    notes: list[str] = []
    faults: list[str] = []
    others = [name for name in found if name not in named]
    lacking = sorted(named - set(found))
    if lacking:
        faults.append(
            f"option --vcf: {path} lacks samples of the table ({some(lacking, 10)}; it has "
            f"{some(others or found, 10)}); correct their names in the table, or remove their rows"
        )
    elif others:
        odd = [name for name in others if not _SAMPLE_NAME.fullmatch(name)]
        notes.append(
            f"option --vcf: {len(named)} of its {len(found)} samples are in the table and used; the "
            f"others are left out ({some(others, 10)})"
            + (
                f". A table cannot name {some([repr(name) for name in odd])}: rename such samples with "
                "`bcftools reheader --samples` if they are wanted"
                if odd
                else ""
            )
        )
    return notes, faults


def depth_windows(
    medians: Mapping[str, float | None], parameters: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    """Smallest and largest depth of each sample, from its median in the VCF; empty without any depth."""
    low, high, floor = (parameters[key] for key in ("depth_low", "depth_high", "min_depth"))
    if not any(medians.values()):
        return {}
    return {
        name: depth_window(median, float(low), float(high), int(floor)) if median else (0, float("inf"))
        for name, median in medians.items()
    }


def vcf_notes(given: GivenVcf, parameters: Mapping[str, Any]) -> list[str]:
    """Notes on what of the VCF does not count, and on signs that it was filtered."""
    notes: list[str] = []
    where = "all its rows" if given["read_whole"] else f"{given['rows']} rows spread over it"
    if left := given["rows_left_out"]:
        counts = ", ".join(f"{rows} {kind}" for kind, rows in left.items())
        notes.append(
            f"option --vcf: statistics use single bases; other rows are not used ({counts}, of {where})"
            + (
                "; `bcftools norm --atomize` splits rows of several bases into single bases"
                if "several bases at once" in left
                else ""
            )
        )
    if given["genotypes_without_reads"]:
        notes.append(
            f"option --vcf: {given['genotypes_without_reads']} genotypes in {where} are called without a "
            "read (DP 0); they count as missing"
        )
    if tags := given["undescribed_tags"]:
        notes.append(
            f"option --vcf: its header does not describe {some(list(tags), 10)}: they are left out of "
            "the written variants"
        )
    medians = {name: depth for name, depth in given["median_depths_x"].items() if depth}
    if not medians:
        why = (
            "too few rows have the depth of a sample (100 are needed)"
            if given["genotypes_with_depth"]
            else "it has no depth (DP or AD)"
        )
        notes.append(f"option --vcf: {why}: genotypes are not filtered by depth")
    else:
        notes.append(
            f"option --vcf: genotypes count from {parameters['depth_low']} to "
            f"{parameters['depth_high']} times the median depth of their sample "
            f"({min(medians.values()):g} to {max(medians.values()):g}), at least "
            f"{parameters['min_depth']}"
        )
    limit = float(parameters["low_depth"])
    if shallow := [name for name, depth in medians.items() if depth < limit]:
        notes.append(
            f"option --vcf: {some(shallow)} with a median depth below {limit:g}: heterozygotes are "
            "missed, and diversity and F_ROH are biased; start from the reads, or see --min_depth"
        )
    if 2 * given["rows_phased"] > given["rows"] - given["rows_without_variant"]:
        notes.append("option --vcf: its genotypes are phased; the phase is not used")
    notes.extend(f"option --vcf: {sign['sentence']}" for sign in given["signs"])
    return notes
