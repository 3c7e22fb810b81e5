"""What depth decides for each sample: its window, whether genotypes are called or likelihoods used, and its
ploidy by chromosome."""

from collections.abc import Mapping, Sequence
from typing import Any

from linnaea.population.compartments import copies
from linnaea.population.samples import Sample

SEXES = ("female", "male", "unknown")


def ploidy_lines(compartments: Mapping[str, str], lengths: Mapping[str, int]) -> list[str]:
    """Rows of `bcftools call --ploidy-file`: chromosome, first and last base, sex, copies."""
    rows = [
        f"{name} 1 {lengths[name]} {sex} {copies(kind, sex)}"
        for name, kind in compartments.items()
        for sex in SEXES
        if copies(kind, sex) != 2
    ]
    return rows + [f"* * * {sex} 2" for sex in SEXES]


def sex_used(sample: Sample, depth: Mapping[str, Any]) -> str:
    """The sex as given, or where that is unknown the one that depth shows."""
    return sample.sex if sample.sex != "unknown" else str(depth["sex_by_depth"])


def decisions(
    samples: Sequence[Sample], depths: Mapping[str, Mapping[str, Any]], low_depth: float
) -> list[dict[str, Any]]:
    """One row a sample, in the order of `samples`: its depth, window, route (`calls` or `likelihoods`) and
    sex.

    The route is `likelihoods` below a median depth of `low_depth`: there heterozygotes are seen as
    homozygotes too often.
    """
    rows = []
    for sample in samples:
        depth = depths[sample.sample]
        by_depth = str(depth["sex_by_depth"])
        rows.append(
            {
                "sample": sample.sample,
                "group": sample.group,
                "median_depth_x": depth["median_depth_x"],
                "min_depth_x": depth["min_depth_x"],
                "max_depth_x": depth["max_depth_x"],
                "route": "likelihoods" if depth["median_depth_x"] < low_depth else "calls",
                "sex_given": sample.sex,
                "sex_by_depth": by_depth,
                "sex_disagrees": "unknown" not in (sample.sex, by_depth) and sample.sex != by_depth,
            }
        )
    return rows
