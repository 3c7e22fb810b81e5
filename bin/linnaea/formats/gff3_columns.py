"""A whole GFF3 as columns: whole-file passes (statistics, sorting) that need no object per feature."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

# The passes are one-core jobs: idle threads of polars would only add CPU time.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl

from linnaea.base.errors import InputError
from linnaea.formats import gff3
from linnaea.formats.gff3_repair import is_standard_column, repair
from linnaea.formats.sequences import byte_blocks

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
_FEATURE = ("type", "seqid", "parent")
_USED = [name for name in _SCHEMA if name not in ("source", "score")]


@dataclass
class Columns:
    """One feature a row, in the order of the file.

    `frame` has the columns of the file but source and score, and `id` and `parent` (null where the
    attribute is missing); `text` has its rows and directives, with LF line ends and no empty line.
    """

    paths: list[Path]
    frame: pl.DataFrame
    text: bytes
    # Circular sequences and their lengths, bp.
    circular: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return ", ".join(map(str, self.paths))

    def lines(self) -> list[bytes]:
        """The lines of the features, one per row of the frame."""
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

    @cached_property
    def _pairs(self) -> pl.DataFrame:
        """`child`, `parent` (ID) and `row` (of the parent's first line; null where it is missing)."""
        pairs = self.frame.select("parent").with_row_index("child").filter(pl.col("parent").is_not_null())
        if pairs["parent"].str.contains(",", literal=True).any():
            pairs = pairs.with_columns(pl.col("parent").str.split(",")).explode("parent")
        named = self.frame.select("id").with_row_index("row").filter(pl.col("id").is_not_null())
        named = named.join(pairs.select("parent"), left_on="id", right_on="parent", how="semi")
        named = named.unique("id", keep="first")
        return pairs.join(named, left_on="parent", right_on="id", how="left", maintain_order="left")

    def parents(self) -> tuple[np.ndarray, np.ndarray]:
        """Row of a child and row of its parent, one pair a parent, children ascending.

        A parent of several rows (a multi-line feature) is its first row. InputError when a parent is not
        in the file.
        """
        lost = self._pairs.filter(pl.col("row").is_null())
        if lost.height:
            raise InputError(
                f"{self.place(lost['child'][0])}: {lost.height} features name a parent that is not in the "
                f"file, such as {lost['parent'][0]} ({self.describe(lost['child'][0])}); add it or remove "
                "them"
            )
        return self._pairs["child"].to_numpy().astype(np.int64), self._pairs["row"].to_numpy().astype(
            np.int64
        )

    @cached_property
    def repeats(self) -> pl.DataFrame:
        """Rows with an ID that an earlier row has: `id`, `type`, `seqid`, `parent` and `row` of both.

        Those of the first row have the suffix `_right`.
        """
        named = self.frame.select("id", "type", "seqid", "parent").with_row_index("row")
        named = named.filter(pl.col("id").is_not_null())
        first = pl.col("id").is_first_distinct()
        repeated = named.filter(~first)
        if not repeated.height:
            return repeated.join(repeated, on="id", how="left")
        firsts = named.filter(first).join(repeated.select("id"), on="id", how="semi")
        return repeated.join(firsts, on="id", how="left", maintain_order="left")

    def is_sound(self, throughout: bool) -> bool:
        """Whether every parent is there and, where it matters or `throughout`, each ID names one feature."""
        if (self.frame["id"] == self.frame["parent"]).any() or self._pairs["row"].null_count():
            return False
        scopes = self.text.count(b"\n##gff-version")
        if not scopes and not throughout:
            return True
        clash = pl.any_horizontal(pl.col(key).ne_missing(pl.col(f"{key}_right")) for key in _FEATURE)
        if self.repeats.filter(clash).height:
            return False
        if scopes:
            scope = _scopes(self.text, self.frame.height)
            rows = (self.repeats[key].to_numpy() for key in ("row", "row_right"))
            return bool(np.equal(*(scope[row] for row in rows)).all())
        return True

    def is_standard(self) -> bool:
        """Whether all attributes are as the specification has them (`gff3_repair.is_standard_column`)."""
        if b"=;" in self.text or b"=\n" in self.text:
            return False
        column, ident, parent = (self.frame[name] for name in ("attributes", "id", "parent"))
        # Most rows are ID=…;Parent=… and nothing else, which their lengths show.
        sizes = ident.str.len_bytes() + parent.str.len_bytes() + len("ID=;Parent=")
        plain = (column.str.len_bytes() == sizes).fill_null(False)
        if any(names.str.contains("=", literal=True).any() for names in (ident, parent)):
            plain = pl.zeros(len(plain), pl.Boolean, eager=True)
        shapes = column.filter(~plain).str.replace_all(r"=[^;=]*", "=x").unique().to_list()
        return all(map(is_standard_column, shapes))

    def place(self, row: int) -> str:
        """File and line of a row for messages; the files alone where the rows are not theirs (GTF)."""
        if row < self.frame.height:
            remarks, line = _places(self.paths)[row]
            if line:
                return f"{remarks.path}, line {line}"
        return self.path

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


def read_columns(
    paths: str | Path | Sequence[str | Path], notes: list[str] | None = None, standard: bool = False
) -> Columns:
    """Read plain or gzip files of GFF3 or GTF as one GFF3; `notes` gets what was repaired or left out.

    With `standard` the lines have attributes as the specification wants them. IDs are known within one file,
    from one ##gff-version to the next; repaired is what `gff3_repair` can. InputError names the line that is
    neither GFF3 nor GTF.
    """
    listed = [Path(paths)] if isinstance(paths, str | Path) else list(map(Path, paths))
    notes = [] if notes is None else notes
    first, *others = (_gff3_text(path, notes) for path in listed)
    text = b"".join([first, *others]) if others else first
    columns = Columns(listed, _frame(text, listed), text)
    if not columns.is_sound(throughout=standard) or (standard and not columns.is_standard()):
        places = _places(listed)
        text = repair(text, places)
        for remarks in dict.fromkeys(remarks for remarks, _ in places):
            notes += remarks.sentences()
        columns = Columns(listed, _frame(text, listed), text)
    if b"Is_circular=true" in text:
        marked = columns.frame.filter(pl.col("attributes").str.contains("Is_circular=true", literal=True))
        columns.circular = dict(zip(marked["seqid"].cast(pl.String), marked["end"], strict=True))
    return columns


def _gff3_text(path: Path, notes: list[str]) -> bytes:
    """Rows and directives of a file as GFF3, a ##gff-version first; rows of GTF become GFF3."""
    if gff3.is_gtf(path):
        genes = gff3.read_genes(path, notes)
        return b"##gff-version 3\n" + "".join(map(gff3.gene_lines, genes)).encode()
    text = b"".join(byte_blocks(path))
    if not _is_utf8(text):
        text = b"\n".join(gff3.decoded(line).encode() for line in text.split(b"\n"))
    versions = text.count(b"\n##gff-version") + text.startswith(b"##gff-version")
    # Single bytes are looked for first, as that is fast.
    odd = b"\r" in text or b"\n\n" in text or (b">" in text and (text[:1] == b">" or b"\n>" in text))
    odd = odd or text[:1] == b"\n" or (b"\xef" in text and b"\xef\xbb\xbf" in text)
    if odd or versions != text.count(b"##gff-version"):
        remarks = gff3.Remarks(path)
        text = b"".join([line + b"\n" for _, line in gff3.lines(path, remarks)])
        notes += remarks.sentences()
    elif not text.endswith(b"\n"):
        text += b"\n"
    return text if text.startswith(b"##gff-version") else b"##gff-version 3\n" + text


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _places(paths: Sequence[Path]) -> list[tuple[gff3.Remarks, int]]:
    """Of each row of the files as GFF3 the remarks on its file and its line there, 0 where made of GTF."""
    places: list[tuple[gff3.Remarks, int]] = []
    for path in paths:
        remarks = gff3.Remarks(path)
        if gff3.is_gtf(path):
            made = "".join(map(gff3.gene_lines, gff3.read_genes(path)))
            places += [(remarks, 0)] * made.count("\n")
        else:
            places += [(remarks, number) for number, line in gff3.lines(path) if line[0] != 35]
    return places


def _frame(text: bytes, paths: Sequence[Path]) -> pl.DataFrame:
    def check() -> None:
        for path in paths:
            gff3.check_rows(path)

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
        check()
        raise
    if faulty or text.count(b"\t") != 8 * frame.height:
        check()
    named = [
        pl.col("attributes").str.extract(rf"(?:^|;) *{key}=([^;]*)").alias(key.lower())
        for key in ("ID", "Parent")
    ]
    frame = frame.with_columns(named)
    if frame.height and frame["id"].is_null().all() and frame["parent"].is_null().all():
        raise InputError(
            f"{paths[0]}: no feature has an ID or a Parent, so this is not GFF3; convert it to GFF3"
        )
    return frame


def _scopes(text: bytes, height: int) -> np.ndarray:
    """The number of ##gff-version lines before each of the rows."""
    pieces = text.split(b"##gff-version")[1:]
    sizes = [piece.count(b"\n") - piece.count(b"\n#") - 1 for piece in pieces]
    scopes = np.repeat(np.arange(len(sizes)), sizes)
    return scopes if scopes.size == height else np.zeros(height, np.int64)
