"""Depth of one sample along the genome: the window of depth in which sites are callable, these sites, and
the sex.

The window is taken from the sample's own distribution: from `low` to `high` times the median depth of its
autosomes, as PopGLen does (0.5 and 1.5) and GenErode (0.33 and 10 times the mean); the defaults here are 0.33
and 2.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.gff3 import sequence_lengths
from linnaea.population.compartments import read_compartments
from linnaea.population.masks import Mask, merged, read_mask

# Ratios of the depth of X (or Z) to that of the autosomes: 1 in the sex with two of them, 0.5 in the other.
TWO_COPIES, ONE_COPY = 0.8, 0.7
HOMOGAMETIC = {"X": "female", "Z": "male"}
HETEROGAMETIC = {"X": "male", "Z": "female"}
BLOCK_BYTES = 1 << 22
TAB, NEWLINE, ZERO = 9, 10, 48

# Stretches of one sequence: its name, 0-based starts, ends and depths, each (n,) int64.
Stretches = tuple[str, np.ndarray, np.ndarray, np.ndarray]


def site_stretches(handle: BinaryIO, lengths: Mapping[str, int]) -> Iterator[Stretches]:
    """Stretches of equal depth from the rows of `samtools depth -aa`: every site of every sequence, in order.

    `lengths` (bp) are those of the reference. Raises InputError for rows of another reference, and when the
    rows of a sequence end early.
    """
    rest, name, reached = b"", None, 0
    while True:
        block = handle.read(BLOCK_BYTES)
        cut = block.rfind(b"\n") + 1
        text, rest = (rest + block[:cut], block[cut:]) if cut else (b"", rest + block)
        if text:
            data = np.frombuffer(text, np.uint8)
            ends = np.flatnonzero(data == NEWLINE)
            depths = _last_column(data, ends)
            row = 0
            while row < len(ends):
                if name is None:
                    first = text[ends[row - 1] + 1 if row else 0 : ends[row]]
                    name = first.split(b"\t")[0].decode()
                    if name not in lengths:
                        raise InputError(
                            f"sequence {name} of the alignment is not in the reference; "
                            "map the reads to this reference"
                        )
                rows = min(len(ends) - row, lengths[name] - reached)
                values = depths[row : row + rows]
                starts = np.r_[0, np.flatnonzero(np.diff(values)) + 1]
                yield name, starts + reached, np.r_[starts[1:], rows] + reached, values[starts]
                row, reached = row + rows, reached + rows
                if reached == lengths[name]:
                    name, reached = None, 0
        if not block:
            break
    if rest or name is not None:
        raise InputError("samtools depth ended early; its message is above")


def _last_column(data: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Whole numbers (n,) int64 that end before the positions `ends` (n,), after a tab."""
    values = data[ends - 1].astype(np.int64) - ZERO
    rows, place, factor = np.arange(len(ends)), 2, 10
    while (rows := rows[data[ends[rows] - place] != TAB]).size:
        values[rows] += (data[ends[rows] - place].astype(np.int64) - ZERO) * factor
        place, factor = place + 1, factor * 10
    return values


def block_stretches(lines: Iterable[str], batch: int = 1 << 16) -> Iterator[Stretches]:
    """Stretches from rows of a gVCF: chromosome, first base, last base, depth (`.` is 0)."""
    name = ""
    rows: list[tuple[int, int, int]] = []
    for line in lines:
        chromosome, first, last, depth = line.split("\t")
        if rows and (chromosome != name or len(rows) == batch):
            yield name, *np.array(rows, np.int64).T
            rows = []
        name = chromosome
        rows.append((int(first) - 1, int(last), int(depth) if depth.strip() not in (".", "") else 0))
    if rows:
        yield name, *np.array(rows, np.int64).T


class DepthTrack:
    """Depth along a genome, kept in an unnamed file of the current folder until the window is known.

    `lengths` (bp) are those of the reference; the stretches of a sequence come ordered by start. `histograms`
    has the bases at each depth, (deepest + 1,) float, of every sequence.
    """

    def __init__(self, lengths: Mapping[str, int], stretches: Iterable[Stretches]) -> None:
        from isal import igzip

        self._file = TemporaryFile(dir=".")  # noqa: SIM115, lives as long as the track
        self.histograms = {name: np.zeros(1) for name in lengths}
        reached = dict.fromkeys(lengths, 0)
        self._batches: list[str] = []
        with igzip.open(self._file, "wb", compresslevel=1) as packed:
            for name, starts, ends, depths in stretches:
                # a site that two rows cover, as that of an indel in a gVCF, counts once
                before = np.maximum.accumulate(np.r_[reached[name], ends[:-1]])
                fresh = np.maximum(ends - np.maximum(starts, before), 0)
                counted = np.bincount(depths, fresh)
                self.histograms[name] = pooled([self.histograms[name], counted])
                reached[name] = max(reached[name], int(ends.max()))
                np.lib.format.write_array(packed, np.stack([starts, ends, depths]).astype(np.uint32))
                self._batches.append(name)
        for name, histogram in self.histograms.items():
            histogram[0] += lengths[name] - histogram.sum()

    def within(self, smallest: int, largest: int) -> Iterator[tuple[str, Mask]]:
        """The sites with a depth of `smallest` to `largest`, sequence by sequence; each is given once."""
        from isal import igzip

        kept: dict[str, list[np.ndarray]] = {}
        last = {name: number for number, name in enumerate(self._batches)}
        self._file.seek(0)
        with igzip.open(self._file, "rb") as packed:
            for number, name in enumerate(self._batches):
                starts, ends, depths = np.lib.format.read_array(packed).astype(np.int64)
                inside = (depths >= smallest) & (depths <= largest)
                kept.setdefault(name, []).append(np.stack(merged(starts[inside], ends[inside])))
                if last[name] == number:
                    starts, ends = np.hstack(kept.pop(name))
                    yield name, Mask({name: (starts, ends)})


