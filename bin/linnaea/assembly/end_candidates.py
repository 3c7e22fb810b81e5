"""Pairs of scaffold ends that could be joined, by their Hi-C contacts in a window.

The contacts of two ends (places less than W apart if both were neighbours) are compared with those expected
from the decay, the visibility of both end windows and the noise. The windows W/4 and 4 W must agree:
contacts between the ends of different chromosomes (telomeres, centromeres) are flat or point-like, those of
neighbours decay as within contigs.
"""

from collections.abc import Collection, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from linnaea.assembly.contact_decay import ContactDecay, Visibility
from linnaea.assembly.hic_contacts import PieceContacts
from linnaea.assembly.scaffold_layout import Layout

MIN_PAIRS = 5
MIN_EXPECTED = 1.5
# Least observed over expected pairs in the window, W/4 and 4 W, where so many are expected in these.
MIN_RATIO, MIN_NEAR, MIN_FAR = 0.4, 0.35, 0.4
TESTABLE = 8
# Pairs of scaffolds with fewer contacts cannot be above noise.
COMPETING = 3


class Candidates(NamedTuple):
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

    def where(self, mask: np.ndarray) -> "Candidates":
        return Candidates(*(column[mask] for column in self))


class EndCandidates:
    """The candidates of a window, kept while scaffolds are joined."""

    def __init__(
        self,
        contacts: PieceContacts,
        layout: Layout,
        visibility: Visibility,
        decay: ContactDecay,
        noise: float,
        window: float,
    ) -> None:
        self.contacts = contacts
        self.layout = layout
        self.visibility = visibility
        self.decay = decay
        self.noise = noise
        # Widest first: what lies outside of one lies outside of the next.
        self.windows = (4 * window, window, window / 4)
        # Of each window: visibility of both ends of scaffolds.
        self.seen = np.ones((3, len(layout.codes), 2))
        none = np.zeros(0, np.int64)
        self.table = Candidates(none, none, np.zeros(0), np.zeros(0, bool))
        self.update(layout.numbers())

    def update(self, changed: Collection[int]) -> None:
        """Compare the ends of changed scaffolds with all others again."""
        layout = self.layout
        mask = np.zeros(len(layout.codes), bool)
        mask[list(changed)] = True
        kept = self.table.where(~mask[self.table.end // 2] & ~mask[self.table.other // 2])
        scaffolds = np.flatnonzero(mask & layout.live).tolist()
        for seen, window in zip(self.seen, self.windows, strict=True):
            seen[scaffolds] = layout.end_visibility(self.visibility, window / 2, scaffolds)
        new = self._compare(scaffolds, mask)
        both = _joined([kept, new])
        # A stable sort merges what is sorted already.
        worse = np.uint32(0xFFFFFFFF) - both.score.astype(np.float32).view(np.uint32)
        self.table = both.where(np.argsort((both.end << 32) + worse, kind="stable"))

    def best_first(self) -> Candidates:
        closed = self.layout.closed_ends()
        joinable = self.table.joinable & ~closed[self.table.end] & ~closed[self.table.other]
        return self.table._replace(joinable=joinable)

    def _compare(self, scaffolds: Sequence[int], changed: np.ndarray) -> Candidates:
        """Candidates of these scaffolds, which are those in the mask `changed`."""
        layout, contacts, (widest, window, _) = self.layout, self.contacts, self.windows
        # Pieces near an end of a scaffold that is long enough.
        length = layout.lengths[layout.scaffold]
        eligible = np.minimum(layout.offset, length - layout.offset - layout.piece_lengths) < widest
        eligible &= length >= max(5000, min(window / 8, 20000))
        pieces = layout.pieces(scaffolds)
        pieces = pieces[eligible[pieces]]
        rows, rows_of = contacts.rows(pieces)
        left = np.repeat(layout.scaffold[pieces], rows_of)
        right = layout.scaffold[contacts.there[rows]]
        # Contacts of two changed scaffolds come up from both.
        once = ((left < right) | ((left > right) & ~changed[right])) & eligible[contacts.there[rows]]
        rows, left, right = rows[once], left[once], right[once]
        _, at_left = layout.places(np.repeat(pieces, rows_of)[once], contacts.at[rows])
        _, at_right = layout.places(contacts.there[rows], contacts.to[rows])
        left_length, right_length = layout.lengths[left], layout.lengths[right]
        reach = np.minimum(at_left, left_length - 1 - at_left) + np.minimum(
            at_right, right_length - 1 - at_right
        )
        near = reach < widest
        left, at_left, right, at_right = left[near], at_left[near], right[near], at_right[near]
        keys, couple, count = np.unique(
            left.astype(np.int64) * len(layout.codes) + right, return_inverse=True, return_counts=True
        )
        enough = count >= COMPETING
        couple = np.where(enough, np.cumsum(enough) - 1, -1)[couple]
        tested = couple >= 0
        couple, at_left, at_right = couple[tested], at_left[tested], at_right[tested]
        i, j = np.divmod(keys[enough], len(layout.codes))
        # Distance of each place from the left and from the right end of its scaffold.
        from_left = (at_left, layout.lengths[i][couple] - 1 - at_left)
        from_right = (at_right, layout.lengths[j][couple] - 1 - at_right)
        shorter = np.minimum(layout.lengths[i], layout.lengths[j])
        expected = []
        for one in self.windows:
            signal, area = self.decay.between(layout.lengths[i], layout.lengths[j], one)
            expected.append((np.maximum(signal - self.noise * area, 0), self.noise * area))
        found = []
        for end, other in product((0, 1), repeat=2):
            distance, inside = from_left[end] + from_right[other], couple
            counts: list[Counts] = []
            for one, seen, (signal, background) in zip(self.windows, self.seen, expected, strict=True):
                weight = seen[i, end] * seen[j, other]
                within = distance < one
                distance, inside = distance[within], inside[within]
                observed = np.bincount(inside, minlength=len(i))
                counts.append((observed, np.maximum(weight * signal, 1e-9), weight * background))
            score, joinable, competing = _judge(counts, shorter, window)
            found.append(Candidates(2 * i + end, 2 * j + other, score, joinable).where(competing))
        return _joined([*found, *(one._replace(end=one.other, other=one.end) for one in found)])


def _joined(parts: Sequence[Candidates]) -> Candidates:
    return Candidates(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


Counts = tuple[np.ndarray, np.ndarray, np.ndarray]


def _judge(
    counts: list[Counts], shorter: np.ndarray, window: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, whether they may be joined, and whether they compete, of pairs of scaffolds in one orientation.

    `counts` has observed, expected and background pairs in 4 W, W and W/4; `shorter` the shorter length.
    """
    far, (observed, expected, background), near = counts
    far_ratio, ratio, near_ratio = ((one - noise) / signal for one, signal, noise in counts)
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
    lower = [np.maximum((one - np.sqrt(one) - noise) / signal, 0) for one, signal, noise in counts[1:]]
    return np.where(near_tested, np.sqrt(lower[0] * lower[1]), lower[0]), joinable, competing
