"""Places of an assembly that its own reads contradict: misjoins, collapses, and bases without reads.

The alignments are chains of minimap2 without base alignment (PAF). A chain ends within a few
minimizers of a breakpoint, which is near enough, and costs a fraction of the CPU of base alignment.

At a misjoin the reads of both sides end and (almost) none spans it. At a heterozygous variant the
reads of one haplotype end and those of the other, about half, span it: a `partial` support, which is
listed but is not an error. A sequence that stands for two copies has twice the depth.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import pdtr, pdtrc

BIN_BP = 100
MARGIN_BP = 500  # a read spans a place if it is aligned this far on both sides
CLIP_BP = 1000  # the unaligned end of a clipped read is at least this long
CLIPPED_SHARE = 0.2  # of the median depth: fewer clipped reads are not a cluster
SPANNED_SHARE = 0.2  # of the reads at a cluster: more that span it, and it is not a misjoin
MIN_CLIPS = 3
MERGE_BP = 1000
LOW_DEPTH, HIGH_DEPTH = 0.25, 1.6  # of the median; 1.6 lies between one copy and two
MIN_DEPTH_RUN = 5  # windows
CHANCE = 1e-4  # largest probability that a run's number of reads is chance

CLASSES = ("misjoin", "unspanned", "collapse", "low_depth", "partial")
ERRORS = ("misjoin", "unspanned", "collapse", "low_depth")


class Suspect(NamedTuple):
    """A place, 0-based and half open; `clipped` and `spanning` are reads, `depth` the mean of its windows."""

    sequence: str
    start_bp: int
    end_bp: int
    kind: str
    clipped: int
    spanning: int
    depth: float


class ReadSupport:
    """Ends of clipped reads and numbers of spanning reads along sequences, in bins of 100 bp.

    Memory: 4 bytes per bin, and 4 bytes per clipped end. `lengths` maps sequence name to bp.
    """

    def __init__(self, lengths: Mapping[str, int]) -> None:
        self.lengths = dict(lengths)
        self._steps = {name: np.zeros(length // BIN_BP + 2, np.int32) for name, length in lengths.items()}
        self._clips = {name: (array("I"), array("I")) for name in lengths}
        self.alignments = 0
        self.aligned_bp = 0

    def add(self, sequence: str, start: int, end: int, clipped_before: int, clipped_after: int) -> None:
        """Count an alignment; `clipped_*` are the bp of the read before and after it, in target direction."""
        self.alignments += 1
        self.aligned_bp += end - start
        first, last = -(-(start + MARGIN_BP) // BIN_BP), (end - MARGIN_BP) // BIN_BP
        if first < last:
            steps = self._steps[sequence]
            steps[first] += 1
            steps[last] -= 1
        # a read that reaches beyond the end of a sequence is not clipped
        if clipped_before >= CLIP_BP and start >= CLIP_BP:
            self._clips[sequence][0].append(start)
        if clipped_after >= CLIP_BP and end <= self.lengths[sequence] - CLIP_BP:
            self._clips[sequence][1].append(end)

    def spanning(self, sequence: str) -> np.ndarray:
        """Reads that span each bin with its margins."""
        return self._steps[sequence].cumsum()[: -(-self.lengths[sequence] // BIN_BP)]

    def clipped(self, sequence: str) -> np.ndarray:
        """Reads that begin or end within a bin and its neighbours, whichever is more."""
        bins = -(-self.lengths[sequence] // BIN_BP)
        counts = np.zeros((2, bins + 2), np.int64)
        for row, positions in zip(counts, self._clips[sequence], strict=True):
            row[1:-1] = np.bincount(np.asarray(positions, np.int64) // BIN_BP, minlength=bins)[:bins]
        return (counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:]).max(axis=0)


def gap_support(support: ReadSupport, gaps: Mapping[str, Sequence[tuple[int, int]]]) -> dict[str, Any]:
    """Reads that span each gap (0-based half open), and reads that end beside it, by column."""
    columns: dict[str, Any] = {key: [] for key in ("sequence", "start_bp", "end_bp", "spanning", "clipped")}
    for name, places in gaps.items():
        if not places:
            continue
        spanning, clipped = support.spanning(name), support.clipped(name)
        for start, end in places:
            beside = slice(max(0, start - MERGE_BP) // BIN_BP, (end + MERGE_BP) // BIN_BP + 1)
            over = spanning[start // BIN_BP : -(-end // BIN_BP)]
            row = (name, start, end, int(over.min()), int(clipped[beside].max()))
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    return columns


def suspects(
    support: ReadSupport,
    depths: Mapping[str, np.ndarray],
    window_bp: int,
    gaps: Mapping[str, Sequence[tuple[int, int]]],
) -> list[Suspect]:
    """Places that the reads contradict, in the order of the sequences.

    `depths` are the mean depths of windows (`WindowedDepth.depth`). Gaps (runs of N, 0-based half open)
    are not suspects: no read can show what they hold.
    """
    every = np.concatenate(list(depths.values())) if depths else np.zeros(0)
    median = float(np.median(every[every > 0])) if (every > 0).any() else 0.0
    if not median:
        return []
    read_bp = support.aligned_bp / support.alignments
    listed: list[Suspect] = []
    for name, depth in depths.items():
        around = _BlindSpots(support.lengths[name], gaps.get(name, ()), read_bp)
        spanning = support.spanning(name)
        breaks = _clusters(name, support.clipped(name), spanning, depth, window_bp, median, around)
        other = [
            *_unspanned(name, spanning, depth, window_bp, around),
            *_depth_runs(name, depth, window_bp, median, read_bp, around),
        ]
        wrong = [b for b in breaks if b.kind == "misjoin"]
        apart = [s for s in other if s.kind == "collapse" or not _touches(s, wrong)]
        listed += sorted(breaks + _without_nested(apart))
    return listed


class _BlindSpots:
    """Where reads cannot support a sequence: at its ends and gaps."""

    def __init__(self, length: int, gaps: Sequence[tuple[int, int]], read_bp: float) -> None:
        self.length = length
        self.gaps = gaps
        self.read_bp = read_bp

    def hides(self, start: int, end: int, end_margin: float) -> bool:
        if start < end_margin or end > self.length - end_margin:
            return True
        return any(start < stop + MERGE_BP and end > begin - MERGE_BP for begin, stop in self.gaps)


def _runs(mask: np.ndarray, apart: int = 0) -> list[tuple[int, int]]:
    """Runs of True as (first, end); those with at most `apart` between them are joined."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    joined: list[tuple[int, int]] = []
    for first, end in edges.reshape(-1, 2).tolist():
        if joined and first - joined[-1][1] <= apart:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((first, end))
    return joined