def pooled(histograms: Iterable[np.ndarray]) -> np.ndarray:
    """The sum of histograms of any depths, at least (1,)."""
    listed = list(histograms)
    total = np.zeros(max((histogram.size for histogram in listed), default=1))
    for histogram in listed:
        total[: histogram.size] += histogram
    return total


def median_depth(histogram: np.ndarray) -> float:
    """Median depth of the bases that have a read; 0.0 when none has."""
    covered = histogram[1:]
    if covered.sum() == 0:
        return 0.0
    return float(np.searchsorted(np.cumsum(covered), covered.sum() / 2) + 1)


def depth_window(median: float, low: float, high: float, floor: int) -> tuple[int, int]:
    """Smallest and largest depth of a callable site: `low` (at least `floor`) and `high` times the median."""
    smallest = max(floor, int(np.ceil(low * median)))
    return smallest, max(int(np.floor(high * median)), smallest)


def mean_depth(histogram: np.ndarray) -> float:
    """Mean depth of a histogram of bases by depth; NaN without bases."""
    return (
        float(np.average(np.arange(histogram.size), weights=histogram)) if histogram.sum() else float("nan")
    )


def sex_of(ratios: Mapping[str, float]) -> tuple[str, str]:
    """(sex, why) from the depth of sex chromosomes as a share of that of the autosomes; `unknown` between the
    classes."""
    for kind, two in HOMOGAMETIC.items():
        if kind not in ratios:
            continue
        ratio = ratios[kind]
        if ratio >= TWO_COPIES:
            return two, f"{kind} has {ratio:.2f} of the depth of the autosomes"
        if ratio <= ONE_COPY:
            return HETEROGAMETIC[kind], f"{kind} has {ratio:.2f} of the depth of the autosomes"
        return "unknown", f"{kind} has {ratio:.2f} of the depth of the autosomes, between one copy and two"
    return "unknown", "no X or Z is named under --sex_chromosomes"


def depth_of(
    sample: str,
    histograms: Mapping[str, np.ndarray],
    compartments: Mapping[str, str],
    low: float,
    high: float,
    floor: int,
) -> dict[str, Any]:
    """Depth of one sample: its window, the shares of bases below and above it, and its sex by depth.

    `histograms` has the bases at each depth by chromosome; `compartments` the kind (X Y Z W mito) of
    chromosomes that are no autosomes. Raises InputError when no read covers an autosome.
    """
    autosomes = pooled(values for name, values in histograms.items() if name not in compartments)
    median = median_depth(autosomes)
    if not median:
        raise InputError(
            f"sample {sample}: no read covers an autosome; are the reads of this species, and does "
            "any reach --min_mapping_quality?"
        )
    smallest, largest = depth_window(median, low, high, floor)
    mean = mean_depth(autosomes)
    ratios = {}
    for kind in sorted(set(compartments.values())):
        of_kind = pooled(values for name, values in histograms.items() if compartments.get(name) == kind)
        if of_kind.sum():
            ratios[kind] = mean_depth(of_kind) / mean
    sex, why = sex_of(ratios)
    total = autosomes.sum()
    shown = np.append(autosomes[: 3 * largest], autosomes[3 * largest :].sum())
    return {
        "median_depth_x": median,
        "mean_depth_x": mean,
        "min_depth_x": smallest,
        "max_depth_x": largest,
        "autosomes_bp": round(total),
        "covered_pct": 100 * autosomes[1:].sum() / total,
        "below_window_pct": 100 * autosomes[:smallest].sum() / total,
        "above_window_pct": 100 * autosomes[largest + 1 :].sum() / total,
        "depth_histogram_bp": np.round(shown).astype(int),
        "depth_ratios": ratios,
        "sex_by_depth": sex,
        "sex_by_depth_why": why,
    }


def measure_sample(
    *,
    sample: str,
    fai: str,
    include: str,
    exclude: str,
    low: float,
    high: float,
    min_depth: int,
    callable: str,
    out: str,
    blocks: bool = False,
    compartments: str | None = None,
) -> None:
    """The depth window of one sample, its callable sites and its sex by depth.

    Standard input holds the rows of `samtools depth -aa`, or with --blocks those of a given gVCF:
    chromosome, first base, last base, depth. The depth of a block is its smallest, so its window starts a
    little lower than that of the alignment.

    fai: index of the reference
    blocks: standard input holds blocks of a gVCF
    compartments: chromosome and kind (X, Y, Z, W, mito), without autosomes
    include: BED of what may be callable
    exclude: BED of what may not
    low: window from this share of the median
    high: window up to this multiple of the median
    min_depth: no window starts lower
    callable: callable sites, BED, bgzipped
    out: metrics record
    """
    lengths = sequence_lengths(fai)
    stretches = block_stretches(sys.stdin) if blocks else site_stretches(sys.stdin.buffer, lengths)
    track = DepthTrack(lengths, stretches)
    kinds = read_compartments(compartments)
    record = depth_of(sample, track.histograms, kinds, low, high, min_depth)
    allowed = read_mask(include) - read_mask(exclude)
    with complete_bgzf(callable) as bed:
        for name, deep in track.within(record["min_depth_x"], record["max_depth_x"]):
            starts, ends = (deep & allowed.only(name)).of(name)
            rows = zip(starts.tolist(), ends.tolist(), strict=True)
            bed.write("".join(f"{name}\t{start}\t{end}\n" for start, end in rows).encode())
    write_metrics(out, {"id": "popgen", "step": "sample_depth", "sample": sample} | record)
