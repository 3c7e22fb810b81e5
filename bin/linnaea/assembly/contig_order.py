"""Order and orientation of neighbouring pieces of a scaffold, by the likelihood of all their contacts.

Joining looks at two ends at a time. Here all arrangements of three neighbours are compared by
sum ln(f(d) + noise) over the pairs of places at distance d (the part of the Poisson log-likelihood that
depends on the arrangement: the number of pairs expected on the whole scaffold is the same for all).
"""

from itertools import combinations, permutations, product
from typing import NamedTuple

import numpy as np

from linnaea.assembly.contact_decay import ContactDecay
from linnaea.assembly.hic_contacts import PieceContacts
from linnaea.assembly.scaffold_layout import Layout

NEIGHBOURS = 3
# Groups of neighbours that are so far apart in a scaffold share no neighbour and are compared together.
STRIDE = NEIGHBOURS + 2
# An arrangement must be so much more likely (ln) to replace the one that is there.
MIN_GAIN = 3.0
# Contacts with places farther from the neighbours than this many times their length hardly change.
REACH = 10
# More contacts of a piece than this are thinned.
PAIRS = 1000
SWEEPS = 3
# Contacts that are compared at a time.
BLOCK = 1 << 17
# ln f(d) is tabled by the leading bits of d as float32: 32 steps from each power of two to the next.
SHIFT, FIRST = 18, 127 << 5
NOWHERE = -1


class _Ways:
    """All ways to put pieces in order, the present one first: `turned` and the places of pieces in `order`,
    both (ways, pieces).
    """

    def __init__(self, pieces: int) -> None:
        ways = [
            (order, turned)
            for order in permutations(range(pieces))
            for turned in product((0, 1), repeat=pieces)
        ]
        self.order = np.array([order for order, _ in ways])
        self.turned = np.array([turned for _, turned in ways])
        place = np.argsort(self.order, 1)
        others = [[j for j in range(pieces) if j != k] for k in range(pieces)]
        # Which of its other pieces come before each piece, (ways, pieces): bit i for its i-th other.
        self.before = np.stack(
            [
                sum(((place[:, j] < place[:, k]) << bit for bit, j in enumerate(others[k])), 0 * place[:, k])
                for k in range(pieces)
            ],
            1,
        )
        # Bits by piece: whether the i-th other is among those before, (pieces, subsets, pieces).
        self.subset = np.zeros((pieces, 1 << (pieces - 1), pieces), np.int64)
        for k in range(pieces):
            for bit, j in enumerate(others[k]):
                self.subset[k, :, j] = np.arange(1 << (pieces - 1)) >> bit & 1
        self.couples = list(combinations(range(pieces), 2))
        # Of couples: bit 0, another piece lies between; bit 1, the second comes first, (ways, couples).
        self.relation = np.array(
            [
                [2 * (at[k] > at[j]) + (abs(at[k] - at[j]) > 1) for k, j in self.couples]
                for at in place.tolist()
            ],
            np.int64,
        ).reshape(len(ways), len(self.couples))


_WAYS = {pieces: _Ways(pieces) for pieces in range(1, NEIGHBOURS + 1)}


class _Contacts(NamedTuple):
    """Contacts of the pieces of groups: place on the piece, the other piece and its place.

    The other place counts from the start of the other piece if that is of the same group, else from the start
    of the group. `owner` is the number of the piece among all of all groups.
    """

    owner: np.ndarray
    at: np.ndarray
    there: np.ndarray
    to: np.ndarray


