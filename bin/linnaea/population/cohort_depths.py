"""What depth decides for each sample: its window, whether genotypes are called or likelihoods used, and its
ploidy by chromosome."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import read_metrics, write_metrics
from linnaea.base.tables import write_table
from linnaea.population.compartments import copies, read_compartments
from linnaea.population.samples import Sample, read_samples, write_samples

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


class CohortSample(TypedDict):
    """What the depth of a sample decides; depths in reads."""

    sample: str
    group: str
    median_depth_x: float
    min_depth_x: float
    max_depth_x: float
    route: str
    sex_given: str
    sex_by_depth: str
    sex_disagrees: bool


def sex_used(sample: Sample, depth: Mapping[str, Any]) -> str:
    """The sex as given, or where that is unknown the one that depth shows."""
    return sample.sex if sample.sex != "unknown" else str(depth["sex_by_depth"])


def decisions(
    samples: Sequence[Sample], depths: Mapping[str, Mapping[str, Any]], low_depth: float
) -> list[CohortSample]:
    """One row per sample, in the order of `samples`: its depth, window, route (`calls` or `likelihoods`) and
    sex.

    The route is `likelihoods` below a median depth of `low_depth`: there heterozygotes are seen as
    homozygotes too often.
    """
    rows: list[CohortSample] = []
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


def join_depths(
    depths: Sequence[str],
    /,
    *,
    samples: str,
    fai: Path,
    low_depth: float,
    windows: str,
    called: str,
    ploidy: str,
    sexes: str,
    out: str,
    compartments: str | None = None,
) -> None:
    """Collect the depths of all samples: windows, route by depth, ploidy and sex for `bcftools call`.

    depths: records of sample_depth.py
    samples: sample table
    fai: index of the reference
    compartments: chromosome and kind, without autosomes
    low_depth: median depth below which likelihoods are used
    windows: depth windows, TSV
    called: sample table of those whose genotypes are called
    """
    cohort = read_samples(samples)
    depth_records = {record["sample"]: record for record in map(read_metrics, depths)}
    missing = [sample.sample for sample in cohort if sample.sample not in depth_records]
    if missing:
        raise InputError(f"no depth is known for {', '.join(missing)}; were all samples mapped?")
    rows = decisions(cohort, depth_records, low_depth)
    called_samples = {row["sample"] for row in rows if row["route"] == "calls"}
    write_table(
        windows,
        ("sample", "min_depth", "max_depth", "median_depth"),
        [(row["sample"], row["min_depth_x"], row["max_depth_x"], row["median_depth_x"]) for row in rows],
    )
    write_samples(called, [sample for sample in cohort if sample.sample in called_samples])
    lengths = {row[0]: int(row[1]) for row in map(str.split, fai.read_text().splitlines())}
    with complete_file(ploidy) as handle:
        handle.writelines(f"{line}\n" for line in ploidy_lines(read_compartments(compartments), lengths))
    with complete_file(sexes) as handle:
        handle.writelines(
            f"{sample.sample} {sex_used(sample, depth_records[sample.sample])}\n" for sample in cohort
        )
    write_metrics(out, {"id": "popgen", "step": "cohort", "low_depth_x": low_depth, "samples": rows})
