"""Illumina pairs from fragments: binned qualities by cycle, errors by quality, adapter
read-through.

Qualities are the NovaSeq bins 37, 23, 11 and 2 with low ones rarer early in the read; an error
falls with the probability that the quality states.
"""

from collections.abc import Sequence

import numpy as np

from linnaea.simulate.sequence import decode, encode, substitute

ADAPTERS = (
    encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"),
    encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"),
)
BINS = np.array([37, 23, 11, 2], np.uint8)


def with_adapter(
    fragments: np.ndarray, lengths: np.ndarray, mate: int, adapters: Sequence[np.ndarray] = ADAPTERS
) -> np.ndarray:
    """Bases of a mate before errors, with the adapter behind a short fragment.

    fragments: (n, read length) codes of the fragment from this mate's end; lengths: (n,) of
    fragments.
    """
    cycle = np.arange(fragments.shape[1])
    behind = cycle - lengths[:, None]
    adapter = adapters[mate]
    tail = np.where(behind < adapter.size, adapter[np.clip(behind, 0, adapter.size - 1)], 2)
    return np.where(behind >= 0, tail, fragments).astype(np.uint8)


def sequence(rng: np.random.Generator, bases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add errors to (n, cycles) bases; returns bases and Phred qualities of the same shape."""
    fall = np.linspace(0, 1, bases.shape[1]) ** 2
    low = (0.02 + 0.05 * fall).astype(np.float32)
    # A read's quality is shared by its cycles: some reads are good, some poor throughout.
    draw = rng.random(bases.shape, np.float32) / rng.gamma(2.0, 0.5, (bases.shape[0], 1))
    bin_of = sum((draw < low * share).astype(np.uint8) for share in (1.0, 0.25, 0.01))
    wrong = rng.random(bases.shape, np.float32) < (10 ** (BINS / -10.0))[bin_of]
    bases = bases.copy()
    bases[wrong] = substitute(rng, bases[wrong], 0.5)
    return bases, BINS[bin_of]


def records(names: list[str], bases: np.ndarray, quality: np.ndarray) -> bytes:
    """FASTQ text of reads; bases and quality are (n, cycles)."""
    cycles = bases.shape[1]
    letters, levels = decode(bases), (quality + 33).tobytes()
    return b"".join(
        b"@%b\n%b\n+\n%b\n" % (name.encode(), letters[i : i + cycles], levels[i : i + cycles])
        for name, i in zip(names, range(0, len(letters), cycles), strict=True)
    )


def pair_names(number: int, run: str) -> list[str]:
    """Illumina-like names, the same for both mates."""
    return [f"{run}:1:{1101 + i // 5000}:{1000 + i % 5000}:{2000 + i % 977}" for i in range(number)]
