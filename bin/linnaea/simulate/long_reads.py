"""HiFi reads: fragments of linear and circular sequences, HiFi-like errors, qualities, adapters.

Error profile: of the discordances of HiFi reads 92.3 % are indels in homopolymers, 4.3 % other
indels and 3.4 % mismatches (Wenger et al. 2019, Nat Biotechnol 37:1155). The homopolymer error of a
run grows with its length L as (L-1)^1.6, insertions and deletions equally often. Read accuracy is
normal on the Phred scale. Within a read, 1.5 % of positions are 15 times worse than the others.
Qualities are the Phred values of the very probabilities that the errors are drawn from, so they are
calibrated by construction.

Fragments start anywhere up to one fragment length before a chromosome, and are cut at its ends, so
coverage stays even up to the telomeres as it does for sheared DNA. No read crosses a dropout: the polymerase
stops there, and the longer side of the fragment is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from linnaea.simulate.sequence import decode, encode, homopolymer_lengths, substitute

SMRTBELL = "ATCTCTCTCAACAACAACAACGGAGGAGGAGGAAAAGAGAGAGAT"
C2_PRIMER = "AAAAAAAAAAAAAAAAAATTAACGGAGGAGGAGGA"
MISMATCH, OTHER_INDEL, HOMOPOLYMER = 0.034, 0.043, 0.923
WEAK_SHARE, WEAK_FACTOR = 0.015, 15.0
LONGEST_RUN = 20
SHORTEST_READ = 500
MOVIE = "m64001_240501_120000"


@dataclass
class Source:
    """A sequence to read from, with its coverage (x) and, if linear, its dropouts (0-based half-open)."""

    name: str
    haplotype: str
    codes: np.ndarray
    coverage: float
    circular: bool = False
    dropouts: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Read:
    """A read and where it came from.

    start, end: 0-based half-open on the source, forward strand; on a circular source `end` may pass
    the length of the source (the read crosses the origin). Adapter coordinates are on the read.
    """

    name: str
    sequence: bytes
    quality: bytes
    source: Source
    start: int
    end: int
    strand: int
    errors: int
    adapter: str = "none"
    adapter_kind: str = ""
    adapter_start: int = 0
    adapter_end: int = 0


def _error_table() -> tuple[np.ndarray, np.ndarray]:
    """Relative homopolymer error of a base by run length and weakness (LONGEST_RUN + 1, 2); weakness."""
    runs = np.arange(LONGEST_RUN + 1)
    per_base = np.where(runs > 1, (np.maximum(runs, 1) - 1) ** 1.6 / np.maximum(runs, 1), 0.0)
    weak = np.array([1.0, WEAK_FACTOR])
    return per_base[:, None] * weak, weak


_HOMOPOLYMER_TABLE, _WEAK = _error_table()


def add_errors(
    rng: np.random.Generator, codes: np.ndarray, runs: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Read a fragment with errors.

    codes, runs: (n,) bases and their homopolymer lengths; rate: expected errors a base.
    Returns the read's codes, its Phred qualities (uint8) and the number of errors.
    """
    weak = (rng.random(codes.size) < WEAK_SHARE).astype(np.int64)
    group = np.minimum(runs, LONGEST_RUN) * 2 + weak
    counts = np.bincount(group, minlength=2 * (LONGEST_RUN + 1)).reshape(-1, 2)
    in_runs = (counts * _HOMOPOLYMER_TABLE).sum() / codes.size
    elsewhere = (counts * _WEAK).sum() / codes.size
    homopolymer = _HOMOPOLYMER_TABLE * (rate * HOMOPOLYMER / max(in_runs, 1e-9))
    homopolymer = np.minimum(homopolymer, 0.2)
    other = np.broadcast_to(_WEAK * (rate / elsewhere), homopolymer.shape)
    total = homopolymer + other * (MISMATCH + OTHER_INDEL)
    phred = np.clip(np.rint(-10 * np.log10(total)), 2, 60).astype(np.uint8)

    draw = rng.random(codes.size)
    hit = np.flatnonzero(draw < total.ravel()[group])
    where = group[hit]
    draw = draw[hit]
    mismatch = draw < other.ravel()[where] * MISMATCH
    indel = ~mismatch & (draw < other.ravel()[where] * (MISMATCH + OTHER_INDEL))
    deletion = ~mismatch & (rng.random(hit.size) < 0.5)
    copies = np.ones(codes.size, np.int64)
    copies[hit[deletion]] = 0
    copies[hit[~mismatch & ~deletion]] = 2
    bases = codes.copy()
    bases[hit[mismatch]] = substitute(rng, codes[hit[mismatch]], 1 / 3)
    read = np.repeat(bases, copies)
    inserted = np.cumsum(copies)[hit[indel & ~deletion]] - 1
    read[inserted] = rng.integers(0, 4, inserted.size)
    return read, np.repeat(phred.ravel()[group], copies), int(hit.size)


