"""Tab-separated tables with a header."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from linnaea.base.files import complete_file


def read_table(path: Path | None) -> list[dict[str, str]]:
    """Rows of a table with a header; none when there is no such file."""
    if path is None or not path.is_file():
        return []
    with path.open(errors="replace", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def text_of(value: Any) -> str:
    """A value as a table shows it: floats as `%.6g`, None and NaN as NA."""
    if value is None:
        return "NA"
    if isinstance(value, str):
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        # Adding 0 turns -0 into 0.
        return "NA" if math.isnan(value) else f"{value + 0.0:.6g}"
    return str(value)


def write_table(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table with a header; a row of the wrong length raises ValueError."""
    with complete_file(path) as handle:
        handle.write("\t".join(columns) + "\n")
        for row in rows:
            if len(row) != len(columns):
                raise ValueError(f"{path}: a row of {len(row)} values for {len(columns)} columns")
            handle.write("\t".join(map(text_of, row)) + "\n")
