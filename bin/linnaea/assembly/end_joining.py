"""Joins of scaffolds at the ends that have each other's nearest Hi-C contacts.

In windows from 20 kb to 50 Mb two ends are joined if each is the other's best candidate and no other end
comes near.
"""

import numpy as np

from linnaea.assembly.contact_decay import ContactDecay, Visibility, noise_density, spanning
from linnaea.assembly.contig_breaks import Break
from linnaea.assembly.contig_order import ContigOrder
from linnaea.assembly.end_candidates import Candidates, EndCandidates
from linnaea.assembly.hic_contacts import Pairs, PieceContacts
from linnaea.assembly.scaffold_layout import Layout

WINDOWS_BP = (20e3, 50e3, 100e3, 200e3, 500e3, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6)
# The second best may reach so much of the best: strictly at first, so that clear joins come before others.
SECOND_BEST = (0.5, 0.7, 0.85, 0.95)
# ... but an end of another scaffold at most this, or what is left when the shorter partner lies between.
OTHER_SCAFFOLD = 0.55
MARGIN = 0.2
# A third neighbour of a scaffold to be placed between two may reach so much of the second.
THIRD = 0.6
# Joints with less than this share of the expected spanning pairs are cut.
CUT_WINDOW_BP = 1_000_000
CUT_RATIO = 0.2
CUT_EXPECTED = 20
# Pieces are not broken so near to their ends.
EDGE_BINS = 3
PASSES = 3


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
        self.contacts = PieceContacts(self.between, len(layout.piece_lengths))
        # Pairs that may lie between scaffolds, and their contacts.
        self.apart, self.apart_contacts = self.between, self.contacts
        self.order = ContigOrder(self.contacts, layout, decay)
        self.spans: tuple[Visibility, np.ndarray, np.ndarray] | None = None

    def run(self) -> int:
        """Join in all windows and cut weak joints, until none is cut (three times at most); joints cut."""
        cut = 0
        for _ in range(PASSES):
            self.apart, self.apart_contacts = self.between, self.contacts
            for window in WINDOWS_BP:
                if not self._join_in_window(window):
                    break
            self.order.improve(self.noise)
            self.spans = None
            weak = self.cut_weak_joints()
            cut += weak
            if not weak:
                break
        return cut

    def _join_in_window(self, window: float) -> bool:
        """Join in rounds until nothing more is joined; False where scaffolds are too short for the window."""
        layout = self.layout
        lengths = np.sort(layout.lengths[layout.live])[::-1]
        n50 = lengths[np.searchsorted(np.cumsum(lengths), 0.5 * self.total)]
        if window > WINDOWS_BP[0] and n50 < 2 * window:
            return False
        apart = layout.scaffold[self.apart.first] != layout.scaffold[self.apart.second]
        number = int(np.count_nonzero(apart))
        if number < len(apart) / 2:
            self.apart = self.apart.where(apart)
            self.apart_contacts = PieceContacts(self.apart, len(layout.piece_lengths))
        self.noise = noise_density(number, lengths)
        ends = EndCandidates(self.apart_contacts, layout, self.visibility, self.decay, self.noise, window)
        for second in SECOND_BEST:
            while True:
                candidates = ends.best_first()
                if not len(candidates.end):
                    break
                joined = self._join_best(candidates, window, second)
                if not joined and second == SECOND_BEST[-1]:
                    joined = self._place_between(candidates, window)
                if not joined:
                    break
                ends.update(joined)
        return True

    def _join_best(self, found: Candidates, window: float, second: float) -> set[int]:
        """Join the ends that are each other's best, where no rival comes near; the scaffolds joined."""
        layout, number = self.layout, 2 * len(self.layout.codes)
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
        allowed = self.decay.left_over(shorter, window) + MARGIN
        limit = np.minimum(second, np.maximum(OTHER_SCAFFOLD, allowed))
        rivals = np.maximum(rival[end], rival[other])
        turned = np.maximum(score_of(end, other ^ 1), score_of(other, end ^ 1))
        clear = (rivals <= limit * score) & (turned <= second * score)
        lead = score - np.maximum(rivals, turned)
        used: set[int] = set()
        for row in sorted(np.flatnonzero(clear).tolist(), key=lambda k: (-lead[k], end[k])):
            one, two = int(end[row]), int(other[row])
            if {one // 2, two // 2} & used or one // 2 == two // 2:
                continue
            used |= {one // 2, two // 2}
            layout.join(one, two)
        return used

    def _place_between(self, found: Candidates, window: float) -> set[int]:
        """Place short scaffolds whose two ends see the same two neighbours, if both see them first.

        The better of the two orientations is taken. Returns the scaffolds joined.
        """
        layout = self.layout
        rows = found.first_rows()
        best = dict(zip(found.end[rows].tolist(), rows.tolist(), strict=True))
        after = dict(zip(found.end[rows].tolist(), [*rows[1:].tolist(), len(found.end)], strict=True))
        candidates = []
        first_seen = np.bincount(found.other[rows] // 2, minlength=len(layout.codes))
        for k in np.flatnonzero((first_seen > 1) & (layout.lengths < 2 * window)).tolist():
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
        for _, k, one, two, turned in sorted(candidates, reverse=True):
            if {k, one // 2, two // 2} & used:
                continue
            used |= {k, one // 2, two // 2}
            layout.join(one, 2 * k + turned)
            layout.join(2 * (one // 2) + 1, two)
        return used

    def _spanning(self) -> tuple[Visibility, np.ndarray, np.ndarray]:
        """Bins of the scaffolds, and the pairs that span the start of each, observed and expected."""
        if self.spans:
            return self.spans
        layout = self.layout
        first, at_first = layout.places(self.between.first, self.between.first_position)
        second, at_second = layout.places(self.between.second, self.between.second_position)
        inner, at_inner = layout.places(self.within.first, self.within.first_position)
        _, at_other = layout.places(self.within.second, self.within.second_position)
        lengths = np.where(layout.live, layout.lengths, 1)
        ends = ((first, at_first), (second, at_second), (inner, at_inner), (inner, at_other))
        visibility = Visibility(lengths, self.visibility.bin_bp, ends)
        same = first == second
        observed, expected = spanning(
            visibility, np.concatenate([first[same], inner]), np.concatenate([at_first[same], at_inner]),
            np.concatenate([at_second[same], at_other]), CUT_WINDOW_BP, self.decay, self.noise,
        )  # fmt: skip
        self.spans = visibility, observed, expected
        return self.spans

    def joint_support(self) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Pairs that span each joint of each scaffold: observed, expected, and the least ratio around it."""
        layout = self.layout
        visibility, observed, expected = self._spanning()
        ratio = observed / np.maximum(expected, 1e-9)
        support = {}
        for number in layout.numbers():
            joints = layout.offset[layout.code(number)[1:] >> 1]
            start = visibility.offset[number]
            last = visibility.offset[number + 1] - 1
            bins = np.minimum(start + np.rint(joints / visibility.bin_bp).astype(np.int64), last)
            around = np.clip([bins - 1, bins, bins + 1], min(start + 1, last), last)
            support[number] = (observed[bins], expected[bins], ratio[around].min(0))
        return support

    def cut_weak_joints(self) -> int:
        """Cut joints that far fewer pairs span than expected; their number."""
        cuts = 0
        for number, (_, expected, least) in self.joint_support().items():
            weak = np.flatnonzero((least < CUT_RATIO) & (expected >= CUT_EXPECTED))
            if len(weak):
                self.layout.cut(number, weak.tolist())
                cuts += len(weak)
                self.spans = None
        return cuts

    def weak_points(self) -> list[Break]:
        """Points within pieces that far fewer pairs span than expected in their scaffold.

        The contacts of neighbours show chimeric contigs that are too short to be judged alone. But within the
        piece few pairs must span the point, too: over an rDNA array only the far contacts are rare.
        """
        layout = self.layout
        visibility, observed, expected = self._spanning()
        weak = (observed < CUT_RATIO * expected) & (expected >= CUT_EXPECTED)
        weak[visibility.offset[:-1]] = False
        low = np.flatnonzero(weak)
        if not len(low):
            return []
        inner, inner_expected = spanning(
            self.visibility, self.within.first, self.within.first_position, self.within.second_position,
            CUT_WINDOW_BP, self.decay, self.noise,
        )  # fmt: skip
        points = []
        for stretch in np.split(low, np.flatnonzero(np.diff(low) > 1) + 1):
            least = int(stretch[np.argmin(observed[stretch] / expected[stretch])])
            number = int(visibility.sequence[least])
            code = layout.code(number)
            place = (least - int(visibility.offset[number])) * visibility.bin_bp
            piece, turned = divmod(
                int(code[np.searchsorted(layout.offset[code >> 1], place, "right") - 1]), 2
            )
            within, length = place - int(layout.offset[piece]), int(layout.piece_lengths[piece])
            position = length - within if turned else within
            at = self.visibility.offset[piece] + round(position / visibility.bin_bp)
            inside = min(within, length - within) >= EDGE_BINS * visibility.bin_bp
            if inside and inner[at] < CUT_RATIO * inner_expected[at]:
                points.append(
                    Break(piece, position, max(float(observed[least]), 0.0), float(expected[least]), 1.0)
                )
        return points