def _plan(
    rng: np.random.Generator, sources: list[Source], mean_length: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Index of the source, start and length of each fragment, in random order."""
    index, starts, lengths = [], [], []
    sigma = 0.28
    for number, source in enumerate(sources):
        size = source.codes.size
        longest = min(int(mean_length * 2.5), size)
        extra = 0 if source.circular else longest
        reads = rng.poisson(source.coverage / mean_length * (size + extra))
        length = rng.lognormal(np.log(mean_length) - sigma**2 / 2, sigma, reads)
        length = np.clip(length, 2 * SHORTEST_READ, longest).astype(np.int64)
        start = rng.integers(-extra, size, reads)
        end = start + length
        if not source.circular:
            start, end = np.maximum(start, 0), np.minimum(end, size)
        for low, high in source.dropouts:
            crosses = (start < high) & (end > low)
            left = crosses & (low - start >= end - high)
            end[left] = low
            start[crosses & ~left] = high
        keep = end - start >= SHORTEST_READ
        index.append(np.full(int(keep.sum()), number))
        starts.append(start[keep])
        lengths.append((end - start)[keep])
    columns = [np.concatenate(column) for column in (index, starts, lengths)]
    order = rng.permutation(columns[0].size)
    return columns[0][order], columns[1][order], columns[2][order]


def _insert_adapter(
    rng: np.random.Generator, read: Read, codes: np.ndarray, quality: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put an adapter, read with a 1 % error, at an end of the read or inside it."""
    kind = "smrtbell" if rng.random() < 0.7 else "c2"
    adapter = encode(SMRTBELL if kind == "smrtbell" else C2_PRIMER)
    if rng.random() < 0.5:
        adapter = (3 - adapter)[::-1]
    adapter, levels, _ = add_errors(rng, adapter, homopolymer_lengths(adapter), 0.01)
    where = str(rng.choice(["start", "inside", "end"], p=[0.3, 0.4, 0.3]))
    inside = int(rng.uniform(0.1, 0.9) * codes.size)
    at = {"start": 0, "inside": inside, "end": codes.size}[where]
    read.adapter, read.adapter_kind = where, kind
    read.adapter_start, read.adapter_end = at, at + adapter.size
    return np.insert(codes, at, adapter), np.insert(quality, at, levels)


def hifi_reads(
    rng: np.random.Generator,
    sources: list[Source],
    mean_length: float = 13_000,
    mean_quality: float = 31.0,
    adapter_share: float = 0.01,
) -> Iterator[Read]:
    """HiFi reads of the sources in random order, one at a time.

    mean_quality: mean of the reads' Phred accuracy (standard deviation 3, never below Q20, the
    limit of HiFi). adapter_share: share of reads with an adapter left in.
    """
    runs = [homopolymer_lengths(source.codes) for source in sources]
    zmw = 0
    for index, start, length in zip(*_plan(rng, sources, mean_length), strict=True):
        source = sources[index]
        zmw += int(rng.integers(1, 60))
        end = int(start + length)
        if end <= source.codes.size:
            codes, run = source.codes[start:end], runs[index][start:end]
        else:
            places = np.arange(start, end) % source.codes.size
            codes, run = source.codes[places], runs[index][places]
        strand = 1 if rng.random() < 0.5 else -1
        if strand < 0:
            codes, run = (3 - codes)[::-1], run[::-1]
        accuracy = np.clip(rng.normal(mean_quality, 3), 20.5, 45)
        bases, quality, errors = add_errors(rng, codes, run, 10 ** (-accuracy / 10))
        read = Read(f"{MOVIE}/{zmw}/ccs", b"", b"", source, int(start), end, strand, errors)
        if rng.random() < adapter_share:
            bases, quality = _insert_adapter(rng, read, bases, quality)
        read.sequence, read.quality = decode(bases), (quality + 33).tobytes()
        yield read


READ_COLUMNS = (
    "read", "source", "haplotype", "start", "end", "strand", "length", "errors",
    "adapter", "adapter_kind", "adapter_start", "adapter_end",
)  # fmt: skip


def truth_row(read: Read) -> list[str]:
    """Values of READ_COLUMNS for a read."""
    source = read.source
    values = [read.name, source.name, source.haplotype, read.start, read.end]
    values += ["+" if read.strand > 0 else "-", len(read.sequence), read.errors, read.adapter]
    return [str(v) for v in [*values, read.adapter_kind, read.adapter_start, read.adapter_end]]
