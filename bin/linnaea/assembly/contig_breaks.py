"""Breaks of contigs where far fewer pairs span a point than the decay and the coverage imply."""

from dataclasses import dataclass, replace

import numpy as np

from linnaea.assembly.contact_decay import ContactDecay, Visibility, spanning
from linnaea.assembly.hic_contacts import Pairs

# Pairs at most this far apart are counted, points nearer to an end of a contig are not judged.
WINDOW_BP = 500_000
EDGE_BP = 15_000
# Points of one break are at most this far apart.
MERGE_BP = 20_000
# So many pairs must be expected over a point; it is a break below this share of the contig's median ratio.
MIN_EXPECTED = 24
BREAK_RATIO = 0.25


@dataclass(frozen=True)
class Break:
    """A point (bp) of a contig between parts that do not belong together, with the pairs that span it."""

    contig: int
    position: int
    observed: float
    expected: float
    median_ratio: float


def contig_breaks(pairs: Pairs, visibility: Visibility, decay: ContactDecay, noise: float) -> list[Break]:
    """Points at which contigs are broken, by contig and position."""
    within = pairs.first == pairs.second
    observed, expected = spanning(
        visibility, pairs.first[within], pairs.first_position[within], pairs.second_position[within],
        WINDOW_BP, decay, noise,
    )  # fmt: skip
    edge = max(EDGE_BP // visibility.bin_bp, 2)
    breaks = []
    for contig in np.flatnonzero(visibility.bins >= 4 * edge):
        first = visibility.offset[contig] + edge
        inner = slice(first, visibility.offset[contig + 1] - edge)
        ratio = observed[inner] / np.maximum(expected[inner], 1e-9)
        judged = expected[inner] >= MIN_EXPECTED
        if judged.sum() < 3:
            continue
        median = float(np.median(ratio[judged]))
        low = np.flatnonzero(judged & (ratio < BREAK_RATIO * median))
        if not len(low):
            continue
        for group in np.split(low, np.flatnonzero(np.diff(low) > MERGE_BP // visibility.bin_bp) + 1):
            worst = group[np.argmin(ratio[group])]
            breaks.append(
                Break(
                    int(contig),
                    int((worst + edge) * visibility.bin_bp),
                    max(float(observed[first + worst]), 0.0),
                    float(expected[first + worst]),
                    median,
                )
            )
    return refined(breaks, pairs.where(within), visibility.bin_bp)


def refined(breaks: list[Break], pairs: Pairs, bin_bp: int) -> list[Break]:
    """Breaks moved from the edge of a bin to the least spanned point nearby; pairs within contigs."""
    concerned = np.flatnonzero(np.isin(pairs.first, [one.contig for one in breaks]))
    order = concerned[np.argsort(pairs.first[concerned], kind="stable")]
    contigs = pairs.first[order]
    ends = np.sort(np.column_stack([pairs.first_position[order], pairs.second_position[order]]), axis=1)
    return [
        replace(
            one,
            position=_least_spanned(
                ends[np.searchsorted(contigs, one.contig) : np.searchsorted(contigs, one.contig, "right")],
                one.position,
                2 * bin_bp,
            ),
        )
        for one in breaks
    ]


def _least_spanned(ends: np.ndarray, position: int, reach: int) -> int:
    """The point (bp) within `reach` of a position that the fewest pairs span; of several, the middle of the
    longest stretch of them. `ends`: positions of both ends of pairs, (pairs, 2), ascending in rows.
    """
    low, high = position - reach, position + reach
    near = ends[(ends[:, 1] - ends[:, 0] < WINDOW_BP) & (ends[:, 0] < high) & (ends[:, 1] > low)]
    # a pair spans the points behind its first end, up to its second
    change = np.zeros(high - low + 2, np.int64)
    np.add.at(change, np.clip(near[:, 0] + 1, low, high + 1) - low, 1)
    np.add.at(change, np.clip(near[:, 1] + 1, low, high + 1) - low, -1)
    spanning = np.cumsum(change)[:-1]
    fewest = np.flatnonzero(spanning == spanning.min())
    longest = max(np.split(fewest, np.flatnonzero(np.diff(fewest) > 1) + 1), key=len)
    return low + int(longest[len(longest) // 2])
