"""`samples.csv`: read forgivingly, checked row by row against assets/samples.schema.json, joined to samples.

Nothing here opens the files that a row names. Every fault is collected, none stops the check.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.paths import asset
from linnaea.input.places import Place, Remark
from linnaea.input.schema import schema_faults

SCHEMA = asset("samples.schema.json")
ROW = json.loads(SCHEMA.read_text())["items"]
COLUMNS = tuple(ROW["properties"])
# What is one of a sample, whatever the number of its rows.
FACTS = ("population", "age_class", "sex", "latitude", "longitude")
# Treatments of libraries, from the most damage left to the least.
TREATMENTS = ("none", "half", "full")
_LOWERED = ("age_class", "udg", "sex")
_DEGREES = ("latitude", "longitude")
# The names of groups: of samples without population, and of historical samples of a population.
NO_POPULATION = "all"
HISTORICAL = ".historical"


@dataclass
class Row:
    """A row of the table: only filled columns, degrees as numbers; `written` is its sample unstripped."""

    place: Place
    values: dict[str, Any]
    written: str

    @property
    def line(self) -> int:
        return self.place.lines[()]

    def remark(self, column: str, message: str) -> Remark:
        return self.place.remark((f"column {column}",) if column else (), message)

    def text(self, column: str) -> str:
        """The value of a column of text, "" when it is not filled."""
        value = self.values.get(column)
        return value if isinstance(value, str) else ""


@dataclass
class GivenSample:
    """Rows of one sample, and what they say of it together (defaults filled in, None where unknown)."""

    name: str
    rows: list[Row]
    facts: dict[str, Any] = field(default_factory=dict)
    outgroup: bool = False

    @property
    def population(self) -> str | None:
        return self.facts["population"]

    @property
    def historical(self) -> bool:
        return self.facts["age_class"] == "historical"

    @property
    def group(self) -> str:
        return (self.population or NO_POPULATION) + (HISTORICAL if self.historical else "")


# Reading


def read_rows(path: str) -> tuple[list[Row], set[str], list[Remark]]:
    """Rows of the table, names of its columns, and faults; InputError when it is no table of samples at all.

    There are no rows where `sample` is missing or a column is there twice: they would mean nothing.
    """
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=lambda mark: len(_known(first.split(mark))))
    if not _known(first.split(delimiter)):
        raise InputError(
            f"{path}: the first line has no column `sample`; name the columns there, separated by commas "
            f"(known are {', '.join(COLUMNS)})"
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    try:
        records = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: the table cannot be read ({error}); remove quotes and odd "
            "characters"
        ) from None
    (line, header), *records = records
    names, faults = _header(path, line, header)
    columns = set(names) - {""}
    if len(faults) > len(columns - set(COLUMNS)):
        return [], columns, faults
    rows = []
    for line, cells in records:
        if any(cell.strip() for cell in cells[len(names) :]) or len(cells) < len(names):
            place = Place(path, {(): line})
            message = (
                f"the row has {len(cells)} columns, the first line of the table has {len(names)}; add "
                "missing values, or remove extra separators"
            )
            faults.append(place.remark((), message))
            continue
        raw = {name: cell for name, cell in zip(names, cells, strict=False) if name in COLUMNS}
        rows.append(_row(path, line, raw, delimiter))
    if not records:
        faults.append(
            Place(path).remark((), "the table has no row below its first line; add one row per sample")
        )
    faults += [fault for row in rows for fault in _row_faults(row)]
    return rows, columns, faults


def _text(path: str) -> str:
    data = Path(path).read_bytes()
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{path} is a spreadsheet; save it as CSV")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: not a text file in UTF-8 ({error.reason}); save the table as CSV in UTF-8"
        ) from None


def _known(cells: Iterable[str]) -> list[str]:
    return [name for name in map(_column, cells) if name in COLUMNS]


def _column(cell: str) -> str:
    return cell.strip().strip('"').strip().lower()


def _header(path: str, line: int, header: Sequence[str]) -> tuple[list[str], list[Remark]]:
    """Names of the columns ("" for a nameless one at the end) and what is wrong with them."""
    place, names, faults = Place(path, {(): line}), [_column(cell) for cell in header], []
    for name in dict.fromkeys(names):
        if name and name not in COLUMNS:
            ((_, fault),) = schema_faults(
                {name: ""}, {"additionalProperties": False, "properties": ROW["properties"]}
            )
            faults.append(
                place.remark((), fault.replace("unknown key", "unknown column") + "; rename or remove it")
            )
        elif name and names.count(name) > 1:
            faults.append(
                place.remark((), f"the column `{name}` is there {names.count(name)} times; keep one")
            )
    if "sample" not in names:
        faults.append(
            place.remark((), "the column `sample` is missing; add it with the name of each row's sample")
        )
    while names and not names[-1]:
        names.pop()
    return names, faults


def _row(path: str, line: int, raw: Mapping[str, str], delimiter: str) -> Row:
    values: dict[str, Any] = {}
    for name, cell in raw.items():
        text = cell.strip()
        if name in _LOWERED:
            text = text.lower()
        if name == "population":
            text = "" if text == "." else text
        elif name not in ("sample", "library", "lane") and text.lower() in (".", "na", "n/a"):
            text = ""
        if not text:
            continue
        values[name] = _degrees(text, delimiter) if name in _DEGREES else text
    sample = values.get("sample", "")
    place = Place(path, {(): line}, genome=f"sample {sample}" if sample else "")
    return Row(place, values, raw.get("sample", ""))


def _degrees(text: str, delimiter: str) -> float | str:
    """A number, with a decimal comma where that cannot be a separator; the text when it is none."""
    number = text if delimiter == "," else text.replace(",", ".")
    return float(number) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", number) else text


def _row_faults(row: Row) -> list[Remark]:
    """What the schema finds wrong with a row."""
    faults = []
    for keys, fault in schema_faults(row.values, ROW):
        column = str(keys[0]) if keys else ""
        if fault.startswith("`sample` is missing"):
            column, fault = "sample", "the name of the sample is missing; fill it in"
        faults.append(row.remark(column, fault))
    return faults


# Samples


def join_rows(rows: Sequence[Row]) -> tuple[list[GivenSample], list[Remark], list[Remark]]:
    """Samples sorted by name with defaults filled into their rows, faults, and notes."""
    faults = _twins(rows)
    notes: list[Remark] = []
    samples: dict[str, GivenSample] = {}
    for row in rows:
        if name := row.text("sample"):
            samples.setdefault(name, GivenSample(name, [])).rows.append(row)
    for sample in samples.values():
        for column in FACTS:
            sample.facts[column] = _agreed(sample, column, faults)
        sample.facts["age_class"] = sample.facts["age_class"] or "modern"
        sample.facts["sex"] = sample.facts["sex"] or "unknown"
        sample.facts["udg"] = _treatment(sample, notes)
        faults += _mixed_sources(sample)
        faults += _name_lanes(sample)
    faults += _like_names(rows, "sample") + _like_names(rows, "population")
    return [samples[name] for name in sorted(samples)], faults, notes


def _twins(rows: Sequence[Row]) -> list[Remark]:
    """Names that differ in spaces only: they may be one sample or two."""
    first: dict[str, Row] = {}
    faults = []
    for row in rows:
        other = first.setdefault(row.text("sample"), row)
        if row.text("sample") and other.written != row.written:
            faults.append(
                row.remark(
                    "sample",
                    f"{row.written!r} and {other.written!r} in line {other.line} differ only in spaces; "
                    "spell them alike if they are one sample, else rename one",
                )
            )
    return faults


def _agreed(sample: GivenSample, column: str, faults: list[Remark]) -> Any:
    """The value that all rows of a sample give, None when none does; contradicting rows are faults."""
    given = [row for row in sample.rows if column in row.values]
    for row in given:
        if row.values[column] != given[0].values[column]:
            faults.append(
                row.remark(
                    column,
                    f"{row.values[column]} here, {given[0].values[column]} in line {given[0].line}; a "
                    f"sample has one {column}, correct it or rename the sample of one row",
                )
            )
    return given[0].values[column] if given else None


def _treatment(sample: GivenSample, notes: list[Remark]) -> str | None:
    """The UDG treatment of a sample: of its library with the most damage left, None where none is named."""
    given = {row.values["udg"] for row in sample.rows if row.values.get("udg") in TREATMENTS}
    least = min(given, key=TREATMENTS.index, default=None)
    if len(given) > 1:
        message = f"libraries differ in treatment: the sample counts as `{least}`"
        notes.append(sample.rows[0].remark("udg", message))
    return least


def _mixed_sources(sample: GivenSample) -> list[Remark]:
    """A sample starts from FASTQ, from BAM, or from one gVCF."""
    faults: list[Remark] = []
    first: dict[str, int] = {}
    for row in sample.rows:
        for column in ("fastq_1", "bam", "gvcf"):
            if column not in row.values:
                continue
            other, line = next(iter(first.items()), (column, row.line))
            if other != column and row.line != line:
                faults.append(
                    row.remark(
                        column,
                        f"the sample has {other} in line {line} and {column} here; give one kind of file "
                        "for a sample",
                    )
                )
            elif column == "gvcf" and "gvcf" in first:
                message = f"the sample has a gVCF in line {first['gvcf']} already; keep one"
                faults.append(row.remark(column, message))
            first.setdefault(column, row.line)
    return faults


def _name_lanes(sample: GivenSample) -> list[Remark]:
    """Fill in libraries and lanes of rows with FASTQ; the same lane of a library twice is a fault."""
    faults = []
    rows = [row for row in sample.rows if "fastq_1" in row.values]
    lanes: dict[str, dict[str, int]] = {}
    for row in rows:
        row.values.setdefault("library", sample.name)
        seen = lanes.setdefault(row.values["library"], {})
        lane = row.values.get("lane")
        if lane in seen:
            faults.append(
                row.remark(
                    "lane",
                    f"overlapping lanes: lane {lane} of library {row.values['library']} is that of line "
                    f"{seen[lane]} as well; name the lanes differently, or remove the row if it is the same "
                    "data",
                )
            )
        elif lane:
            seen[lane] = row.line
    for row in rows:
        if "lane" not in row.values:
            seen = lanes[row.values["library"]]
            row.values["lane"] = next(
                name for number in range(1, len(rows) + 1 + len(seen)) if (name := f"L{number}") not in seen
            )
            seen[row.values["lane"]] = row.line
    return faults + _like_names(rows, "library")


def _like_names(rows: Sequence[Row], column: str) -> list[Remark]:
    """Names that differ in case only: file systems and readers take them for one."""
    first: dict[str, Row] = {}
    faults, reported = [], set()
    for row in rows:
        name = row.text(column)
        other = first.setdefault(name.lower(), row)
        if name != other.text(column) and name not in reported:
            reported.add(name)
            faults.append(
                row.remark(
                    column,
                    f"{name} and {other.text(column)} in line {other.line} differ only in case; spell them "
                    f"alike if they are one {column}, else rename one",
                )
            )
    return faults
