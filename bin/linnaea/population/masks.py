"""Parts of a genome: intervals of BED files, asked for positions and for lengths."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.formats.gff3 import sequence_lengths
from linnaea.population.compartments import read_compartments

_EMPTY = np.empty(0, np.int64)
TAB, NEWLINE = 9, 10


class Mask:
    """Intervals of chromosomes, 0-based and half open as in BED, sorted and merged; int64."""

    def __init__(self, intervals: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        self.intervals = {name: merged(*pair) for name, pair in intervals.items()}

    def of(self, chromosome: str) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends of the intervals of a chromosome."""
        return self.intervals.get(chromosome, (_EMPTY, _EMPTY))

    def only(self, chromosome: str) -> "Mask":
        """The intervals of one chromosome."""
        return Mask({chromosome: self.of(chromosome)})

    def inside(self, chromosome: str, position: np.ndarray) -> np.ndarray:
        """Which of the sorted 1-based positions (n,) are in the intervals: (n,) bool."""
        starts, ends = self.of(chromosome)
        if not position.size:
            return np.zeros(0, bool)
        near = slice(
            np.searchsorted(ends, position[0], "left"), np.searchsorted(starts, position[-1], "left")
        )
        change = np.zeros(position.size + 1, np.int32)
        np.add.at(change, np.searchsorted(position, starts[near], "right"), 1)
        np.add.at(change, np.searchsorted(position, ends[near], "right"), -1)
        return change[:-1].cumsum() > 0

    def lengths(self, chromosome: str, edges: np.ndarray) -> np.ndarray:
        """Bases of the intervals between consecutive edges (0-based, ascending): (edges - 1,) int64."""
        starts, ends = self.of(chromosome)
        if not starts.size:
            return np.zeros(max(len(edges) - 1, 0), np.int64)
        before = np.r_[0, np.cumsum(ends - starts)]
        last = np.searchsorted(starts, edges, "left")
        reach = np.where(last > 0, ends[np.maximum(last - 1, 0)], 0)
        return np.diff(before[last] - np.maximum(reach - edges, 0) * (last > 0))

    def __and__(self, other: "Mask") -> "Mask":
        """The parts that both have."""
        return self._combined(other, lambda one, two: one & two)

    def __sub__(self, other: "Mask") -> "Mask":
        """The parts that the other has not."""
        return self._combined(other, lambda one, two: one & ~two)

    def __or__(self, other: "Mask") -> "Mask":
        """The parts that any of the two has."""
        return self._combined(other, lambda one, two: one | two)

    def _combined(self, other: "Mask", rule: Callable[..., np.ndarray]) -> "Mask":
        result = {}
        for name in self.intervals.keys() | other.intervals.keys():
            edges = np.unique(np.concatenate([*self.of(name), *other.of(name)]))
            if edges.size:
                kept = np.flatnonzero(rule(self.inside(name, edges + 1), other.inside(name, edges + 1))[:-1])
                result[name] = (edges[kept], edges[kept + 1])
        return Mask(result)


