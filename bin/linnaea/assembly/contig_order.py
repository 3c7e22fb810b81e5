"""Order and orientation of neighbouring pieces of a scaffold, by the likelihood of all their contacts.

Joining looks at two ends at a time. Here all arrangements of three neighbours are compared by
sum ln(f(d) + noise) over the pairs of places at distance d (the part of the Poisson log-likelihood that
depends on the arrangement: the number of pairs expected on the whole scaffold is the same for all).
"""

from itertools import permutations, product

import numpy as np

from linnaea.assembly.contact_decay import ContactDecay
from linnaea.assembly.hic_contacts import Pairs
from linnaea.assembly.scaffold_layout import Layout, Path, Step

NEIGHBOURS = 3
# An arrangement must be so much more likely (ln) to replace the one that is there.
MIN_GAIN = 3.0
# Contacts with places farther from the neighbours than this many times their length hardly change.
REACH = 10
# More contacts of a piece than this are thinned.
PAIRS = 1000
SWEEPS = 3
# Steps of the table of ln f(d), for each unit of ln d.
STEPS = 32


class _Ways:
    """All ways to put pieces in order, the present one first: `order` and `turned`, both (ways, pieces)."""

    def __init__(self, pieces: int) -> None:
        ways = [
            (order, turned)
            for order in permutations(range(pieces))
            for turned in product((False, True), repeat=pieces)
        ]
        self.order = np.array([order for order, _ in ways])
        self.turned = np.array([turned for _, turned in ways])

    def starts(self, lengths: np.ndarray) -> np.ndarray:
        """Where each piece starts in each way, from the start of the first, (ways, pieces)."""
        sizes = lengths[self.order]
        starts = np.empty_like(sizes)
        np.put_along_axis(starts, self.order, np.cumsum(sizes, 1) - sizes, 1)
        return starts


_WAYS = {pieces: _Ways(pieces) for pieces in range(1, NEIGHBOURS + 1)}


