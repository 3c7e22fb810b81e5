"""Breaks of contigs where far fewer pairs span a point than the decay and the coverage imply."""

from dataclasses import dataclass

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
    return breaks
