"""Read depth along an assembly from the places minimap2 gives to reads (PAF), streamed."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pysam

from linnaea.assembly.structure import ReadSupport, Suspect, gap_places, gap_support, suspect_counts, suspects
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.base.text import some
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.sequences import text_lines

WINDOWS_IN_REPORT = 2000


class WindowedDepth:
    """Bases of reads in windows along sequences; memory grows with windows, not with reads.

    `lengths` maps sequence name to length in bp; `window_bp` is the window size.
    """

    def __init__(self, lengths: Mapping[str, int], window_bp: int) -> None:
        self.lengths = dict(lengths)
        self.window_bp = window_bp
        self.bases = {name: np.zeros(-(-length // window_bp), np.int64) for name, length in lengths.items()}
        self._starts: dict[str, list[int]] = {name: [] for name in lengths}
        self._ends: dict[str, list[int]] = {name: [] for name in lengths}
        self._pending = 0

    def add(self, sequence: str, start: int, end: int) -> None:
        """Count a read that covers `start` to `end` (0-based, half open) of a sequence."""
        self._starts[sequence].append(start)
        self._ends[sequence].append(end)
        self._pending += 1
        if self._pending >= 1_000_000:
            self._flush()

    def _flush(self) -> None:
        """Add the waiting intervals: F(end) - F(start), F the cumulated bases up to a position."""
        for name, starts in self._starts.items():
            if not starts:
                continue
            edges = np.zeros(len(self.bases[name]) + 1, np.int64)  # whole windows begun
            for positions, sign in ((starts, -1), (self._ends[name], 1)):
                window, within = np.divmod(np.asarray(positions, np.int64), self.window_bp)
                # a position adds its part to its own window and full windows to all before it
                np.add.at(edges, window, sign * (within - self.window_bp))
                full = np.bincount(window, minlength=len(edges))[::-1].cumsum()[::-1]
                edges += sign * full * self.window_bp
            self.bases[name] += edges[:-1]
            self._starts[name], self._ends[name] = [], []
        self._pending = 0

    def depth(self) -> dict[str, np.ndarray]:
        """Mean depth of every window, sequence -> float array; the last window may be shorter."""
        self._flush()
        depths = {}
        for name, bases in self.bases.items():
            sizes = np.full(len(bases), self.window_bp)
            if len(sizes):
                sizes[-1] = self.lengths[name] - self.window_bp * (len(sizes) - 1)
            depths[name] = bases / sizes
        return depths


def read_paf(
    lines: Iterable[str], depth: WindowedDepth, support: ReadSupport | None = None
) -> dict[str, int]:
    """Feed PAF lines (`minimap2 --secondary=no --paf-no-hit`) to `depth` and `support`; counts of reads, bp.

    A read's several alignments stand on neighbouring lines, so no set of names is kept.
    """
    counts = dict.fromkeys(("reads", "mapped_reads", "bases_bp", "mapped_bases_bp"), 0)
    last, last_mapped = None, False
    for line in lines:
        fields = line.split("\t", 10)
        mapped = fields[5] != "*"
        if fields[0] != last:
            counts["reads"] += 1
            counts["bases_bp"] += int(fields[1])
            last, last_mapped = fields[0], False
        if mapped:
            counts["mapped_reads"] += not last_mapped
            last_mapped = True
            counts["mapped_bases_bp"] += int(fields[3]) - int(fields[2])
            start, end = int(fields[7]), int(fields[8])
            depth.add(fields[5], start, end)
            if support:
                clips = int(fields[2]), int(fields[1]) - int(fields[3])
                before, after = clips if fields[4] == "+" else clips[::-1]
                support.add(fields[5], start, end, before, after)
    return counts


def depth_metrics(depth: WindowedDepth, counts: Mapping[str, int]) -> dict[str, Any]:
    """Numbers of a `read_depth` record: percentages of reads and bases placed, depth over the assembly.

    Windows weigh by their length. For the report neighbouring windows are joined so that all
    sequences together give about 2,000 points.
    """
    depths = depth.depth()
    joined = max(1, sum(map(len, depths.values())) // WINDOWS_IN_REPORT)
    names, starts, values = [], [], []
    for name, array in depths.items():
        for first in range(0, len(array), joined):
            names.append(name)
            starts.append(first * depth.window_bp)
            values.append(round(float(array[first : first + joined].mean()), 2))
    every = np.concatenate(list(depths.values())) if depths else np.zeros(0)
    total = sum(depth.lengths.values())
    return {
        "reads": counts["reads"],
        "mapped_reads_pct": 100 * counts["mapped_reads"] / counts["reads"],
        "mapped_bases_pct": 100 * counts["mapped_bases_bp"] / counts["bases_bp"],
        "mean_depth": sum(int(bases.sum()) for bases in depth.bases.values()) / total,
        "median_depth": float(np.median(every)),
        "zero_depth_pct": 100 * float((every == 0).mean()),
        "window_bp": depth.window_bp * joined,
        "windows": {"sequence": names, "start_bp": starts, "depth": values},
    }


def depth_windows(path: str | Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Window lengths (bp) and depths of each sequence of a bedGraph, plain or gzip."""
    windows: dict[str, list[tuple[int, float]]] = {}
    for number, line in text_lines(path):
        if line.startswith(("#", "track", "browser")):
            continue
        columns = line.split("\t")
        try:
            window = (int(columns[2]) - int(columns[1]), float(columns[3]))
        except (ValueError, IndexError):
            raise InputError(f"{path}, line {number}: not bedGraph (sequence, start, end, depth)") from None
        windows.setdefault(columns[0], []).append(window)
    return {
        name: (np.array([size for size, _ in listed]), np.array([depth for _, depth in listed]))
        for name, listed in windows.items()
    }