class ContigOrder:
    """Contacts by piece, to compare arrangements of neighbours in scaffolds."""

    def __init__(self, pairs: Pairs, layout: Layout, decay: ContactDecay) -> None:
        self.layout = layout
        self.settled: set[tuple[Step, ...]] = set()
        self.pairs = pairs
        ends = np.concatenate([pairs.first, pairs.second])
        # Numbers of the pairs of each piece, those of piece k from start[k] on.
        self.by_piece = np.argsort(ends, kind="stable").astype(np.int32)
        self.by_piece %= np.int32(max(len(pairs.first), 1))
        self.start = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=len(layout.piece_lengths)))])
        # A table at equal steps of ln d is faster than interpolation.
        at = np.exp(np.arange(0, np.log(decay.grid[-1]) + 1, 1 / STEPS))
        self.density = decay.at(at)
        self.table = np.log(self.density)

    def improve(self, noise: float) -> int:
        """Rearrange neighbours where another arrangement is clearly more likely; number of changes.

        `noise` is the density per bp² of random contacts.
        """
        self.table = np.log(self.density + noise)
        return sum(self._improve(scaffold) for scaffold in self.layout.live())

    def orientation_gains(self) -> np.ndarray:
        """How much more likely (ln) each piece is as it stands than reversed, (pieces,); NaN if alone."""
        gains = np.full(len(self.layout.piece_lengths), np.nan)
        for scaffold in self.layout.live():
            path = self.layout.path(scaffold)
            for piece, _ in path if len(path) > 1 else []:
                standing, turned = self.likelihood(np.array([piece]))
                gains[piece] = standing - turned
        return gains

    def _improve(self, scaffold: int) -> int:
        path = self.layout.path(scaffold)
        number = min(NEIGHBOURS, len(path))
        if number < 2:
            return 0
        changes = 0
        for _ in range(SWEEPS):
            changed = False
            for first in range(len(path) - number + 1):
                neighbours = path[first : first + number]
                arranged = self._best(path, first, neighbours)
                if arranged != neighbours:
                    path = [*path[:first], *arranged, *path[first + number :]]
                    self.layout.place(scaffold, path)
                    changed = True
                    changes += 1
            if not changed:
                break
        return changes

    def _best(self, path: Path, first: int, neighbours: Path) -> Path:
        """The best arrangement of some pieces of a path that follow each other."""
        # With their other neighbours on both sides, as these count most.
        around = tuple(path[max(first - 1, 0) : first + len(neighbours) + 1])
        if around in self.settled:
            return neighbours
        ways = _WAYS[len(neighbours)]
        likelihood = self.likelihood(np.array([piece for piece, _ in neighbours]))
        best = int(np.argmax(likelihood))
        closed = self.layout.piece_closed[[piece for piece, _ in neighbours]].any()
        # The end of a chromosome stays where it is.
        if closed or likelihood[best] < likelihood[0] + MIN_GAIN:
            self.settled.add(around)
            return neighbours
        return [(neighbours[k][0], bool(neighbours[k][1] ^ ways.turned[best, k])) for k in ways.order[best]]

    def likelihood(self, pieces: np.ndarray) -> np.ndarray:
        """ln likelihood of each arrangement of pieces that follow each other in a scaffold, (ways,)."""
        layout, ways = self.layout, _WAYS[len(pieces)]
        lengths = layout.piece_lengths[pieces]
        starts, turned = ways.starts(lengths), ways.turned.astype(np.int64)
        low = int(layout.offset[pieces].min())
        reach = (1 + REACH) * int(lengths.sum())
        total = np.zeros(len(starts))
        for k, piece in enumerate(pieces):
            at, there, to = self._contacts(int(piece), low, reach)
            outside = ~np.isin(there, pieces)
            keys = np.stack([starts[:, k], turned[:, k]], 1)
            total += self._sums(keys, lengths[k], at[outside], to[outside] - low)
            for j in range(k + 1, len(pieces)):
                both = there == pieces[j]
                within = to[both] - layout.offset[pieces[j]]
                for side in (0, 1):
                    one = turned[:, j] == side
                    placed = within if side == 0 else lengths[j] - 1 - within
                    keys = np.stack([starts[one, k] - starts[one, j], turned[one, k]], 1)
                    total[one] += self._sums(keys, lengths[k], at[both], placed)
        return total

    def _contacts(self, piece: int, low: int, reach: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Near contacts of a piece: place on it, the other piece, and its place in the scaffold."""
        layout = self.layout
        pairs = self.pairs.where(self.by_piece[self.start[piece] : self.start[piece + 1]])
        first = pairs.first == piece
        there = np.where(first, pairs.second, pairs.first)
        same = layout.scaffold[there] == layout.scaffold[piece]
        _, to = layout.places(there, np.where(first, pairs.second_position, pairs.first_position))
        same &= np.abs(to - low) < reach
        _, at = layout.places(
            np.full(len(there), piece), np.where(first, pairs.first_position, pairs.second_position)
        )
        chosen = np.flatnonzero(same)
        if len(chosen) > PAIRS:
            chosen = chosen[np.linspace(0, len(chosen) - 1, PAIRS).astype(int)]
        return at[chosen] - layout.offset[piece], there[chosen], to[chosen]

    def _sums(self, keys: np.ndarray, length: int, at: np.ndarray, to: np.ndarray) -> np.ndarray:
        """Sum of ln density over contacts, for each start of a piece, turned or not, (ways, 2)."""
        if not len(at):
            return np.zeros(len(keys))
        distinct, inverse = np.unique(keys, axis=0, return_inverse=True)
        place = distinct[:, :1] + np.where(distinct[:, 1:] > 0, length - 1 - at, at)
        distance = np.maximum(np.abs(place - to), 1)
        return self.table[(np.log(distance) * STEPS).astype(np.int32)].sum(1)[inverse.ravel()]