class ContigOrder:
    """Compares arrangements of neighbours in scaffolds."""

    def __init__(self, contacts: PieceContacts, layout: Layout, decay: ContactDecay) -> None:
        self.layout = layout
        self.contacts = contacts
        # The surroundings in which neighbours, by the first of them, were last found to be in order.
        self.settled = np.full((len(layout.piece_lengths), STRIDE), NOWHERE, np.int64)
        middle = (np.arange(32 * 31) + FIRST << SHIFT) + (1 << SHIFT - 1)
        self.density = decay.at(middle.astype(np.int32).view(np.float32))
        self.table = np.log(self.density)

    def improve(self, noise: float) -> int:
        """Rearrange neighbours where another arrangement is clearly more likely; number of changes.

        `noise` is the density per bp² of random contacts.
        """
        self.table = np.log(self.density + noise)
        total = 0
        for _ in range(SWEEPS):
            changes = sum(self._rearrange(phase) for phase in range(STRIDE))
            total += changes
            if not changes:
                break
        return total

    def orientation_gains(self) -> np.ndarray:
        """How much more likely (ln) each piece is as it stands than reversed, (pieces,); NaN if alone."""
        gains = np.full(len(self.layout.piece_lengths), np.nan)
        several = np.bincount(self.layout.scaffold)[self.layout.scaffold] > 1
        standing, turned = self.likelihood(np.flatnonzero(several)[:, None]).T
        gains[several] = standing - turned
        return gains

    def _rearrange(self, phase: int) -> int:
        """Compare the arrangements of every fifth group of neighbours; number of changes."""
        layout = self.layout
        by_size: dict[int, list[int]] = {size: [] for size in range(1, NEIGHBOURS + 1)}
        for number in layout.numbers():
            by_size[min(len(layout.code(number)), NEIGHBOURS)].append(number)
        return sum(
            self._rearrange_groups(numbers, size, phase)
            for size, numbers in by_size.items()
            if size > 1 and numbers
        )

    def _rearrange_groups(self, numbers: list[int], size: int, phase: int) -> int:
        """Compare the arrangements of groups of `size` neighbours in these scaffolds; number of changes."""
        layout, ways = self.layout, _WAYS[size]
        # All paths with a free place before and after each.
        path = np.concatenate([step for k in numbers for step in ([NOWHERE], layout.code(k), [NOWHERE])])
        lengths = np.array([len(layout.code(k)) for k in numbers])
        groups = np.maximum(lengths - size - phase + STRIDE, 0) // STRIDE
        scaffold = np.repeat(np.arange(len(numbers)), groups)
        start = np.concatenate([[0], np.cumsum(lengths + 2)])[:-1]
        number = np.arange(len(scaffold)) - np.repeat(np.cumsum(groups) - groups, groups)
        first = start[scaffold] + 1 + phase + STRIDE * number
        around = np.full((len(first), STRIDE), NOWHERE)
        around[:, : size + 2] = path[first[:, None] + np.arange(-1, size + 1)]
        steps = around[:, 1 : size + 1]
        new = (self.settled[steps[:, 0] >> 1] != around).any(1)
        first, around, steps, scaffold = first[new], around[new], steps[new], scaffold[new]
        likelihood = self.likelihood(steps >> 1)
        best = np.argmax(likelihood, 1)
        # The end of a chromosome stays where it is.
        closed = layout.piece_closed[steps >> 1].any((1, 2))
        change = ~closed & (likelihood[np.arange(len(best)), best] >= likelihood[:, 0] + MIN_GAIN)
        self.settled[steps[~change, 0] >> 1] = around[~change]
        best, steps = best[change], steps[change]
        turned = np.take_along_axis(steps ^ ways.turned[best], ways.order[best], 1)
        path[first[change][:, None] + np.arange(size)] = turned
        for k in np.unique(scaffold[change]).tolist():
            layout.place(numbers[k], path[start[k] + 1 : start[k] + 1 + lengths[k]].copy())
        return len(best)

    def likelihood(self, groups: np.ndarray) -> np.ndarray:
        """ln likelihood of each arrangement of pieces that follow each other, (groups, ways).

        `groups` (groups, pieces) are in their order in scaffolds.
        """
        start = self.contacts.start
        block = np.cumsum((start[groups + 1] - start[groups]).sum(1)) // BLOCK
        borders = np.flatnonzero(np.diff(block)) + 1
        parts = [self._likelihood(part) for part in np.split(groups, borders)] if len(groups) else []
        return np.concatenate(parts) if parts else np.zeros((0, len(_WAYS[groups.shape[1]].order)))

    def _likelihood(self, groups: np.ndarray) -> np.ndarray:
        layout, (number, size) = self.layout, groups.shape
        ways, every = _WAYS[size], np.arange(size)
        lengths = layout.piece_lengths[groups]
        inside, outside = self._contacts(groups)
        # Sums over the contacts with other pieces, by the pieces before and the orientation.
        starts = np.einsum("ksj,gj->gks", ways.subset, lengths).reshape(number * size, -1)
        sums = np.empty((number, size, starts.shape[1], 2))
        owner, here = outside.owner, lengths.ravel()
        turned_at = here[owner] - 1 - outside.at
        for turned, at in enumerate((outside.at - outside.to, turned_at - outside.to)):
            for subset in range(starts.shape[1]):
                log = self._log_density(at + starts[owner, subset])
                sums[:, :, subset, turned] = np.bincount(owner, log, number * size).reshape(number, size)
        total = sums[:, every, ways.before, ways.turned].sum(2)
        if size == 1:
            return total
        # Sums over the contacts within the group, by the relation of the two pieces and both orientations.
        couple_of = np.zeros((size, size), np.int64)
        for couple, (k, j) in enumerate(ways.couples):
            couple_of[k, j] = couple
        group, first = np.divmod(inside.owner, size)
        second = np.argmax(groups[group] == inside.there[:, None], 1)
        one, other = lengths[group, first], lengths[group, second]
        between = lengths.sum(1)[group] - one - other
        key = group * len(ways.couples) + couple_of[first, second]
        couples = np.empty((number, len(ways.couples), 4, 2, 2))
        turns = [(inside.at, one - 1 - inside.at), (inside.to, other - 1 - inside.to)]
        for relation, start in enumerate((-one, -one - between, other, other + between)):
            for turned, other_turned in product((0, 1), repeat=2):
                distance = start + turns[0][turned] - turns[1][other_turned]
                couples[:, :, relation, turned, other_turned] = np.bincount(
                    key, self._log_density(distance), number * len(ways.couples)
                ).reshape(number, -1)
        for couple, (k, j) in enumerate(ways.couples):
            total += couples[:, couple, ways.relation[:, couple], ways.turned[:, k], ways.turned[:, j]]
        return total

    def _contacts(self, groups: np.ndarray) -> tuple[_Contacts, _Contacts]:
        """Near contacts of groups: those between their pieces, from the first of both, and all others."""
        layout, size = self.layout, groups.shape[1]
        pieces = groups.ravel()
        rows, counts = self.contacts.rows(pieces)
        owner = np.repeat(np.arange(len(pieces)), counts)
        there = self.contacts.there[rows]
        same = layout.scaffold[there] == np.repeat(layout.scaffold[pieces], counts)
        rows, owner, there = rows[same], owner[same], there[same]
        _, to = layout.places(there, self.contacts.to[rows])
        low = layout.offset[groups].min(1)
        to -= low[owner // size]
        near = np.abs(to) < ((1 + REACH) * layout.piece_lengths[groups].sum(1))[owner // size]
        if not near.all():
            rows, owner, there, to = rows[near], owner[near], there[near], to[near]
        counts = np.bincount(owner, minlength=len(pieces))
        if counts.max(initial=0) > PAIRS:
            rank = np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]
            share = np.minimum(PAIRS / np.maximum(counts, 1), 1)[owner]
            chosen = np.floor((rank + 1) * share) > np.floor(rank * share)
            rows, owner, there, to = rows[chosen], owner[chosen], there[chosen], to[chosen]
        at, piece = self.contacts.at[rows], pieces[owner]
        at = np.where(layout.reversed[piece], layout.piece_lengths[piece] - 1 - at, at)
        slot = np.full(len(layout.piece_lengths), NOWHERE)
        slot[pieces] = np.arange(len(pieces))
        other = slot[there]
        within = other // size == owner // size
        outside = _Contacts(owner[~within], at[~within], there[~within], to[~within])
        within &= other > owner
        start = layout.offset[there[within]] - low[owner[within] // size]
        return _Contacts(owner[within], at[within], there[within], to[within] - start), outside

    def _log_density(self, distance: np.ndarray) -> np.ndarray:
        """ln f(d) + noise of signed distances (bp)."""
        bits = np.maximum(np.abs(distance), 1).astype(np.float32).view(np.int32)
        return self.table[(bits >> SHIFT) - FIRST]
