"""Hi-C contacts between contigs, read from pairs files (4DN format) into compact arrays as a stream."""

import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.text import some
from linnaea.formats.sequences import byte_blocks

BLOCK_BYTES = 1 << 25
# More pairs than needed are thinned: more than about 1,000 a contig, or 4 M, changed no result.
PAIRS = 4_000_000
PAIRS_PER_CONTIG = 300
# Names of sequences that the format reserves for a side that is not mapped.
UNMAPPED = ("!", ".", "*")
PAIR_FIELDS = ("readID", "chrom1", "pos1", "chrom2", "pos2")
# One in so many pairs, chosen by its places, is looked at for exact repeats.
REPEAT_SAMPLE = 16


class Pairs(NamedTuple):
    """Contig index and 0-based position of both ends of pairs, each (pairs,) int32."""

    first: np.ndarray
    first_position: np.ndarray
    second: np.ndarray
    second_position: np.ndarray

    def where(self, mask: np.ndarray) -> "Pairs":
        return Pairs(*(column[mask] for column in self))


class PieceContacts:
    """Pairs between pieces, from both sides: those of piece k are the rows from start[k] to start[k + 1].

    `at`, `there` and `to` (rows,) are the place on the piece, the other piece and the place on that.
    """

    def __init__(self, pairs: Pairs, pieces: int) -> None:
        number = len(pairs.first)
        ends = np.concatenate([pairs.first, pairs.second])
        positions = np.concatenate([pairs.first_position, pairs.second_position])
        self.start = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=pieces))])
        # Sorting packed numbers is faster than a stable argsort.
        order = np.sort((ends.astype(np.int64) << 32) + np.arange(2 * number))
        order &= 0xFFFFFFFF
        self.at = positions[order]
        order = np.where(order < number, order + number, order - number)
        self.there, self.to = ends[order], positions[order]

    def rows(self, pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of some pieces, one piece after another, and their number of each piece."""
        start = self.start[pieces]
        counts = self.start[pieces + 1] - start
        return np.arange(counts.sum()) + np.repeat(start - np.cumsum(counts) + counts, counts), counts


@dataclass
class PairCounts:
    """What became of the pairs of the files: `used` of `read`, and why the others were not."""

    read: int = 0
    used: int = 0
    unmapped: int = 0
    duplicate: int = 0
    low_mapq: int = 0
    unknown_name: int = 0
    out_of_range: int = 0
    sampled_share: float = 1.0
    repeated_share: float = 0.0
    has_mapq: bool = True
    unknown_names: Counter[str] = field(default_factory=Counter)

    @property
    def usable(self) -> int:
        """Pairs that could have been used, before thinning."""
        dropped = self.unmapped + self.duplicate + self.low_mapq + self.unknown_name + self.out_of_range
        return self.read - dropped


def read_pairs(
    paths: Sequence[str | os.PathLike],
    lengths: Mapping[str, int],
    min_mapq: int = 0,
    limit: int | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[Pairs, PairCounts]:
    """Contacts of pairs files (plain or gzip, in any order) on the contigs of `lengths` (name -> bp).

    Marked duplicates (pair_type DD), sides that are not mapped and, where the file has the columns mapq1 and
    mapq2, pairs below `min_mapq` are left out and counted. From twice `limit` pairs on a random half is kept,
    again and again, so memory does not grow with the files. Raises InputError for a file that is not pairs,
    that was made for sequences of other lengths, or none of whose pairs lies on the contigs.
    """
    limit = limit or max(PAIRS, PAIRS_PER_CONTIG * len(lengths))
    counts = PairCounts()
    rng = np.random.default_rng(1)
    held: list[Pairs] = []
    sample: list[np.ndarray] = []
    for path in paths:
        for pairs in _file_pairs(path, lengths, min_mapq, counts, block_bytes):
            keys = _keys(pairs)
            sample.append(keys[keys % np.uint64(REPEAT_SAMPLE) == 0])
            if counts.sampled_share < 1:
                pairs = pairs.where(rng.random(len(pairs.first)) < counts.sampled_share)
            held.append(pairs)
            while sum(len(one.first) for one in held) > 2 * limit:
                held = [one.where(rng.random(len(one.first)) < 0.5) for one in held]
                counts.sampled_share /= 2
    if counts.unknown_name and not counts.usable:
        raise InputError(
            f"{some(map(str, paths))}: none of the pairs lies on the assembly; they name "
            f"{some(counts.unknown_names)}, the assembly {some(lengths)}; give the pairs of this assembly"
        )
    empty = np.zeros(0, np.int32)
    columns = []
    for k in range(4):
        columns.append(np.concatenate([one[k] for one in held] or [empty]))
    counts.used = len(columns[0])
    keys = np.concatenate(sample) if sample else np.zeros(0, np.uint64)
    if len(keys):
        counts.repeated_share = 1 - len(np.unique(keys)) / len(keys)
    return Pairs(*columns), counts


def pair_blocks(
    paths: Sequence[str | os.PathLike],
    lengths: Mapping[str, int],
    min_mapq: int,
    counts: PairCounts,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Pairs]:
    """All usable pairs of files (`read_pairs`), a block at a time, none thinned; adds to `counts`."""
    for path in paths:
        yield from _file_pairs(path, lengths, min_mapq, counts, block_bytes)


def _keys(pairs: Pairs) -> np.ndarray:
    """A number for the two places of each pair, (pairs,) uint64, whichever of them comes first."""
    ends = [
        (contig.astype(np.uint64) << np.uint64(32)) | position.astype(np.uint64)
        for contig, position in ((pairs.first, pairs.first_position), (pairs.second, pairs.second_position))
    ]
    low, high = np.minimum(*ends), np.maximum(*ends)
    # Multiplication with odd constants mixes the bits (Knuth's multiplicative hashing).
    mixed = (low * np.uint64(0x9E3779B97F4A7C15)) ^ (high * np.uint64(0xC2B2AE3D27D4EB4F))
    return mixed ^ (mixed >> np.uint64(29))


def _file_pairs(
    path: str | os.PathLike, lengths: Mapping[str, int], min_mapq: int, counts: PairCounts, block_bytes: int
) -> Iterator[Pairs]:
    """Usable pairs of one file, a block of lines at a time."""
    columns: Sequence[str] | None = None
    sizes = np.array(list(lengths.values()), np.int64)
    for header, rows in _blocks(path, block_bytes):
        if columns is None:
            columns = _columns(path, header, lengths)
            if min_mapq and "mapq1" not in columns:
                counts.has_mapq = False
        if rows:
            yield _usable(_table(path, rows, columns), lengths, sizes, min_mapq, counts)


def _blocks(path: str | os.PathLike, block_bytes: int) -> Iterator[tuple[list[str], bytes]]:
    """The lines of the header, and whole lines behind it, block by block."""
    header: list[str] = []
    rest, in_header = b"", True
    for block in byte_blocks(path, block_bytes):
        block = rest + block
        end = block.rfind(b"\n") + 1
        block, rest = block[:end], block[end:]
        if in_header:
            # Headers have a line for each contig; the block is cut once, behind the last of them.
            start = 0
            while block.startswith(b"#", start):
                stop = block.index(b"\n", start)
                header.append(block[start:stop].decode("utf-8", "replace").rstrip("\r"))
                start = stop + 1
            block = block[start:]
            in_header = not block
        if block:
            yield header, block
            header = []
    if rest.startswith(b"#") and in_header:
        header.append(rest.decode("utf-8", "replace"))
        rest = b""
    yield header, rest


def _columns(path: str | os.PathLike, header: list[str], lengths: Mapping[str, int]) -> Sequence[str]:
    """Names of the columns; InputError for lengths of sequences that are not those of the assembly."""
    columns: Sequence[str] = PAIR_FIELDS
    other = []
    for line in header:
        key, _, value = line.partition(":")
        words = value.split()
        if key == "#columns":
            columns = words
        elif key == "#chromsize" and len(words) == 2 and words[1].isdecimal():
            name, size = words[0], int(words[1])
            if lengths.get(name, size) != size:
                other.append(f"{name} has {size:,} bp, not {lengths[name]:,}")
    if other:
        raise InputError(
            f"{path}: the pairs are of other sequences ({some(other)}); map the Hi-C reads to this assembly"
        )
    if absent := [name for name in PAIR_FIELDS[1:] if name not in columns]:
        raise InputError(f"{path}: no column {', '.join(absent)} in its header; give a 4DN pairs file")
    return columns


def _table(path: str | os.PathLike, rows: bytes, columns: Sequence[str]):  # type: ignore[no-untyped-def]
    """Columns that are used, as a polars frame."""
    import polars as pl

    wanted = {
        name: k for k, name in enumerate(columns) if name in (*PAIR_FIELDS[1:], "pair_type", "mapq1", "mapq2")
    }
    numbers = [name for name in wanted if name.startswith(("pos", "mapq"))]
    try:
        table = pl.read_csv(
            io.BytesIO(rows), separator="\t", has_header=False, quote_char=None,
            columns=list(wanted.values()), infer_schema=False, truncate_ragged_lines=True,
        )  # fmt: skip
        table.columns = list(wanted)
        return table.with_columns(pl.col(name).cast(pl.Int64) for name in numbers)
    except (pl.exceptions.PolarsError, ValueError):
        raise InputError(
            f"{Path(path)}: a row has no whole number where its position should be; give a 4DN pairs file "
            f"with the columns {' '.join(columns)}"
        ) from None


def _usable(table, lengths: Mapping[str, int], sizes: np.ndarray, min_mapq: int, counts: PairCounts) -> Pairs:  # type: ignore[no-untyped-def]
    """Pairs of a table that are mapped to the contigs, no duplicates and of enough quality."""
    import polars as pl

    names = pl.Enum(list(lengths))
    left, right = (
        table[column].cast(names, strict=False).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
        for column in ("chrom1", "chrom2")
    )
    at_left, at_right = (table[column].fill_null(0).to_numpy() - 1 for column in ("pos1", "pos2"))
    counts.read += len(table)
    keep = np.ones(len(table), bool)

    def drop(mask: np.ndarray) -> int:
        nonlocal keep
        dropped = int(np.count_nonzero(keep & mask))
        keep &= ~mask
        return dropped

    if "pair_type" in table.columns:
        counts.duplicate += drop((table["pair_type"] == "DD").fill_null(False).to_numpy())
    unmapped = (left < 0) | (right < 0)
    if unmapped.any():
        strange = table.filter(pl.Series(unmapped))
        columns = [strange["chrom1"], strange["chrom2"]]
        away = np.zeros(len(table), bool)
        away[unmapped] = np.logical_or(
            *(column.is_in(UNMAPPED).fill_null(True).to_numpy() for column in columns)
        )
        counts.unmapped += drop(away)
        unknown = unmapped & keep
        counts.unknown_name += drop(unmapped)
        if len(counts.unknown_names) < 1000 and unknown.any():
            for column in table.filter(pl.Series(unknown)).select("chrom1", "chrom2").get_columns():
                counts.unknown_names.update(set(column.unique().to_list()) - lengths.keys())
    last = len(sizes) - 1
    counts.out_of_range += drop(
        (at_left < 0) | (at_right < 0)
        | (at_left >= sizes[np.clip(left, 0, last)]) | (at_right >= sizes[np.clip(right, 0, last)])
    )  # fmt: skip
    if min_mapq and "mapq1" in table.columns and "mapq2" in table.columns:
        lower = np.minimum(*(table[name].fill_null(0).to_numpy() for name in ("mapq1", "mapq2")))
        counts.low_mapq += drop(lower < min_mapq)
    return Pairs(*(column[keep].astype(np.int32) for column in (left, at_left, right, at_right)))
