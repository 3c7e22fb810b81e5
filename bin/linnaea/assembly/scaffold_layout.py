"""Scaffolds as paths of oriented pieces (contigs, or parts of broken ones), and places on them."""

import heapq
from collections.abc import Sequence

import numpy as np

from linnaea.assembly.contact_decay import VISIBILITY, Visibility

# A piece and whether it is reversed.
Step = tuple[int, bool]
Path = list[Step]


def path_code(path: Sequence[Step]) -> np.ndarray:
    """A path as numbers, (steps,): twice the piece, and one more if it is reversed."""
    return np.array([2 * piece + turned for piece, turned in path], np.int64)


def reverse(code: np.ndarray) -> np.ndarray:
    """The code of a path read from its other end."""
    return code[::-1] ^ 1


class Layout:
    """Paths by number of scaffold (None once joined to another), as codes; at first one piece each.

    End 2k of scaffold k is its left one, end 2k + 1 its right one. `closed` (pieces, 2) marks the left and
    right ends of pieces that are ends of chromosomes.
    """

    def __init__(self, lengths: np.ndarray, closed: np.ndarray) -> None:
        self.piece_lengths = lengths
        self.piece_closed = closed
        self.codes: list[np.ndarray | None] = list(2 * np.arange(len(lengths))[:, None])
        self.scaffold = np.arange(len(lengths), dtype=np.int32)
        self.offset = np.zeros(len(lengths), np.int64)
        self.reversed = np.zeros(len(lengths), bool)
        # Place of the first base of each piece in its scaffold, and the step to its next.
        self._origin = np.zeros(len(lengths), np.int64)
        self._sign = np.ones(len(lengths), np.int64)
        self.lengths = lengths.copy()
        self.live = np.ones(len(lengths), bool)
        self._free: list[int] = []

    def arrange(self, codes: Sequence[np.ndarray]) -> None:
        """Make these the paths of the scaffolds; each piece is in one of them."""
        self.codes = [None] * len(self.codes)
        self.live[:] = False
        for scaffold, code in enumerate(codes):
            self.place(scaffold, code)
        self._free = list(range(len(codes), len(self.codes)))

    def numbers(self) -> list[int]:
        """Numbers of the scaffolds that there are."""
        return np.flatnonzero(self.live).tolist()

    def code(self, scaffold: int) -> np.ndarray:
        code = self.codes[scaffold]
        assert code is not None
        return code

    def path(self, scaffold: int) -> Path:
        return [(step >> 1, bool(step & 1)) for step in self.code(scaffold).tolist()]

    def place(self, scaffold: int, code: np.ndarray) -> None:
        """Make this the path of a scaffold."""
        self.codes[scaffold] = code
        pieces = code >> 1
        lengths = self.piece_lengths[pieces]
        ends = np.cumsum(lengths)
        turned = code & 1
        self.scaffold[pieces], self.offset[pieces], self.reversed[pieces] = scaffold, ends - lengths, turned
        self._origin[pieces], self._sign[pieces] = np.where(turned, ends - 1, ends - lengths), 1 - 2 * turned
        self.lengths[scaffold] = ends[-1]
        self.live[scaffold] = True

    def join(self, end: int, other: int) -> None:
        """Join two scaffolds at these ends; the scaffold of `end` stays."""
        scaffold, partner = end // 2, other // 2
        left = self.code(scaffold) if end % 2 else reverse(self.code(scaffold))
        right = reverse(self.code(partner)) if other % 2 else self.code(partner)
        self.codes[partner] = None
        self.live[partner] = False
        heapq.heappush(self._free, partner)
        self.place(scaffold, np.concatenate([left, right]))

    def cut(self, scaffold: int, after: Sequence[int]) -> None:
        """Cut a scaffold after the pieces with these indices in its path."""
        first, *rest = np.split(self.code(scaffold), np.array(after) + 1)
        self.place(scaffold, first)
        for part in rest:
            self.place(heapq.heappop(self._free), part)

    def places(self, piece: np.ndarray, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scaffold and position on it of positions on pieces."""
        return self.scaffold[piece], self._origin[piece] + self._sign[piece] * position

    def closed_ends(self) -> np.ndarray:
        """Whether each end of a scaffold is the end of a chromosome, (2 x scaffolds,)."""
        closed = np.zeros((len(self.codes), 2), bool)
        if self.piece_closed.any():
            numbers = self.numbers()
            first = np.array([self.code(number)[0] for number in numbers])
            last = np.array([self.code(number)[-1] for number in numbers])
            closed[numbers, 0] = self.piece_closed[first >> 1, first & 1]
            closed[numbers, 1] = self.piece_closed[last >> 1, 1 - (last & 1)]
        return closed.ravel()

    def pieces(self, scaffolds: Sequence[int]) -> np.ndarray:
        """The pieces of these scaffolds in their order."""
        return np.concatenate([self.code(number) for number in scaffolds]) >> 1

    def end_visibility(self, visibility: Visibility, window: float, scaffolds: Sequence[int]) -> np.ndarray:
        """Mean visibility of the last `window` bp at both ends of these scaffolds, (scaffolds, 2)."""
        order = self.pieces(scaffolds)
        lengths = self.piece_lengths[order]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        whole = visibility.mass(order, lengths)
        mass = np.concatenate([[0], np.cumsum(whole)])

        def mass_before(place: np.ndarray) -> np.ndarray:
            index = np.clip(np.searchsorted(starts, place, "right") - 1, 0, len(order) - 1)
            piece, within = order[index], place - starts[index]
            turned = self.reversed[piece]
            part = visibility.mass(piece, np.where(turned, lengths[index] - within, within))
            return mass[index] + np.where(turned, whole[index] - part, part)

        high = np.cumsum(self.lengths[scaffolds])
        low = high - self.lengths[scaffolds]
        width = np.minimum(int(window), high - low)
        left, right = (
            mass_before(low + width) - mass_before(low),
            mass_before(high) - mass_before(high - width),
        )
        return np.clip(np.stack([left / width, right / width], 1), *VISIBILITY)