def read_depths(path: str | Path, sequences: Iterable[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """`depth_windows` of these sequences; InputError for those that the bedGraph lacks."""
    windows = depth_windows(path)
    sequences = list(sequences)
    if absent := [name for name in sequences if name not in windows]:
        raise InputError(f"{path}: no depth of {some(absent)}; give the read depth of this assembly")
    return {name: windows[name] for name in sequences}


def weighted_median(values: Sequence[float] | np.ndarray, weights: Sequence[float] | np.ndarray) -> float:
    """The value below which values of half of the weight lie."""
    order = np.argsort(values)
    sums = np.cumsum(np.asarray(weights)[order])
    return float(np.asarray(values)[order][np.searchsorted(sums, sums[-1] / 2)])


def measure_depth(
    *,
    id: str,
    stage: str,
    haplotype: str,
    assembly: str,
    out: str,
    track: str,
    suspect_table: str | None = None,
    window_bp: int = 1000,
) -> None:
    """Read depth of an assembly, and places that its reads contradict, from minimap2's PAF on standard input.

    assembly: FASTA, may be compressed
    track: bedGraph, bgzipped
    suspect_table: places with misjoins, collapses or no support (TSV)
    """
    lengths, gaps = {}, {}
    with pysam.FastxFile(assembly, persist=False) as sequences:
        for entry in sequences:
            name, letters = str(entry.name), str(entry.sequence)
            lengths[name], gaps[name] = len(letters), gap_places(letters)
    depth = WindowedDepth(lengths, window_bp)
    support = ReadSupport(lengths) if suspect_table else None
    counts = read_paf(sys.stdin, depth, support)
    if counts["mapped_reads"] == 0:
        raise InputError(
            f"{id} {haplotype}: none of {counts['reads']:,} reads maps to {assembly}; are reads and assembly "
            "of the same species, and did minimap2 finish?"
        )
    with complete_bgzf(track) as bedgraph:
        for name, values in depth.depth().items():
            edges = [*range(0, lengths[name], window_bp), lengths[name]]
            bedgraph.write(
                "".join(
                    f"{name}\t{start}\t{end}\t{value:.2f}\n"
                    for start, end, value in zip(edges[:-1], edges[1:], values, strict=True)
                ).encode()
            )
    record: dict[str, Any] = {"id": id, "step": "read_depth", "stage": stage, "haplotype": haplotype}
    record |= depth_metrics(depth, counts)
    if suspect_table and support:
        listed = suspects(support, depth.depth(), window_bp, gaps)
        write_table(suspect_table, Suspect._fields, listed)
        record |= suspect_counts(listed, list(lengths)) | {"gaps": gap_support(support, gaps)}
    write_metrics(out, record)
