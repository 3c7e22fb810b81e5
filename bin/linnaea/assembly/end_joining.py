"""Joins of scaffolds at the ends that have each other's nearest Hi-C contacts.

In windows W from 20 kb to 50 Mb the contacts of each pair of ends (places less than W apart if both were
neighbours) are compared with those expected from the decay, the visibility of both end windows and the noise.
The windows W/4 and 4 W must agree: contacts between the ends of different chromosomes (telomeres,
centromeres) are flat or point-like, those of neighbours decay as within contigs. Two ends are joined if each
is the other's best and no other end comes near.
"""

from dataclasses import dataclass

import numpy as np

from linnaea.assembly.contact_decay import ContactDecay, Visibility, noise_density, spanning
from linnaea.assembly.contig_order import ContigOrder
from linnaea.assembly.hic_contacts import Pairs
from linnaea.assembly.scaffold_layout import Layout

WINDOWS_BP = (20e3, 50e3, 100e3, 200e3, 500e3, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6)
# The second best may reach so much of the best: strictly at first, so that clear joins come before others.
SECOND_BEST = (0.5, 0.7, 0.85, 0.95)
# ... but an end of another scaffold at most this, or what is left when the shorter partner lies between.
OTHER_SCAFFOLD = 0.55
MARGIN = 0.2
MIN_PAIRS = 5
MIN_EXPECTED = 1.5
# Least observed over expected pairs in the window, W/4 and 4 W, where so many are expected in these.
MIN_RATIO, MIN_NEAR, MIN_FAR = 0.4, 0.35, 0.4
TESTABLE = 8
# A third neighbour of a scaffold to be placed between two may reach so much of the second.
THIRD = 0.6
# Joints with less than this share of the expected spanning pairs are cut.
CUT_WINDOW_BP = 1_000_000
CUT_RATIO = 0.2
CUT_EXPECTED = 20
PASSES = 3


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
        return np.flatnonzero(np.concatenate([[True], self.end[1:] != self.end[:-1]]))


