"""How the density of Hi-C contacts falls with distance, and how visible each place is.

The density of contacts at distance d, per bp² of pairs of places, is measured from pairs within contigs and
goes on as a power law beyond them. Contacts that random ligation makes ("noise") have one density
everywhere. Expected contacts go with the product of the coverage at both places.
"""

from collections.abc import Sequence

import numpy as np

# Distances below this say nothing: the density is taken as constant there.
NEAR_BP = 250
# Steeper than this is any genome's decay at long distances.
LEAST_SLOPE = -0.5
# Limits of the visibility: multi-copy sequence above, places without coverage below.
VISIBILITY = (0.1, 100.0)


def _integral(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The running integral of `values` on `grid` by the trapezoidal rule."""
    return np.concatenate([[0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(grid))])


class ContactDecay:
    """Density of contacts per bp² at a distance in bp, f(d), from the distances of pairs within contigs."""

    def __init__(self, lengths: np.ndarray, distances: np.ndarray) -> None:
        total = float(lengths.sum())
        edges = np.concatenate([[0, 1000], np.geomspace(2000, max(lengths.max(), 1e4), 70)])
        count, _ = np.histogram(distances, edges)
        sizes = lengths.astype(float)
        area = -np.diff([np.square(np.maximum(sizes - edge, 0)).sum() / 2 for edge in edges])
        middle = np.sqrt(np.maximum(edges[:-1], NEAR_BP) * edges[1:])
        enough = (count >= 30) & (area > 0)
        if enough.sum() < 5:
            raise TooFewPairs
        x, y = np.log(middle[enough]), np.log(count[enough] / area[enough])
        self.slope = float(min(np.polyfit(x[-25:], y[-25:], 1)[0], LEAST_SLOPE))
        self.grid = np.concatenate([[0, 100, 300], np.geomspace(500, 2 * max(total, 1e4), 3000)])
        at = np.log(np.maximum(self.grid, NEAR_BP))
        tail = y[-5:].mean() + self.slope * (at - x[-5:].mean())
        self.density = np.exp(np.where(at <= x[-1], np.interp(at, x, y), tail))
        self._once = _integral(self.density, self.grid)
        self._moment = _integral(self.density * self.grid, self.grid)

    def at(self, distance: np.ndarray | float) -> np.ndarray:
        """f(d)."""
        return np.interp(distance, self.grid, self.density)

    def between(self, left: np.ndarray, right: np.ndarray, window: float) -> tuple[np.ndarray, np.ndarray]:
        """Integral of f over the places of two neighbours of these lengths, and its area in bp².

        Only pairs of places less than `window` apart count.
        """
        inside = self.grid < window
        integrals = []
        for values in (np.where(inside, self.density, 0), inside.astype(float)):
            double = _integral(_integral(values, self.grid), self.grid)
            both, one, other = (np.interp(x, self.grid, double) for x in (left + right, left, right))
            integrals.append(np.maximum(both - one - other, 0))
        return integrals[0], integrals[1]

    def left_over(self, length: np.ndarray, window: float) -> np.ndarray:
        """Share of the contacts of two neighbours within `window` that is left when a contig of `length` lies
        between them.
        """

        def moments(bp: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
            return np.interp(bp, self.grid, self._once), np.interp(bp, self.grid, self._moment)

        (near, near_moment), (far, far_moment) = moments(length), moments(length + window)
        return (far_moment - near_moment - length * (far - near)) / moments(window)[1]


class TooFewPairs(Exception):
    """Too few pairs lie within contigs for the decay to be measured."""


class Visibility:
    """Ends of pairs per bin of `bin_bp` along sequences, relative to the mean.

    `relative` (bins,) has the bins of all sequences one after another; those of sequence i start at
    `offset[i]`. `size` (bins,) are their lengths in bp.
    """

    def __init__(
        self, lengths: np.ndarray, bin_bp: int, ends: Sequence[tuple[np.ndarray, np.ndarray]]
    ) -> None:
        self.bin_bp = bin_bp
        self.lengths = lengths
        self.bins = lengths // bin_bp + 1
        self.offset = np.concatenate([[0], np.cumsum(self.bins)])
        self.sequence = np.repeat(np.arange(len(lengths)), self.bins)
        count = np.zeros(self.offset[-1], np.int64)
        for sequence, position in ends:
            count += np.bincount(self.offset[sequence] + position // bin_bp, minlength=len(count))
        self.size = np.full(len(count), float(bin_bp))
        self.size[self.offset[1:] - 1] = np.maximum(lengths % bin_bp, 1)
        mean = max(count.sum() / lengths.sum(), 1e-12)
        self.relative = np.clip(count / np.maximum(self.size, bin_bp / 4) / mean, 0.0, VISIBILITY[1])
        self._mass = np.concatenate([[0], np.cumsum(self.relative * self.size)])

    def mass(self, sequence: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Relative visibility summed from the start of sequences to positions (bp), element by element."""
        index, within = np.divmod(position, self.bin_bp)
        index = np.minimum(index, self.bins[sequence] - 1) + self.offset[sequence]
        partial = self.relative[index] * np.minimum(within, self.size[index])
        return self._mass[index] + partial - self._mass[self.offset[sequence]]


def noise_density(between: int, lengths: np.ndarray) -> float:
    """Density per bp² of contacts between sequences of these lengths."""
    sizes = lengths.astype(float)
    return between / max((sizes.sum() ** 2 - (sizes**2).sum()) / 2, 1.0)


def spanning(
    visibility: Visibility,
    sequence: np.ndarray,
    position: np.ndarray,
    other: np.ndarray,
    window: float,
    decay: ContactDecay,
    noise: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs closer than `window` over each bin's start, (bins,): observed (noise taken off) and expected.

    `sequence`, `position` and `other` (pairs,) are pairs with both ends in one sequence.
    """
    bin_bp, bins = visibility.bin_bp, visibility.offset[-1]
    most = int(window // bin_bp)
    low, high = np.minimum(position, other) // bin_bp, np.maximum(position, other) // bin_bp
    keep = (high > low) & (high - low <= most)
    start = visibility.offset[sequence[keep]]
    steps = np.bincount(start + low[keep] + 1, minlength=bins + 1)
    steps -= np.bincount(start + high[keep] + 1, minlength=bins + 1)
    weight = visibility.relative * visibility.size
    lags = np.arange(min(most, int(visibility.bins.max()) - 1) + 1)
    signal = np.where(lags, np.maximum(decay.at(lags * bin_bp) - noise, 0), 0.0)
    expected = _weighted_steps(visibility, weight, signal)
    background = _weighted_steps(visibility, weight, np.where(lags, noise, 0.0))
    return np.cumsum(steps - background)[:bins], np.cumsum(expected)[:bins]


def _weighted_steps(visibility: Visibility, weight: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Changes, (bins + 1,), of the sum over pairs of bins of a sequence that span the start of a bin.

    A pair of bins counts the product of both weights and of the kernel at their lag. It spans the starts of
    the bins after the first, up to the second.
    """
    change = np.zeros(len(weight) + 1)
    # Sums over lags by FFT, of sequences of about the same length at a time, each with as much space behind.
    size = np.ceil(np.log2(visibility.bins)).astype(np.int64)
    for one in np.unique(size):
        sequences = np.flatnonzero(size == one)
        width = 1 << int(one)
        bins = np.arange(width)
        inside = bins < visibility.bins[sequences][:, None]
        index = (visibility.offset[sequences][:, None] + bins)[inside]
        rows = np.zeros((len(sequences), width))
        rows[inside] = weight[index]
        spectrum = np.fft.rfft(rows, 2 * width)
        lags = np.fft.rfft(kernel[:width], 2 * width)
        ahead = np.fft.irfft(spectrum * lags.conj(), 2 * width)[:, :width]
        behind = np.fft.irfft(spectrum * lags, 2 * width)[:, :width]
        change[index + 1] += (rows * ahead)[inside]
        change[index + 1] -= (rows * behind)[inside]
    return change
