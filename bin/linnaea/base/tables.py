"""Tab-separated tables with a header. Cells hold neither tabs nor line ends, so quotes mean nothing."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file

Row = dict[str, str]


def table_rows(
    lines: Iterable[str], source: str | Path, columns: Collection[str] = (), *, unfinished: bool = False
) -> Iterator[Row]:
    """Rows of a table from its lines, the header first; a table without any line has no rows.

    InputError names a column of `columns` that the header lacks, or the line of a row that does not fit the
    header. In an `unfinished` table, which a run may still write, missing cells are empty and others dropped.
    """
    header: list[str] = []
    for number, line in enumerate(lines, 1):
        cells = line.rstrip("\r\n").split("\t")
        if not header:
            header = cells
            if lacking := [column for column in columns if column not in header]:
                raise InputError(
                    f"{source} has no column {lacking[0]}; give a tab-separated table with a header, as the "
                    "step that makes it writes it"
                )
        elif len(cells) == len(header):
            yield dict(zip(header, cells, strict=True))
        elif unfinished:
            yield dict(zip_longest(header, cells[: len(header)], fillvalue=""))
        elif cells != [""]:
            raise InputError(
                f"{source}, line {number}: {len(cells)} values for {len(header)} columns; give the complete "
                "table, with one tab between columns"
            )


def read_table(path: str | Path, columns: Collection[str] = ()) -> list[Row]:
    """Rows of a table with a header, as `table_rows`; InputError also when there is no such file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist; give the table as its step wrote it")
    with path.open(newline="") as handle:
        return list(table_rows(handle, path, columns))


def read_unfinished_table(path: Path | None) -> list[Row]:
    """Rows of a table that a run may still write, or never began: none when there is no such file."""
    if path is None or not path.is_file():
        return []
    with path.open(errors="replace", newline="") as handle:
        # A file that two runs wrote at once has holes of zero bytes.
        return list(table_rows((line.replace("\0", "") for line in handle), path, unfinished=True))


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
    """Write a table with a header; tabs and line ends within a cell become spaces.

    A row of the wrong length raises ValueError.
    """
    with complete_file(path) as handle:
        handle.write("\t".join(columns) + "\n")
        for row in rows:
            if len(row) != len(columns):
                raise ValueError(f"{path}: a row of {len(row)} values for {len(columns)} columns")
            cells = [text_of(value) for value in row]
            line = "\t".join(cells)
            if line.count("\t") >= len(columns) or "\n" in line or "\r" in line:
                line = "\t".join(" ".join(cell.splitlines()).replace("\t", " ") for cell in cells)
            handle.write(line + "\n")
