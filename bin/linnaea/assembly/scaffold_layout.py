"""Scaffolds as paths of oriented pieces (contigs, or parts of broken ones), and places on them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from linnaea.assembly.contact_decay import VISIBILITY, Visibility

# A piece and whether it is reversed.
Step = tuple[int, bool]
Path = list[Step]


def reverse(path: Sequence[Step]) -> Path:
    return [(piece, not turned) for piece, turned in reversed(path)]


class Layout:
    """Paths by number of scaffold (None once joined to another), at first one piece each.

    End 2k of scaffold k is its left one, end 2k + 1 its right one. `closed` (pieces, 2) marks the left and
    right ends of pieces that are ends of chromosomes.
    """

    def __init__(self, lengths: np.ndarray, closed: np.ndarray) -> None:
        self.piece_lengths = lengths
        self.piece_closed = closed
        self.paths: list[Path | None] = [[(piece, False)] for piece in range(len(lengths))]
        self.scaffold = np.arange(len(lengths), dtype=np.int32)
        self.offset = np.zeros(len(lengths), np.int64)
        self.reversed = np.zeros(len(lengths), bool)
        self.lengths = lengths.copy()

    def live(self) -> list[int]:
        """Numbers of the scaffolds that there are."""
        return [number for number, path in enumerate(self.paths) if path is not None]

    def path(self, scaffold: int) -> Path:
        path = self.paths[scaffold]
        assert path is not None
        return path

    def place(self, scaffold: int, path: Path) -> None:
        """Make `path` the path of a scaffold."""
        self.paths[scaffold] = path
        position = 0
        for piece, turned in path:
            self.scaffold[piece], self.offset[piece], self.reversed[piece] = scaffold, position, turned
            position += int(self.piece_lengths[piece])
        self.lengths[scaffold] = position

    def join(self, end: int, other: int) -> None:
        """Join two scaffolds at these ends; the scaffold of `end` stays."""
        scaffold, partner = end // 2, other // 2
        left = self.path(scaffold) if end % 2 else reverse(self.path(scaffold))
        right = reverse(self.path(partner)) if other % 2 else self.path(partner)
        self.paths[partner] = None
        self.place(scaffold, left + right)

    def cut(self, scaffold: int, after: Sequence[int]) -> None:
        """Cut a scaffold after the pieces with these indices in its path."""
        path = self.path(scaffold)
        borders = [0, *(index + 1 for index in after), len(path)]
        parts = [path[low:high] for low, high in pairwise(borders)]
        self.place(scaffold, parts[0])
        for part in parts[1:]:
            self.place(self.paths.index(None), part)

    def places(self, piece: np.ndarray, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scaffold and position on it of positions on pieces."""
        turned = self.piece_lengths[piece] - 1 - position
        return self.scaffold[piece], self.offset[piece] + np.where(self.reversed[piece], turned, position)

    def closed_ends(self) -> np.ndarray:
        """Whether each end of a scaffold is the end of a chromosome, (2 x scaffolds,)."""
        closed = np.zeros(2 * len(self.paths), bool)
        if self.piece_closed.any():
            for number in self.live():
                (first, turned), (last, last_turned) = self.path(number)[0], self.path(number)[-1]
                closed[2 * number] = self.piece_closed[first, int(turned)]
                closed[2 * number + 1] = self.piece_closed[last, int(not last_turned)]
        return closed

    def end_visibility(self, visibility: Visibility, window: float) -> np.ndarray:
        """Mean visibility of the last `window` bp at both ends of each scaffold, (scaffolds, 2)."""
        order = np.lexsort((self.offset, self.scaffold))
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

        scaffolds, first = np.unique(self.scaffold[order], return_index=True)
        low, high = starts[first], np.append(starts[first[1:]], starts[-1])
        width = np.minimum(int(window), high - low)
        ends = np.ones((len(self.paths), 2))
        ends[scaffolds, 0] = (mass_before(low + width) - mass_before(low)) / width
        ends[scaffolds, 1] = (mass_before(high) - mass_before(high - width)) / width
        return np.clip(ends, *VISIBILITY)
