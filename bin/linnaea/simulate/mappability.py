"""Where reads map uniquely: positions whose k-mers occur once in the genome, on either strand."""

import numpy as np

from linnaea.simulate.sequence import reverse_complement

WORD = 100


def _mix(values: np.ndarray) -> np.ndarray:
    """Scramble 64-bit words (finaliser of splitmix64; Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def hashes(codes: np.ndarray, size: int) -> np.ndarray:
    """A 64-bit hash of every k-mer of a sequence, (n - size + 1,), built from those of half its length."""
    if codes.size < size:
        return np.zeros(0, np.uint64)
    if size == 1:
        return _mix(codes.astype(np.uint64) + np.uint64(1))
    left = size // 2
    first, second = hashes(codes, left), hashes(codes, size - left)
    number = codes.size - size + 1
    return _mix(first[:number] * np.uint64(0x9E3779B97F4A7C15) + second[left : left + number])


def unique_kmers(chromosomes: dict[str, np.ndarray], size: int = WORD) -> dict[str, np.ndarray]:
    """Whether the k-mer that starts at a position occurs once on both strands, (n - size + 1,)."""
    canonical = {
        name: np.minimum(hashes(codes, size), hashes(reverse_complement(codes), size)[::-1])
        for name, codes in chromosomes.items()
    }
    _, inverse, counts = np.unique(
        np.concatenate(list(canonical.values())), return_inverse=True, return_counts=True
    )
    once = counts[inverse] == 1
    ends = np.cumsum([values.size for values in canonical.values()])
    return dict(zip(canonical, np.split(once, ends[:-1]), strict=True))


def mappable(chromosomes: dict[str, np.ndarray], size: int = WORD) -> dict[str, np.ndarray]:
    """Positions of which at least half of the k-mers over them are unique, (length,) bool."""
    result = {}
    for name, unique in unique_kmers(chromosomes, size).items():
        length = chromosomes[name].size
        total = np.concatenate([[0], np.cumsum(unique)])
        position = np.arange(length)
        low = np.clip(position - size + 1, 0, unique.size)
        high = np.clip(position + 1, 0, unique.size)
        result[name] = (high > low) & (2 * (total[high] - total[low]) >= high - low)
    return result
