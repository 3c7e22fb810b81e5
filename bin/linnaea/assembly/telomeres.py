"""Telomeres: tandem repeats of one short motif that reach the ends of sequences.

Every end is read outwards, so that its last base is the end of the chromosome: the 5' end of a
sequence is reverse-complemented. In this view all telomeres of a species have the same motif on the
same strand (TTAGGG in vertebrates), which is what tells them from satellites at contig ends.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from linnaea.formats.sequences import reverse_complement

# Only this much of an end is kept: longer telomeres are reported with this length.
WINDOW_BP = 50_000
# A telomere may be followed by at most this much other sequence (adapter, read errors).
REACH_BP = 200
MIN_TELOMERE_BP = 100
# Motifs are searched in this outermost stretch; a candidate must fill MIN_TANDEM_BP of it in tandem.
SEARCH_BP = 1_000
MIN_TANDEM_BP = 24
MOTIF_BP = range(5, 13)
# A run goes on over variants and errors until it lost this score: +1 a base in a motif, -2 otherwise.
DROP_SCORE = 100
# Motifs of telomerase in TeloBase (Lycka et al. 2024, Nucleic Acids Research 52:D311), read outwards.
KNOWN_MOTIFS = (
    "TTAGGG", "TTTAGGG", "TTAGG", "TCAGG", "TTAGGC", "TTTTAGGG", "TTTTTTAGGG", "CTCGGTTATGGG",
    "TTGGGG", "TTTTGGGG", "TTAGGGG", "TTCAGGG", "TTTCAGG", "TTTAGG", "TTGGG", "TTATTGGG",
    "TTATTGGGG", "TTAGGGTGGTGG",
)  # fmt: skip

_CODE = np.full(256, 4, np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt")):
    _CODE[list(_letters)] = _code


def rotations(motif: str) -> set[str]:
    """All rotations of a motif: the ways one tandem repeat of it can be cut into units."""
    return {motif[i:] + motif[:i] for i in range(len(motif))}


def conventional(motif: str) -> str:
    """The rotation of an outward motif that the field writes: a known one, else one that ends in G."""
    same = rotations(motif)
    for known in KNOWN_MOTIFS:
        if known in same:
            return known
    return max(same, key=lambda unit: (len(unit) - len(unit.rstrip("G")), unit))


def outward(motif: str) -> str:
    """The outward strand of a motif that the user wrote on either strand (CCCTAA is TTAGGG).

    The strand of telomerase's product is rich in G; only when G and C are equal is it kept as given.
    """
    motif = motif.upper()
    other = reverse_complement(motif.encode()).decode()
    if rotations(motif) & set(KNOWN_MOTIFS):
        return conventional(motif)
    if rotations(other) & set(KNOWN_MOTIFS) or other.count("G") > motif.count("G"):
        return conventional(other)
    return conventional(motif)


def run_length(end: bytes, motif: str) -> int:
    """Length in bp of the tandem run of `motif` that reaches the right side of `end`, 0 without one.

    `end` is read outwards. Bases inside an exact copy of the motif count +1, others -2; the run is
    the best scoring stretch that starts within `REACH_BP` of the end and is left where it has lost
    `DROP_SCORE` (the X-drop rule of sequence alignment).
    """
    limit = 4 * SEARCH_BP
    while True:
        length, whole = _run_within(end[-limit:], motif)
        # Most ends have no telomere or a short one: look further in only when the run goes on.
        if not whole or limit >= len(end):
            return length
        limit *= 4


def _run_within(end: bytes, motif: str) -> tuple[int, bool]:
    """The run's length, and whether it may go on beyond the stretch given."""
    covered = _covered(end, motif)[::-1]
    if not covered.any():
        return 0, False
    score = np.concatenate([[0], np.cumsum(np.where(covered, 1, -2))])
    lowest = np.minimum.accumulate(score[: REACH_BP + 1])
    starts = np.concatenate([lowest, np.full(max(0, score.size - lowest.size), lowest[-1])])
    gain = score - starts[: score.size]
    lost = np.flatnonzero(np.maximum.accumulate(gain) - gain > DROP_SCORE)
    stop = int(np.argmax(gain[: lost[0]] if lost.size else gain))
    start = int(np.argmin(score[: min(stop, REACH_BP) + 1]))
    return stop - start, not lost.size


