"""The difference between two EARs: what changed, and by how much."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from linnaea.assembly.ear import BUSCO, GFASTATS, NOTES, busco_shares
from linnaea.base.errors import InputError
from linnaea.base.tables import write_table

FACTS = ("ToLID", "Species", "Sex", "Tags")


class Change(NamedTuple):
    """A value that differs; `change` and `change_pct` (of the first) are None unless both are numbers."""

    stage: str | None
    haplotype: str | None
    metric: str
    before: str | float | None
    after: str | float | None
    change: float | None
    change_pct: float | None


CHANGE_COLUMNS = Change._fields
Values = dict[tuple[str | None, str | None, str], str | float]


def _number(text: Any) -> str | float:
    try:
        value = float(str(text).replace(",", "").strip())
    except ValueError:
        return str(text).strip()
    return int(value) if value.is_integer() else value


def _gfastats(path: Path, order: int) -> Iterator[tuple[str, str | float]]:
    text = path.read_text()
    for name, key in GFASTATS.items():
        if found := re.search(rf"^{re.escape(name)}: (.+)$", text, re.MULTILINE):
            yield key, _number(found[1])


def _busco(path: Path, order: int) -> Iterator[tuple[str, str | float]]:
    text = path.read_text()
    if found := re.search(r"lineage dataset is: (\S+)", text):
        yield "busco_lineage", found[1]
    shares = busco_shares(text)
    for letter, key in BUSCO.items():
        if letter in shares:
            yield key, shares[letter]


def _merqury(path: Path, order: int) -> Iterator[tuple[str, str | float]]:
    for pattern, column, key in (("*.qv", 3, "qv_phred"), ("*completeness.stats", 4, "completeness_pct")):
        for file in sorted(path.glob(pattern))[:1]:
            rows = [line.split("\t") for line in file.read_text().splitlines()]
            if order < len(rows) and column < len(rows[order]):
                yield key, _number(rows[order][column])


def _genomescope(path: Path) -> Iterator[tuple[str, str | float]]:
    if found := re.search(r"Genome Haploid Length\s+([\d,]+)\s*bp", path.read_text()):
        yield "expected_size_bp", _number(found[1])


READERS = {
    "gfastats--nstar-report_txt": _gfastats,
    "busco_short_summary_txt": _busco,
    "merqury_folder": _merqury,
}


def read_ear(path: Path) -> Values:
    """Values of an EAR's YAML and of the texts that it names, by stage, haplotype and metric.

    Paths are relative to the YAML or to the working folder. Raises InputError that names every file that is
    not there.
    """
    try:
        given = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(given, dict) or "ASSEMBLIES" not in given:
        raise InputError(f"{path} has no ASSEMBLIES; give the YAML of an EAR")
    lost: list[str] = []

    def located(name: str) -> Path | None:
        for one in (path.parent / name, Path(name)):
            if one.exists():
                return one
        lost.append(name)
        return None

    values: Values = {(None, None, key): _number(given[key]) for key in FACTS if given.get(key)}
    notes: Mapping[str, Any] = given.get("NOTES") or {}
    values |= {
        (None, None, key): _number(notes[key]) for key in NOTES if notes.get(key) not in (None, "", "NA")
    }
    for entry in given.get("DATA") or []:
        for name, coverage in entry.items():
            values[None, None, f"{name} coverage"] = _number(str(coverage or "NA").removesuffix("x"))
    summary = ((given.get("PROFILING") or {}).get("GenomeScope") or {}).get("genomescope_summary_txt")
    if summary and (file := located(summary)):
        values |= {(None, None, key): value for key, value in _genomescope(file)}
    for stage, haplotypes in (given["ASSEMBLIES"] or {}).items():
        for order, (haplotype, entry) in enumerate((haplotypes or {}).items()):
            for key, reader in READERS.items():
                if (entry or {}).get(key) and (file := located(entry[key])):
                    values |= {(stage, haplotype, metric): value for metric, value in reader(file, order)}
    if lost:
        raise InputError(
            f"{path}: there is no {', '.join(dict.fromkeys(lost))}; give the EAR with all its files"
        )
    return values


def changes(before: Values, after: Values) -> list[Change]:
    """Values that differ between two EARs, in the order of the first; None where one lacks the value."""
    found = []
    for place in dict.fromkeys([*before, *after]):
        old, new = before.get(place), after.get(place)
        if old == new:
            continue
        difference = share = None
        if isinstance(old, int | float) and isinstance(new, int | float):
            difference = new - old
            share = 100 * difference / old if old else None
        found.append(Change(*place, old, new, difference, share))
    return found


def compare_ears(before: Path, after: Path, /, *, out: Path) -> None:
    """What changed between two EARs, as a table.

    before: YAML of the earlier EAR, beside its files
    after: YAML of the later EAR, beside its files
    out: table to write (TSV)
    """
    first, second = read_ear(before), read_ear(after)
    found = changes(first, second)
    # The table rounds floats to six digits, which is too few for bases.
    rows = [
        [f"{cell:,}".replace(",", "") if isinstance(cell, int) else cell for cell in one] for one in found
    ]
    write_table(out, CHANGE_COLUMNS, rows)
    same = sum(second.get(place) == value for place, value in first.items())
    print(f"{len(found)} values changed, {same} did not")