def _mean_depth(depth: np.ndarray, start: int, end: int, window_bp: int) -> float:
    return round(float(depth[start // window_bp : -(-end // window_bp)].mean()), 2)


def _clusters(
    name: str,
    clipped: np.ndarray,
    spanning: np.ndarray,
    depth: np.ndarray,
    window_bp: int,
    median: float,
    around: _BlindSpots,
) -> list[Suspect]:
    """Places where many reads are clipped: misjoins, or partial support if others span them."""
    listed = []
    enough = max(MIN_CLIPS, CLIPPED_SHARE * median)
    for first, end in _runs(clipped >= enough, MERGE_BP // BIN_BP):
        start_bp, end_bp = first * BIN_BP, min(end * BIN_BP, around.length)
        if around.hides(start_bp, end_bp, CLIP_BP):
            continue
        most, fewest = int(clipped[first:end].max()), int(spanning[first:end].min())
        kind = "misjoin" if fewest <= SPANNED_SHARE * (most + fewest) else "partial"
        mean = _mean_depth(depth, start_bp, end_bp, window_bp)
        listed.append(Suspect(name, start_bp, end_bp, kind, most, fewest, mean))
    return listed


def _unspanned(
    name: str, spanning: np.ndarray, depth: np.ndarray, window_bp: int, around: _BlindSpots
) -> list[Suspect]:
    """Places that no read spans, farther from the ends than a read is long."""
    listed = []
    for first, end in _runs(spanning == 0, MERGE_BP // BIN_BP):
        start_bp, end_bp = first * BIN_BP, end * BIN_BP
        if not around.hides(start_bp, end_bp, around.read_bp):
            mean = _mean_depth(depth, start_bp, end_bp, window_bp)
            listed.append(Suspect(name, start_bp, end_bp, "unspanned", 0, 0, mean))
    return listed


def _depth_runs(
    name: str, depth: np.ndarray, window_bp: int, median: float, read_bp: float, around: _BlindSpots
) -> list[Suspect]:
    """Runs of windows with too many or too few reads; runs that chance explains are left out."""
    listed = []
    padded = np.pad(depth, MIN_DEPTH_RUN // 2, mode="edge")
    smooth = np.convolve(padded, np.full(MIN_DEPTH_RUN, 1 / MIN_DEPTH_RUN), "valid")
    for kind, mask in (
        ("collapse", smooth > HIGH_DEPTH * median),
        ("low_depth", smooth < LOW_DEPTH * median),
    ):
        for first, end in _runs(mask, 1):
            start_bp, end_bp = first * window_bp, min(end * window_bp, around.length)
            margin = 0 if kind == "collapse" else read_bp
            if end - first < MIN_DEPTH_RUN or around.hides(start_bp, end_bp, margin):
                continue
            mean = float(depth[first:end].mean())
            # reads that touch the run, of which one read gives its whole length to the depth
            per_depth = (end_bp - start_bp + read_bp) / read_bp
            reads, expected = mean * per_depth, median * per_depth
            tail = pdtrc(reads - 1, expected) if kind == "collapse" else pdtr(reads, expected)  # Poisson
            if tail <= CHANCE:
                listed.append(Suspect(name, start_bp, end_bp, kind, 0, 0, round(mean, 2)))
    return listed


def _touches(suspect: Suspect, others: Sequence[Suspect]) -> bool:
    return any(
        suspect.start_bp < o.end_bp + MERGE_BP and suspect.end_bp > o.start_bp - MERGE_BP for o in others
    )


def _without_nested(listed: Sequence[Suspect]) -> list[Suspect]:
    """Without unspanned places inside a stretch of low depth, which says the same."""
    low = [s for s in listed if s.kind == "low_depth"]
    return [s for s in listed if s.kind != "unspanned" or not _touches(s, low)]


def gap_places(sequence: str, min_gap: int = 10) -> list[tuple[int, int]]:
    """Runs of N of at least `min_gap` bp, 0-based half open."""
    letters = np.frombuffer(sequence.encode(), np.uint8)
    return [run for run in _runs((letters | 32) == ord("n")) if run[1] - run[0] >= min_gap]


def suspect_counts(listed: Sequence[Suspect], sequences: Sequence[str]) -> dict[str, object]:
    """Numbers of a record: suspects of each class, and errors of each sequence."""
    errors = dict.fromkeys(sequences, 0)
    for suspect in listed:
        errors[suspect.sequence] += suspect.kind in ERRORS
    numbers: dict[str, object] = {f"{kind}_suspects": sum(s.kind == kind for s in listed) for kind in CLASSES}
    return numbers | {"suspects": {"sequence": list(errors), "errors": list(errors.values())}}