def _covered(end: bytes, motif: str) -> np.ndarray:
    """Mark the bases of `end` that lie in an exact copy of any rotation of `motif`."""
    size = len(motif)
    codes = _CODE[np.frombuffer(end, np.uint8)]
    covered = np.zeros(codes.size, bool)
    if codes.size < size:
        return covered
    words = np.zeros(codes.size - size + 1, np.int64)
    for offset in range(size):
        words = words * 5 + codes[offset : offset + words.size]
    units = [
        sum(int(_CODE[ord(base)]) * 5 ** (size - 1 - i) for i, base in enumerate(unit))
        for unit in rotations(motif)
    ]
    hits = np.isin(words, units)
    for offset in range(size):
        covered[offset : offset + hits.size] |= hits
    return covered


def candidates(end: bytes) -> list[str]:
    """Motifs (outward, smallest rotation) in tandem over `MIN_TANDEM_BP` near the end, best first."""
    tail = end[-SEARCH_BP:].upper()
    size = len(tail) - max(MOTIF_BP)
    if size < MIN_TANDEM_BP:
        return []
    letters = np.frombuffer(tail, np.uint8)
    shifted = np.lib.stride_tricks.sliding_window_view(letters, size)[MOTIF_BP.start : MOTIF_BP.stop]
    same = shifted == letters[:size]
    # A base that repeats after p bases, for MIN_TANDEM_BP bases on end: runs found by halving.
    for step in (1, 2, 4, 8, 8):
        same = same[:, :-step] & same[:, step:]
    if not same.any():
        return []
    found: Counter[str] = Counter()
    for period, starts in zip(MOTIF_BP, same, strict=True):
        for start in np.flatnonzero(starts):
            found[tail[start : start + period].decode()] += 1
    merged: Counter[str] = Counter()
    for unit, count in found.items():
        if set(unit) <= set("ACGT") and _is_primitive(unit):
            merged[min(rotations(unit))] += count
    return [motif for motif, _ in merged.most_common(3)]


def _is_primitive(unit: str) -> bool:
    """Whether a unit is not itself a repeat of something shorter (TTAGGTTAGG is TTAGG)."""
    return (unit + unit).find(unit, 1) == len(unit)


@dataclass
class End:
    """Candidate motifs (outward, smallest rotation) of one end, and the length in bp of their runs."""

    runs: dict[str, int]


def examine_end(end: bytes, motif: str | None, min_bp: int) -> End:
    """Measure the telomere candidates of an end (read outwards): the motif given, or all found."""
    motifs = [min(rotations(motif))] if motif else candidates(end)
    lengths = {unit: run_length(end, unit) for unit in motifs}
    return End({unit: length for unit, length in lengths.items() if length >= min_bp})


def choose_motif(ends: Iterable[End]) -> str | None:
    """The motif of a species, as the field writes it, from all its ends, or None.

    It is the motif with runs at most ends, provided that they face outwards: an array that is no
    telomere sits at a contig end on either strand. A known motif needs more ends that face outwards
    than inwards; an unknown one needs so many that chance would do it in less than 5 % (one-sided
    sign test: five or more ends, all facing outwards).
    """
    count: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for end in ends:
        for motif, length in end.runs.items():
            count[motif] += 1
            total[motif] += length
    for motif in sorted(count, key=lambda unit: (-count[unit], -total[unit], unit)):
        inward = count[min(rotations(reverse_complement(motif.encode()).decode()))]
        known = conventional(motif) in KNOWN_MOTIFS
        if (known and count[motif] > inward) or _sign_test(count[motif], inward) < 0.05:
            return conventional(motif)
    return None


def _sign_test(successes: int, failures: int) -> float:
    """Probability of at least so many successes when both are equally likely."""
    from math import comb

    trials = successes + failures
    return sum(comb(trials, i) for i in range(successes, trials + 1)) / 2**trials
