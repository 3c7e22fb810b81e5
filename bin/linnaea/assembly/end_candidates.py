"""Pairs of scaffold ends that could be joined, by their Hi-C contacts in a window.

The contacts of two ends (places less than W apart if both were neighbours) are compared with those expected
from the decay, the visibility of both end windows and the noise. The windows W/4 and 4 W must agree:
contacts between the ends of different chromosomes (telomeres, centromeres) are flat or point-like, those of
neighbours decay as within contigs.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from linnaea.assembly.contact_decay import ContactDecay, Visibility
from linnaea.assembly.hic_contacts import Pairs
from linnaea.assembly.scaffold_layout import Layout

MIN_PAIRS = 5
MIN_EXPECTED = 1.5
# Least observed over expected pairs in the window, W/4 and 4 W, where so many are expected in these.
MIN_RATIO, MIN_NEAR, MIN_FAR = 0.4, 0.35, 0.4
TESTABLE = 8
# Pairs of scaffolds with fewer contacts cannot be above noise.
COMPETING = 3


@dataclass
class Candidates:
    """Pairs of ends with contacts above noise, twice (from either end), best first for each end.

    `score` is a lower bound of observed over expected contacts; `joinable` those that pass all tests, the
    others only compete.
    """

    end: np.ndarray
    other: np.ndarray
    score: np.ndarray
    joinable: np.ndarray

    def first_rows(self) -> np.ndarray:
        """Row of the best candidate of each end."""
        return np.flatnonzero(np.diff(self.end, prepend=-1))


class EndCandidates:
    """The candidates of a window, kept while scaffolds are joined."""

    def __init__(
        self,
        pairs: Pairs,
        layout: Layout,
        visibility: Visibility,
        decay: ContactDecay,
        noise: float,
        window: float,
    ) -> None:
        self.pairs = pairs
        self.layout = layout
        self.visibility = visibility
        self.decay = decay
        self.noise = noise
        self.windows = (window, window / 4, 4 * window)
        self.least = max(5000, min(window / 8, 20000))
        # End, other end, score, joinable: (4, candidates), each once.
        self.table = np.zeros((4, 0))
        self.update(np.ones(len(layout.codes), bool))

    def update(self, changed: np.ndarray) -> None:
        """Compare the ends of changed scaffolds, (scaffolds,), with all others again."""
        kept = ~(changed[self.table[0].astype(np.int64) // 2] | changed[self.table[1].astype(np.int64) // 2])
        self.table = np.concatenate([self.table[:, kept], self._compare(changed)], 1)

    def candidates(self) -> Candidates:
        table = np.concatenate([self.table, self.table[[1, 0, 2, 3]]], 1)
        table = table[:, np.lexsort((table[1], -table[2], table[0]))]
        end, other = table[0].astype(np.int64), table[1].astype(np.int64)
        closed = self.layout.closed_ends()
        return Candidates(end, other, table[2], (table[3] > 0) & ~closed[end] & ~closed[other])

    def _compare(self, changed: np.ndarray) -> np.ndarray:
        """Candidates with a changed scaffold; pairs that no later comparison needs are dropped."""
        layout, window = self.layout, self.windows[0]
        concerned = np.flatnonzero(
            changed[layout.scaffold[self.pairs.first]] | changed[layout.scaffold[self.pairs.second]]
        )
        pairs = self.pairs.where(concerned)
        left, at_left = layout.places(pairs.first, pairs.first_position)
        right, at_right = layout.places(pairs.second, pairs.second_position)
        left_length, right_length = layout.lengths[left], layout.lengths[right]
        reach = np.minimum(at_left, left_length - 1 - at_left) + np.minimum(
            at_right, right_length - 1 - at_right
        )
        near = (left != right) & (reach < 4 * window)
        near &= (left_length >= self.least) & (right_length >= self.least)
        if not near.all():
            held = np.ones(len(self.pairs.first), bool)
            held[concerned[~near]] = False
            self.pairs = self.pairs.where(held)
        left, at_left, right, at_right = left[near], at_left[near], right[near], at_right[near]
        turn = left > right
        left, right = np.where(turn, right, left), np.where(turn, left, right)
        at_left, at_right = np.where(turn, at_right, at_left), np.where(turn, at_left, at_right)
        keys, couple, count = np.unique(
            left.astype(np.int64) * len(layout.codes) + right, return_inverse=True, return_counts=True
        )
        enough = count >= COMPETING
        keys, couple = keys[enough], np.where(enough, np.cumsum(enough) - 1, -1)[couple]
        seen = couple >= 0
        if not len(keys):
            return np.zeros((4, 0))
        couple, at_left, at_right = couple[seen], at_left[seen], at_right[seen]
        i, j = np.divmod(keys, len(layout.codes))
        # Distance of each place from the left and from the right end of its scaffold.
        from_left = (at_left, layout.lengths[i][couple] - 1 - at_left)
        from_right = (at_right, layout.lengths[j][couple] - 1 - at_right)
        expected = [self._expected(i, j, one) for one in self.windows]
        shorter = np.minimum(layout.lengths[i], layout.lengths[j])
        columns = []
        for end, other in product((0, 1), repeat=2):
            distance = from_left[end] + from_right[other]
            counts = []
            for one, (seen_left, seen_right, signal, background) in zip(self.windows, expected, strict=True):
                weight = seen_left[:, end] * seen_right[:, other]
                observed = np.bincount(couple[distance < one], minlength=len(keys))
                counts.append((observed, np.maximum(weight * signal, 1e-9), weight * background))
            score, joinable, competing = _judge(counts, shorter, window)
            columns.append(np.stack([2 * i + end, 2 * j + other, score, joinable])[:, competing])
        return np.concatenate(columns, 1)

    def _expected(self, i: np.ndarray, j: np.ndarray, window: float) -> tuple[np.ndarray, ...]:
        """Visibility of both ends of scaffolds i and j, and the signal and noise of ends seen as the mean."""
        layout = self.layout
        ends = layout.end_visibility(self.visibility, window / 2)
        signal, area = self.decay.between(layout.lengths[i], layout.lengths[j], window)
        background = self.noise * area
        return ends[i], ends[j], np.maximum(signal - background, 0), background


Counts = tuple[np.ndarray, np.ndarray, np.ndarray]


def _judge(
    counts: list[Counts], shorter: np.ndarray, window: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, whether they may be joined, and whether they compete, of pairs of scaffolds in one orientation.

    `counts` has observed, expected and background pairs in W, W/4 and 4 W; `shorter` the shorter length.
    """
    (observed, expected, background), near, far = counts
    ratio, near_ratio, far_ratio = ((one - noise) / signal for one, signal, noise in counts)
    near_tested = near[1] >= TESTABLE
    far_tested = (far[1] >= TESTABLE) & (shorter >= 2 * window)
    spread = np.sqrt(background + 1)
    joinable = (
        (observed >= MIN_PAIRS)
        & (expected >= MIN_EXPECTED)
        & (ratio >= MIN_RATIO)
        & (observed > background + 3 * spread)
        & (~near_tested | (near_ratio >= MIN_NEAR))
        & (~far_tested | (far_ratio >= MIN_FAR))
        # Long scaffolds must be seen near their ends.
        & (near_tested | (shorter < 10 * window))
    )
    competing = (observed > background + 2 * spread) & (expected >= MIN_EXPECTED / 3)
    lower = [np.maximum((one - np.sqrt(one) - noise) / signal, 0) for one, signal, noise in counts[:2]]
    return np.where(near_tested, np.sqrt(lower[0] * lower[1]), lower[0]), joinable, competing
