"""Parts of a genome: intervals of BED files, asked for positions and for lengths."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce
from pathlib import Path

import numpy as np

from linnaea.errors import InputError

_EMPTY = np.empty(0, np.int64)


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


def read_mask(path: str | Path, chromosomes: Collection[str] = (), within: Mask | None = None) -> Mask:
    """Read a BED file (plain or gzip, any order, streamed), keeping what overlaps `within`.

    InputError names the row that is wrong, and says when no interval is on any of `chromosomes` (if given):
    then names differ between files.
    """
    from linnaea.sequences import blocks, is_empty

    found: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    names: set[str] = set()
    if is_empty(path):
        return Mask({})
    line, rest = 1, b""
    for piece in blocks(path):
        cut = piece.rfind(b"\n") + 1
        text, rest = (rest + piece[:cut], piece[cut:]) if cut else (b"", rest + piece)
        line += _add_intervals(text, path, line, found, names, within)
    if rest:
        _add_intervals(rest + b"\n", path, line, found, names, within)
    if chromosomes and names and not names & set(chromosomes):
        raise InputError(
            f"{path}: none of its chromosomes ({min(names)}, ...) is in the VCF ({min(chromosomes)}, ...); "
            "use the same names in both"
        )
    return Mask(
        {
            name: (np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts]))
            for name, parts in found.items()
        }
    )


def _add_intervals(
    text: bytes,
    path: str | Path,
    line: int,
    found: dict[str, list[tuple[np.ndarray, np.ndarray]]],
    names: set[str],
    within: Mask | None,
) -> int:
    """Add the intervals of whole lines to `found`; returns the number of lines."""
    from linnaea.population.vcf_reader import MARGIN, Malformed, integers, name_runs

    if not text:
        return 0
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    if text.endswith(b"\n\n") or b"\n\n" in text or b"#" in text or b"track" in text or b"browser" in text:
        lines = text.split(b"\n")[:-1]
        other = (b"#", b"track", b"browser")
        text = b"".join(row + b"\n" for row in lines if row and not row.startswith(other))
        number = len(lines)
    else:
        number = text.count(b"\n")
    rows = text.count(b"\n")
    if not rows:
        return number
    text = MARGIN + text + MARGIN
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data[len(MARGIN) : -len(MARGIN)] == 10) + len(MARGIN)
    starts = np.r_[len(MARGIN), ends[:-1] + 1]
    tabs = np.flatnonzero((data == 9) | (data == 10))[len(MARGIN) :]
    first = np.searchsorted(tabs, starts)
    one, two = tabs[first], tabs[first + 1]
    three = tabs[np.minimum(first + 2, tabs.size - 1)]
    try:
        short = two >= ends
        if short.any():
            raise Malformed(np.argmax(short), "fewer than three columns; separate columns by tabs")
        begin = integers(data, one + 1, two, "start")
        end = integers(data, two + 1, np.minimum(three, ends), "end")
        wrong = (begin < 0) | (end < begin)
        if wrong.any():
            raise Malformed(np.argmax(wrong), "the end is before the start")
    except Malformed as fault:
        shown = text[starts[fault.row] : ends[fault.row]][:60].decode(errors="replace")
        raise InputError(f"{path}, row {shown!r}: {fault.why}; give a BED file") from None
    for name, part in name_runs(text, data, starts, one):
        names.add(name)
        pair = begin[part].astype(np.int64), end[part].astype(np.int64)
        if within is not None:
            borders, reaches = within.of(name)
            if not borders.size:
                continue
            # an interval may overlap if it ends after the first border and begins before the last reach
            near = (pair[1] > borders[0]) & (pair[0] < reaches[-1])
            pair = pair[0][near], pair[1][near]
        if pair[0].size:
            found.setdefault(name, []).append(pair)
    return number


def read_masks(
    paths: Iterable[str | Path], chromosomes: Collection[str] = (), within: Mask | None = None
) -> Mask | None:
    """All the files' intervals together, None for no file."""
    masks = [read_mask(path, chromosomes, within) for path in paths]
    return reduce(Mask.__or__, masks) if masks else None
