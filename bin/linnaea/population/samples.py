"""The table of samples as the input check writes it: who belongs to which group."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from itertools import pairwise
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.tables import Row, read_table, write_table

# The group of samples whose population is not given.
NO_POPULATION = "all"


@dataclass(frozen=True)
class Sample:
    """One row of the table; `latitude` and `longitude` in degrees, None where not given."""

    sample: str
    group: str
    population: str
    age_class: str
    udg: str
    sex: str
    latitude: float | None
    longitude: float | None
    outgroup: bool
    library_type: str

    @property
    def historical(self) -> bool:
        return self.age_class == "historical"


COLUMNS = tuple(column.name for column in fields(Sample))
_CHOICES = {
    "age_class": ("modern", "historical"),
    "sex": ("male", "female", "unknown"),
    "outgroup": ("yes", "no"),
}
# Tables of other programs may lack these; the rest is required.
_DEFAULTS = {
    "population": ".",
    "age_class": "modern",
    "udg": ".",
    "sex": "unknown",
    "latitude": ".",
    "longitude": ".",
    "outgroup": "no",
    "library_type": ".",
}


def read_samples(path: str | Path, may_be_empty: bool = False) -> list[Sample]:
    """Read the table (TSV with a header, columns in any order), sorted by sample.

    A missing `group` follows from population and age class. InputError names the sample whose row is
    wrong, or says that there is none.
    """
    samples = [_sample(row, path) for row in read_table(path, ("sample",))]
    if not samples and not may_be_empty:
        raise InputError(f"{path}: no sample in the table; add a row for each sample")
    samples.sort(key=lambda sample: sample.sample)
    for one, other in pairwise(samples):
        if one.sample == other.sample:
            raise InputError(f"{path}: sample {one.sample} has two rows; give one row per sample")
    return samples


def write_samples(path: str | Path, samples: Iterable[Sample]) -> None:
    """Write samples as the table that `read_samples` reads."""
    write_table(path, COLUMNS, [list(map(_cell, astuple(sample))) for sample in samples])


def _cell(value: str | float | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "." if value is None else str(value)


def _sample(given: Row, path: str | Path) -> Sample:
    """The sample of a row; InputError names it and the table."""
    values = _DEFAULTS | {key: value.strip() for key, value in given.items() if value.strip()}
    if not values.get("sample"):
        raise InputError(f"{path}: a sample has no name; fill in the column `sample`")
    place = f"{path}, sample {values['sample']}"
    for key, choices in _CHOICES.items():
        if values[key] not in choices:
            raise InputError(f"{place}: {key} is {values[key]!r}; use {' or '.join(choices)}")
    degrees: dict[str, float | None] = {}
    for key, limit in (("latitude", 90), ("longitude", 180)):
        text = values[key]
        try:
            angle = None if text in (".", "NA") else float(text)
        except ValueError:
            angle = float("nan")
        degrees[key] = angle
        if angle is not None and not abs(angle) <= limit:
            raise InputError(f"{place}: {key} is {text!r}; give decimal degrees from -{limit} to {limit}")
    return Sample(
        sample=values["sample"],
        group=values.get("group") or _group(values["population"], values["age_class"]),
        population=values["population"],
        age_class=values["age_class"],
        udg=values["udg"],
        sex=values["sex"],
        outgroup=values["outgroup"] == "yes",
        library_type=values["library_type"],
        **degrees,
    )


def _group(population: str, age_class: str) -> str:
    name = NO_POPULATION if population == "." else population
    return f"{name}.historical" if age_class == "historical" else name


def groups(samples: Iterable[Sample]) -> dict[str, list[str]]:
    """Group -> its samples, both sorted by name; samples of the outgroup are in none."""
    members: dict[str, list[str]] = {}
    for sample in sorted(samples, key=lambda sample: sample.sample):
        if not sample.outgroup:
            members.setdefault(sample.group, []).append(sample.sample)
    return dict(sorted(members.items()))


def outgroup(samples: Iterable[Sample]) -> list[str]:
    """The names of the outgroup's samples, sorted."""
    return sorted(sample.sample for sample in samples if sample.outgroup)