def merged(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intervals sorted, those that touch or overlap joined, empty ones dropped."""
    starts, ends = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
    filled = ends > starts
    starts, ends = starts[filled], ends[filled]
    if not starts.size:
        return _EMPTY, _EMPTY
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    first = np.flatnonzero(np.r_[True, starts[1:] > reach[:-1]])
    return starts[first], reach[np.r_[first[1:] - 1, len(reach) - 1]]


@dataclass
class BedCounts:
    """Rows of BED files: `intervals` in all, of which `empty` hold no base, and by what the reference has.

    `beyond` end behind their sequence, the first of them is described in `first_beyond`; `strange` has the
    rows on each sequence that the reference lacks.
    """

    intervals: int = 0
    empty: int = 0
    beyond: int = 0
    first_beyond: str = ""
    strange: dict[str, int] = field(default_factory=dict)


def read_mask(
    path: str | Path,
    chromosomes: Collection[str] = (),
    within: Mask | None = None,
    lengths: Mapping[str, int] | None = None,
    counts: BedCounts | None = None,
) -> Mask:
    """Read a BED file (BED v1: 3 or more columns, plain or gzip, any order, streamed).

    Kept is what overlaps `within`, and lies on the sequences of a reference (`lengths`, bp); what does not is
    counted in `counts`. InputError names the line that is wrong, and says when no interval is on any of
    `chromosomes` (if given): then names differ between files.
    """
    from linnaea.formats.sequences import byte_blocks, is_empty

    if is_empty(path):
        return Mask({})
    bed = _BedReader(path, within, lengths, counts or BedCounts())
    rest = b""
    for piece in byte_blocks(path):
        cut = piece.rfind(b"\n") + 1
        text, rest = (rest + piece[:cut], piece[cut:]) if cut else (b"", rest + piece)
        bed.add(text)
    if rest:
        bed.add(rest.removesuffix(b"\r") + b"\n")
    if chromosomes and bed.names and not bed.names & set(chromosomes):
        raise InputError(
            f"{path}: none of its chromosomes ({min(bed.names)}, ...) is in the VCF "
            f"({min(chromosomes)}, ...); use the same names in both"
        )
    return Mask(
        {
            name: (np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts]))
            for name, parts in bed.intervals.items()
        }
    )


class _BedReader:
    """Collects the intervals of whole lines of a BED file."""

    def __init__(
        self, path: str | Path, within: Mask | None, lengths: Mapping[str, int] | None, counts: BedCounts
    ) -> None:
        self.path, self.within, self.lengths, self.counts = path, within, lengths, counts
        self.intervals: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        self.names: set[str] = set()
        self.lines = 0

    def add(self, text: bytes) -> None:
        """Add the intervals of whole lines. InputError for the first that is not BED."""
        from linnaea.population.vcf_reader import MARGIN, Malformed, integers, name_runs

        text, numbers = self._rows(text)
        if not text:
            return
        text = MARGIN + text + MARGIN
        data = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(data[len(MARGIN) : -len(MARGIN)] == NEWLINE) + len(MARGIN)
        starts = np.r_[len(MARGIN), ends[:-1] + 1]
        tabs = np.flatnonzero((data == TAB) | (data == NEWLINE))[len(MARGIN) :]
        first = np.searchsorted(tabs, starts)
        one, two = tabs[first], tabs[np.minimum(first + 1, tabs.size - 1)]
        three = tabs[np.minimum(first + 2, tabs.size - 1)]
        try:
            short = two >= ends
            if short.any():
                raise Malformed(
                    int(np.argmax(short)), "fewer than three columns; give chromosome, start and end"
                )
            begin = integers(data, one + 1, two, "start").astype(np.int64)
            end = integers(data, two + 1, np.minimum(three, ends), "end").astype(np.int64)
            for wrong, why in (
                ((begin < 0) | (end < 0), "start and end are not whole numbers"),
                (end < begin, "the end is before the start; BED counts from 0"),
            ):
                if wrong.any():
                    raise Malformed(int(np.argmax(wrong)), why)
        except Malformed as fault:
            shown = text[starts[fault.row] : ends[fault.row]][:60].decode(errors="replace")
            raise InputError(
                f"{self.path}, line {numbers[fault.row]} ({shown!r}): {fault.why}; give a BED file "
                "without column names"
            ) from None
        self.counts.intervals += len(begin)
        self.counts.empty += int((begin == end).sum())
        try:
            for name, part in name_runs(text, data, starts, one):
                self.names.add(name)
                self._keep(name, begin[part], end[part], numbers[part])
        except UnicodeDecodeError:
            raise InputError(f"{self.path}: not text in UTF-8; give a BED file") from None

    def _rows(self, text: bytes) -> tuple[bytes, np.ndarray]:
        """Rows of intervals, columns separated by tabs, and their line numbers."""
        text = text.replace(b"\r\n", b"\n") if b"\r" in text else text
        before = self.lines
        self.lines += text.count(b"\n")
        odd = (b"#", b" ", b"track", b"browser", b"\n\n")
        if not (text.startswith(b"\n") or any(mark in text for mark in odd)):
            return text, np.arange(before + 1, self.lines + 1)
        rows, numbers = [], []
        for number, row in enumerate(text.split(b"\n")[:-1], before + 1):
            if not row.strip() or row.startswith(b"#") or row.split(None, 1)[0] in (b"track", b"browser"):
                continue
            # columns are separated by tabs, or by blanks where a row has no tab
            rows.append(row if b"\t" in row else b"\t".join(row.split()))
            numbers.append(number)
        return b"".join(row + b"\n" for row in rows), np.array(numbers)

    def _keep(self, name: str, begin: np.ndarray, end: np.ndarray, numbers: np.ndarray) -> None:
        """Take the intervals of consecutive rows on one sequence."""
        if self.lengths is not None:
            length = self.lengths.get(name)
            if length is None:
                self.counts.strange[name] = self.counts.strange.get(name, 0) + len(begin)
                return
            beyond = np.flatnonzero(end > length)
            if beyond.size and not self.counts.beyond:
                at = beyond[0]
                self.counts.first_beyond = f"line {numbers[at]}: {name} has {length} bp, the end is {end[at]}"
            self.counts.beyond += beyond.size
            begin, end = np.minimum(begin, length), np.minimum(end, length)
        if self.within is not None:
            borders, reaches = self.within.of(name)
            if not borders.size:
                return
            # an interval may overlap if it ends after the first border and begins before the last reach
            near = (end > borders[0]) & (begin < reaches[-1])
            begin, end = begin[near], end[near]
        if begin.size:
            self.intervals.setdefault(name, []).append((begin, end))


def read_masks(
    paths: Iterable[str | Path],
    chromosomes: Collection[str] = (),
    within: Mask | None = None,
    lengths: Mapping[str, int] | None = None,
) -> Mask | None:
    """All the files' intervals together, None for no file."""
    masks = [read_mask(path, chromosomes, within, lengths) for path in paths]
    return reduce(Mask.__or__, masks) if masks else None


def join_masks(
    *,
    fai: str,
    included_bed: Path,
    excluded_bed: Path,
    compartments_tsv: Path,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    compartments: str | None = None,
) -> None:
    """The masks of a reference as sorted BED without overlaps, and the table of what is not an autosome.

    Files are plain or gzip; what lies on sequences that the reference lacks is left out.

    fai: index of the reference
    include: default: all sequences (BED)
    exclude: BED
    compartments: chromosome and kind (X, Y, Z, W, mito) (TSV)
    included_bed: written
    excluded_bed: written
    compartments_tsv: written
    """
    lengths = sequence_lengths(fai)
    whole = Mask({name: (np.array([0]), np.array([length])) for name, length in lengths.items()})
    masks = (
        (included_bed, read_masks(include, lengths=lengths) or whole),
        (excluded_bed, read_masks(exclude, lengths=lengths) or Mask({})),
    )
    for path, mask in masks:
        with complete_file(path) as bed:
            for name in lengths:
                rows = zip(*(edges.tolist() for edges in mask.of(name)), strict=True)
                bed.writelines(f"{name}\t{start}\t{end}\n" for start, end in rows)
    with complete_file(compartments_tsv) as table:
        table.write("chromosome\tkind\n")
        table.writelines(f"{name}\t{kind}\n" for name, kind in read_compartments(compartments).items())
