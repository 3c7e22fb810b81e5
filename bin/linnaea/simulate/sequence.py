"""Nucleotide sequences as arrays of codes: A 0, C 1, G 2, T 3 (uint8), so complement is 3 - code."""

import numpy as np

LETTERS = np.frombuffer(b"ACGT", np.uint8)
_CODES = np.full(256, 255, np.uint8)
_CODES[LETTERS] = _CODES[np.frombuffer(b"acgt", np.uint8)] = np.arange(4, dtype=np.uint8)


def encode(letters: str | bytes) -> np.ndarray:
    """Codes of a sequence; every letter that is not A, C, G or T becomes 255."""
    raw = letters.encode() if isinstance(letters, str) else letters
    return _CODES[np.frombuffer(raw, np.uint8)]


def decode(codes: np.ndarray) -> bytes:
    """Upper-case letters of codes."""
    return LETTERS[codes].tobytes()


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Reverse complement of codes."""
    return (3 - codes)[::-1]


def random_sequence(rng: np.random.Generator, length: int, gc: float, cpg_decay: float = 0.7) -> np.ndarray:
    """Independent bases of a GC share, with CpG depleted as methylation does.

    `cpg_decay` is the share of CpG sites turned to TpG or CpA with equal chance (observed to
    expected CpG of 0.2 to 0.4 is usual outside islands; Bird 1980, Nucleic Acids Res 8:1499).
    """
    at, cg = (1 - gc) / 2, gc / 2
    codes = np.searchsorted(np.cumsum([at, cg, cg]), rng.random(length), side="right")
    codes = codes.astype(np.uint8)
    sites = np.flatnonzero((codes[:-1] == 1) & (codes[1:] == 2))
    sites = sites[rng.random(sites.size) < cpg_decay]
    forward = rng.random(sites.size) < 0.5
    codes[sites[forward]] = 3
    codes[sites[~forward] + 1] = 0
    return codes


def substitute(rng: np.random.Generator, codes: np.ndarray, transitions: float = 2 / 3) -> np.ndarray:
    """Another base for each code; `transitions` is the share of A<->G and C<->T changes."""
    other = (codes + 1 + 2 * rng.integers(0, 2, codes.size)) % 4
    return np.where(rng.random(codes.size) < transitions, (codes + 2) % 4, other).astype(np.uint8)


def diverge(
    rng: np.random.Generator, codes: np.ndarray, divergence: float, indel_share: float = 0.1
) -> np.ndarray:
    """A copy with a share `divergence` of changed positions, `indel_share` of them 1 to 9 bp indels."""
    codes = codes.copy()
    hit = rng.random(codes.size) < divergence
    indel = hit & (rng.random(codes.size) < indel_share)
    change = np.flatnonzero(hit & ~indel)
    codes[change] = substitute(rng, codes[change])
    copies = np.ones(codes.size, np.int64)
    for position in np.flatnonzero(indel):
        length = min(int(rng.geometric(0.45)), 9)
        if rng.random() < 0.5:
            copies[position] += length
        else:
            copies[position : position + length] = 0
    source = np.repeat(np.arange(codes.size), copies)
    inserted = np.concatenate([[False], source[1:] == source[:-1]]) if source.size else source > 0
    result = codes[source]
    result[inserted] = rng.integers(0, 4, int(inserted.sum()))
    return result


def homopolymer_lengths(codes: np.ndarray) -> np.ndarray:
    """Length of the homopolymer run that each position lies in (int64, same shape)."""
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
    lengths = np.diff(np.append(starts, codes.size))
    return np.repeat(lengths, lengths)
