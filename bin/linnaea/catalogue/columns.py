"""The meaning of every column and key of the results, assets/columns.tsv."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linnaea.base.paths import asset
from linnaea.base.tables import read_table

# Files without a header line, whose columns are described by position.
HEADLESS = ("sequence_names.tsv", ".chromosomes.tsv", ".unlocalised.tsv")
# Keys that every record may have.
RECORDS = "records"


@dataclass(frozen=True)
class Column:
    """Columns of tables, or paths of keys of records, of one meaning; `*` is any part of a path."""

    files: tuple[str, ...]
    names: tuple[str, ...]
    unit: str
    meaning: str

    def describes(self, file: str, name: str) -> bool:
        """Whether this is about a column or key of a file."""
        return self.of(file) and any(re.fullmatch(_pattern(own), name) for own in self.names)

    def of(self, file: str) -> bool:
        """Whether a file has such columns: `x.tsv` stands for x.tsv and anything.x.tsv."""
        own = any(f".{file}".endswith(f".{known}") for known in self.files)
        return own or (RECORDS in self.files and file.endswith(".json"))


def _pattern(name: str) -> str:
    return re.escape(name).replace(r"\*", r"[^.]+")


def known_columns() -> list[Column]:
    """The rows of assets/columns.tsv."""
    rows = (row.values() for row in read_table(asset("columns.tsv")))
    return [Column(tuple(f.split(",")), tuple(c.split(",")), unit, text) for f, c, unit, text in rows]


def key_paths(record: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Paths of the keys of a record, joined by dots; items of lists share a path, dots in names become _."""
    for key, value in record.items():
        path = above + key.replace(".", "_")
        yield path
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                yield from key_paths(item, path + ".")


def undescribed(results: Path) -> list[str]:
    """Columns and keys without a description in the described tables and all records below a folder."""
    columns = known_columns()
    lacking = set()
    for path in sorted([*results.rglob("*.tsv"), *results.rglob("*.json")]):
        if path.suffix == ".tsv":
            if path.name.endswith(HEADLESS) or not any(column.of(path.name) for column in columns):
                continue
            with path.open() as handle:
                names = set(handle.readline().rstrip("\n").split("\t"))
        else:
            record = json.loads(path.read_text())
            if not isinstance(record, dict) or "step" not in record:
                continue
            names = set(key_paths(record))
        about = [column for column in columns if column.of(path.name)]
        kind = ".".join(path.name.split(".")[-2:])
        lacking |= {
            f"{kind}: {name}" for name in names if not any(c.describes(path.name, name) for c in about)
        }
    return sorted(lacking)
