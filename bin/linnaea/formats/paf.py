"""Alignments of sequences to sequences in minimap2's PAF (pairwise mapping format)."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from linnaea.base.errors import InputError
from linnaea.formats.sequences import is_empty, text_lines

_CIGAR = re.compile(r"(\d+)([MIDNSHP=X])")


class Alignment(NamedTuple):
    """An alignment of [query_start, query_end) to [target_start, target_end), 0-based.

    `forward`: on the same strand of both. `matches` are its equal bases, `columns` its columns, gaps
    included; both are rough in a PAF without base alignment.
    """

    query: str
    query_start: int
    query_end: int
    forward: bool
    target: str
    target_start: int
    target_end: int
    matches: int
    columns: int


def read_paf(path: Path, longest_gap: int | None = None) -> Iterator[Alignment]:
    """Primary alignments of a PAF file, plain or gzip; see `parse_paf`."""
    if not is_empty(path):  # nothing aligns
        yield from parse_paf(text_lines(path), path, longest_gap)


def parse_paf(
    lines: Iterable[tuple[int, str]], source: str | Path, longest_gap: int | None = None
) -> Iterator[Alignment]:
    """Primary alignments of numbered lines of PAF.

    With `longest_gap` (bp) an alignment is cut at longer gaps of its CIGAR (minimap2 -c). InputError for a
    line that is not PAF.
    """
    for number, line in lines:
        columns = line.rstrip("\n").split("\t")
        if len(columns) < 12 or columns[4] not in "+-" or not columns[2].isdecimal():
            raise InputError(f"{source}, line {number}: not PAF; give the output of minimap2 without -a")
        tags = {tag[:4]: tag[5:] for tag in columns[12:]}
        if tags.get("tp:A") == "S":
            continue
        query_start, query_end, target_start, target_end, matches, length = (
            int(columns[at]) for at in (2, 3, 7, 8, 9, 10)
        )
        whole = Alignment(
            columns[0], query_start, query_end, columns[4] == "+",
            columns[5], target_start, target_end, matches, length,
        )  # fmt: skip
        if longest_gap is None or "cg:Z" not in tags:
            yield whole
        else:
            yield from _without_gaps(whole, tags["cg:Z"], longest_gap)


def _without_gaps(whole: Alignment, cigar: str, longest_gap: int) -> Iterator[Alignment]:
    """The parts of an alignment between gaps of more than `longest_gap` bp.

    A CIGAR of M does not say which bases match: each part has its share of the matches by its columns.
    """
    parts: list[tuple[int, int, int, int, int]] = []
    query, target, first_query, first_target, columns = 0, 0, 0, 0, 0
    for operation in _CIGAR.finditer(cigar):  # millions in the alignment of a chromosome
        size, kind = int(operation[1]), operation[2]
        if kind in "IDN" and size > longest_gap:
            parts.append((first_query, query, first_target, target, columns))
            query += size if kind == "I" else 0
            target += 0 if kind == "I" else size
            first_query, first_target, columns = query, target, 0
            continue
        query += size if kind in "MI=X" else 0
        target += size if kind in "MDN=X" else 0
        columns += size
    parts.append((first_query, query, first_target, target, columns))
    total = sum(part[-1] for part in parts)
    for low, high, target_low, target_high, columns in parts:
        if columns:
            ends = (
                (whole.query_start + low, whole.query_start + high)
                if whole.forward
                else (whole.query_end - high, whole.query_end - low)
            )
            yield whole._replace(
                query_start=ends[0], query_end=ends[1],
                target_start=whole.target_start + target_low, target_end=whole.target_start + target_high,
                matches=round(whole.matches * columns / total), columns=columns,
            )  # fmt: skip