class Joining:
    """Contacts between pieces, and the scaffolds that are made of them."""

    def __init__(self, pairs: Pairs, layout: Layout, visibility: Visibility, decay: ContactDecay) -> None:
        within = pairs.first == pairs.second
        self.between = pairs.where(~within)
        self.within = pairs.where(within)
        self.layout = layout
        self.visibility = visibility
        self.decay = decay
        self.total = float(layout.piece_lengths.sum())
        self.noise = 0.0
        self.order = ContigOrder(self.between, layout, decay)

    def run(self) -> int:
        """Join in all windows and cut weak joints, until none is cut (three times at most); joints cut."""
        cut = 0
        for _ in range(PASSES):
            for window in WINDOWS_BP:
                if not self._join_in_window(window):
                    break
            self.order.improve(self.noise)
            weak = self.cut_weak_joints()
            cut += weak
            if not weak:
                break
        return cut

    def _join_in_window(self, window: float) -> bool:
        """Join in rounds until nothing more is joined; False where scaffolds are too short for the window."""
        lengths = np.sort(self.layout.lengths[self.layout.live()])[::-1]
        n50 = lengths[np.searchsorted(np.cumsum(lengths), 0.5 * self.total)]
        if window > WINDOWS_BP[0] and n50 < 2 * window:
            return False
        first = self.layout.scaffold[self.between.first]
        apart = int(np.count_nonzero(first != self.layout.scaffold[self.between.second]))
        self.noise = noise_density(apart, lengths)
        pairs = self.between
        for second in SECOND_BEST:
            while True:
                pairs, candidates = self._candidates(pairs, window)
                joined = candidates is not None and self._join_best(candidates, window, second)
                if not joined and second == SECOND_BEST[-1] and candidates is not None:
                    joined = self._place_between(candidates, window)
                if not joined:
                    break
        return True

    def _candidates(self, pairs: Pairs, window: float) -> tuple[Pairs, Candidates | None]:
        """Candidates in a window, and the pairs that can matter in later rounds of it."""
        layout = self.layout
        left, at_left = layout.places(pairs.first, pairs.first_position)
        right, at_right = layout.places(pairs.second, pairs.second_position)
        left_length, right_length = layout.lengths[left], layout.lengths[right]
        least = max(5000, min(window / 8, 20000))
        reach = np.minimum(at_left, left_length - 1 - at_left) + np.minimum(
            at_right, right_length - 1 - at_right
        )
        keep = (left != right) & (reach < 4 * window) & (left_length >= least) & (right_length >= least)
        pairs = pairs.where(keep)
        if not keep.any():
            return pairs, None
        left, at_left, right, at_right = left[keep], at_left[keep], right[keep], at_right[keep]
        turn = left > right
        left, right = np.where(turn, right, left), np.where(turn, left, right)
        at_left, at_right = np.where(turn, at_right, at_left), np.where(turn, at_left, at_right)
        number = len(layout.paths)
        keys, inverse = np.unique(left.astype(np.int64) * number + right, return_inverse=True)
        i, j = keys // number, keys % number
        long = np.minimum(layout.lengths[i], layout.lengths[j])
        windows = (window, window / 4, 4 * window)
        ends = [layout.end_visibility(self.visibility, one / 2) for one in windows]
        expected_by_window = []
        for one in windows:
            signal, area = self.decay.between(layout.lengths[i], layout.lengths[j], one)
            background = self.noise * area
            expected_by_window.append((np.maximum(signal - background, 0), background))
        columns = []
        for orientation in range(4):
            # Bit 0: the left end of the one scaffold, bit 1: the right end of the other.
            end, other = 1 - (orientation & 1), orientation >> 1
            distance = (layout.lengths[left] - 1 - at_left if end else at_left) + (
                layout.lengths[right] - 1 - at_right if other else at_right
            )
            counts = []
            for one, seen, (signal, background) in zip(windows, ends, expected_by_window, strict=True):
                weight = seen[i, end] * seen[j, other]
                observed = np.bincount(inverse[distance < one], minlength=len(keys))
                counts.append((observed, np.maximum(weight * signal, 1e-9), weight * background))
            score, joinable, competing = _judge(counts, long, window)
            columns.append(np.stack([2 * i + end, 2 * j + other, score, joinable])[:, competing])
        table = np.concatenate(columns, 1)
        if not table.shape[1]:
            return pairs, None
        table = np.concatenate([table, table[[1, 0, 2, 3]]], 1)
        table = table[:, np.lexsort((-table[2], table[0]))]
        end, other = table[0].astype(np.int64), table[1].astype(np.int64)
        closed = layout.closed_ends()
        joinable = (table[3] > 0) & ~closed[end] & ~closed[other]
        return pairs, Candidates(end, other, table[2], joinable)

    def _join_best(self, found: Candidates, window: float, second: float) -> int:
        """Join the ends that are each other's best, where no rival comes near; number of joins."""
        layout, number = self.layout, 2 * len(self.layout.paths)
        rows = found.first_rows()
        best = np.full(number, -1, np.int64)
        best[found.end[rows]] = rows
        # The best end of another scaffold than that of the best end.
        rival = np.zeros(number)
        other_rows = found.other // 2 != found.other[best[found.end]] // 2
        # Rows are sorted by falling score, so the first of each end counts.
        ends, at = np.unique(found.end[other_rows], return_index=True)
        rival[ends] = found.score[other_rows][at]
        keys = found.end * number + found.other
        order = np.argsort(keys)

        def score_of(end: np.ndarray, other: np.ndarray) -> np.ndarray:
            wanted = end * number + other
            at = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
            return np.where(keys[order[at]] == wanted, found.score[order[at]], 0)

        end, other, score = found.end[rows], found.other[rows], found.score[rows]
        mutual = (end < other) & found.joinable[rows] & (best[other] >= 0)
        mutual &= found.other[np.maximum(best[other], 0)] == end
        end, other, score = end[mutual], other[mutual], score[mutual]
        shorter = np.minimum(layout.lengths[end // 2], layout.lengths[other // 2])
        allowed = np.array([self.decay.left_over(float(length), window) for length in shorter]) + MARGIN
        limit = np.minimum(second, np.maximum(OTHER_SCAFFOLD, allowed))
        rivals = np.maximum(rival[end], rival[other])
        turned = np.maximum(score_of(end, other ^ 1), score_of(other, end ^ 1))
        clear = (rivals <= limit * score) & (turned <= second * score)
        lead = score - np.maximum(rivals, turned)
        used: set[int] = set()
        joins = 0
        for row in sorted(np.flatnonzero(clear).tolist(), key=lambda k: (-lead[k], end[k])):
            one, two = int(end[row]), int(other[row])
            if {one // 2, two // 2} & used or one // 2 == two // 2:
                continue
            used |= {one // 2, two // 2}
            layout.join(one, two)
            joins += 1
        return joins

    def _place_between(self, found: Candidates, window: float) -> int:
        """Place short scaffolds whose two ends see the same two neighbours, if both see them first.

        The better of the two orientations is taken. Returns the number of scaffolds placed.
        """
        layout = self.layout
        rows = found.first_rows()
        best = dict(zip(found.end[rows].tolist(), rows.tolist(), strict=True))
        after = dict(zip(found.end[rows].tolist(), [*rows[1:].tolist(), len(found.end)], strict=True))
        candidates = []
        for k in sorted({end // 2 for end in best}):
            if layout.lengths[k] >= 2 * window:
                continue
            score: dict[int, list[float]] = {}
            joinable: dict[int, bool] = {}
            for end in (2 * k, 2 * k + 1):
                for row in range(best.get(end, 0), after.get(end, 0)):
                    other = int(found.other[row])
                    score.setdefault(other, [0.0, 0.0])[end % 2] = float(found.score[row])
                    joinable[other] = joinable.get(other, False) or bool(found.joinable[row])
            neighbours: dict[int, int] = {}
            for other in sorted(score, key=lambda one: -max(score[one])):
                neighbours.setdefault(other // 2, other)
            if len(neighbours) < 2:
                continue
            one, two, *rest = neighbours.values()
            third = max(score[rest[0]]) if rest else 0.0
            if third > THIRD * max(score[two]) or not all(
                joinable[end] and end in best and found.other[best[end]] // 2 == k for end in (one, two)
            ):
                continue
            forward, turned = score[one][0] + score[two][1], score[one][1] + score[two][0]
            candidates.append((max(forward, turned), k, one, two, turned > forward))
        used: set[int] = set()
        placed = 0
        for _, k, one, two, turned in sorted(candidates, reverse=True):
            if {k, one // 2, two // 2} & used:
                continue
            used |= {k, one // 2, two // 2}
            layout.join(one, 2 * k + turned)
            layout.join(2 * (one // 2) + 1, two)
            placed += 1
        return placed

    def joint_support(self) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Pairs that span each joint of each scaffold: observed, expected, and the least ratio around it."""
        layout = self.layout
        first, at_first = layout.places(self.between.first, self.between.first_position)
        second, at_second = layout.places(self.between.second, self.between.second_position)
        inner, at_inner = layout.places(self.within.first, self.within.first_position)
        _, at_other = layout.places(self.within.second, self.within.second_position)
        alive = np.array([path is not None for path in layout.paths])
        lengths = np.where(alive, layout.lengths, 1)
        ends = ((first, at_first), (second, at_second), (inner, at_inner), (inner, at_other))
        visibility = Visibility(lengths, self.visibility.bin_bp, ends)
        same = first == second
        observed, expected = spanning(
            visibility, np.concatenate([first[same], inner]), np.concatenate([at_first[same], at_inner]),
            np.concatenate([at_second[same], at_other]), CUT_WINDOW_BP, self.decay, self.noise,
        )  # fmt: skip
        ratio = observed / np.maximum(expected, 1e-9)
        support = {}
        for number in layout.live():
            joints = np.cumsum([layout.piece_lengths[piece] for piece, _ in layout.path(number)])[:-1]
            start = visibility.offset[number]
            bins = start + np.rint(joints / visibility.bin_bp).astype(np.int64)
            least = np.array([ratio[max(one - 1, start + 1) : one + 2].min() for one in bins])
            support[number] = (observed[bins], expected[bins], least)
        return support

    def cut_weak_joints(self) -> int:
        """Cut joints that far fewer pairs span than expected; their number."""
        cuts = 0
        for number, (_, expected, least) in self.joint_support().items():
            weak = np.flatnonzero((least < CUT_RATIO) & (expected >= CUT_EXPECTED))
            if len(weak):
                self.layout.cut(number, weak.tolist())
                cuts += len(weak)
        return cuts


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
