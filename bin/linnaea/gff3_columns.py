"""A whole GFF3 as columns: whole-file passes (statistics, sorting) that need no object per feature."""

import os
from dataclasses import dataclass
from pathlib import Path

# The passes are one-core jobs: idle threads of polars would only add CPU time.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl

from linnaea import gff3
from linnaea.errors import InputError
from linnaea.sequences import blocks

_SCHEMA = {
    "seqid": pl.Categorical,
    "source": pl.Categorical,
    "type": pl.Categorical,
    "start": pl.Int64,
    "end": pl.Int64,
    "score": pl.String,
    "strand": pl.Categorical,
    "phase": pl.Categorical,
    "attributes": pl.String,
}
_USED = [name for name in _SCHEMA if name not in ("source", "score")]


@dataclass
class Columns:
    """One feature a row, in the order of the file.

    `frame` has the columns of the file but source and score, and `id` and `parent` (null where the
    attribute is missing); `text` is the file up to its sequences, with LF line ends and no empty line.
    """

    path: Path
    frame: pl.DataFrame
    text: bytes

    def lines(self) -> list[bytes]:
        """The lines of the features, one a row of the frame."""
        return [line for line in self.text.split(b"\n") if line and line[0] != 35]

    def pragmas(self) -> list[bytes]:
        """The lines that begin with ## or #! but are neither the version nor a separator."""
        if self.text.count(b"\n#") == self.text.count(b"\n###") and self.text[:1] != b"#":
            return []
        dropped = (b"##gff-version", b"###", b"##FASTA")
        return [
            line
            for line in self.text.split(b"\n")
            if line.startswith((b"##", b"#!")) and not line.startswith(dropped)
        ]

    def values(self, key: str) -> pl.Series:
        """An attribute of every row as text, null where it is missing (escapes stay)."""
        return self.frame["attributes"].str.extract(rf"(?:^|;) *{key}=([^;]*)")

    def parents(self) -> tuple[np.ndarray, np.ndarray]:
        """Row of a child and row of its parent, one pair a parent, children ascending.

        A parent of several rows (a multi-line feature) is its first row. InputError when a parent is not
        in the file.
        """
        pairs = self.frame.select("parent").with_row_index("child").filter(pl.col("parent").is_not_null())
        if pairs["parent"].str.contains(",", literal=True).any():
            pairs = pairs.with_columns(pl.col("parent").str.split(",")).explode("parent")
        named = self.frame.select("id").with_row_index("row").filter(pl.col("id").is_not_null())
        named = named.join(pairs.select("parent"), left_on="id", right_on="parent", how="semi")
        named = named.unique("id", keep="first")
        pairs = pairs.join(named, left_on="parent", right_on="id", how="left", maintain_order="left")
        lost = pairs.filter(pl.col("row").is_null())
        if lost.height:
            raise InputError(
                f"{self.path}: {lost.height} features name a parent that is not in the file, such as "
                f"{lost['parent'][0]} ({self.describe(lost['child'][0])}); add it or remove them"
            )
        return pairs["child"].to_numpy().astype(np.int64), pairs["row"].to_numpy().astype(np.int64)

    def describe(self, row: int) -> str:
        """A row in words for messages."""
        found = self.frame.row(int(row), named=True)
        return f"{found['type']} on {found['seqid']} at {found['start']} to {found['end']}"


def codes(column: pl.Series) -> tuple[np.ndarray, list[str]]:
    """Small integers for the values of a categorical column, and the value of each integer."""
    _, first, inverse = np.unique(column.to_physical().to_numpy(), return_index=True, return_inverse=True)
    return inverse, column.gather(first.tolist()).cast(pl.String).to_list()


def topmost(above: np.ndarray) -> np.ndarray:
    """The topmost row above each row; `above` is the row right above, -1 at the top (at most 64 levels)."""
    roots = np.where(above < 0, np.arange(above.size), above)
    for _ in range(6):
        roots = roots[roots]
    return roots


def read_columns(path: str | Path) -> Columns:
    """Read a plain or gzip GFF3; InputError names the line that is not GFF3."""
    text = b"".join(blocks(path))
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    ends = [at for at in (text.find(b"\n##FASTA"), text.find(b"\n>")) if at >= 0]
    if ends:
        text = text[: min(ends) + 1]
    while b"\n\n" in text:
        text = text.replace(b"\n\n", b"\n")
    text = text.lstrip(b"\n")
    try:
        frame = pl.read_csv(
            text,
            separator="\t",
            has_header=False,
            comment_prefix="#",
            quote_char=None,
            schema=_SCHEMA,
            columns=[list(_SCHEMA).index(name) for name in _USED],
            encoding="utf8" if text.isascii() else "utf8-lossy",
        )
        faulty = frame.select(
            pl.any_horizontal(pl.col("attributes", "start", "end").is_null()).any()
            | (pl.col("start") < 1).any()
            | (pl.col("end") < pl.col("start")).any()
            | ~pl.col("strand").cast(pl.String).is_in(["+", "-", ".", "?"]).all()
        ).item()
    except pl.exceptions.NoDataError:
        frame, faulty = pl.DataFrame(schema={name: _SCHEMA[name] for name in _USED}), False
    except pl.exceptions.PolarsError:
        gff3.check_rows(path)
        raise
    if faulty or text.count(b"\t") != 8 * frame.height:
        gff3.check_rows(path)
    named = [
        pl.col("attributes").str.extract(rf"(?:^|;) *{key}=([^;]*)").alias(key.lower())
        for key in ("ID", "Parent")
    ]
    frame = frame.with_columns(named)
    if frame.height and frame["id"].is_null().all() and frame["parent"].is_null().all():
        raise InputError(f"{path}: no feature has an ID or a Parent, so this is not GFF3; convert it to GFF3")
    return Columns(Path(path), frame, text)
