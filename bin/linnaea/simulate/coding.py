"""What a substitution does to the proteins of a genome, by plain translation of the reference's codons."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from linnaea.simulate.genes import Gene

CLASSES = ("synonymous", "missense", "stop", "stop_lost", "start_lost")


@cache
def _amino_acids() -> np.ndarray:
    """Amino acid of each codon of codes A 0, C 1, G 2, T 3, (4, 4, 4) of letters; the standard code."""
    from Bio.Seq import Seq

    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    return np.array([str(Seq(codon).translate()) for codon in codons]).reshape(4, 4, 4)


@dataclass(frozen=True)
class Effect:
    """The effect of an alternative base (codes on the forward strand) on one transcript."""

    chromosome: str
    position: int
    reference: int
    alternative: int
    gene: str
    transcript: str
    codon: int
    reference_codon: str
    alternative_codon: str
    change: str
    effect: str


@dataclass
class CodingIndex:
    """Coding bases of all transcripts of a chromosome, to look positions up.

    `places` maps a position to (transcript number, base number in the coding sequence).
    """

    chromosome: str
    codes: np.ndarray
    genes: list[Gene]

    def __post_init__(self) -> None:
        self.transcripts = [(gene, t) for gene in self.genes for t in gene.transcripts]
        self.sites = []
        for gene, transcript in self.transcripts:
            parts = [np.arange(start, end) for start, end in transcript.coding_parts()]
            self.sites.append(np.concatenate(parts)[:: gene.strand])
        self.places: dict[int, list[tuple[int, int]]] = {}
        for number, sites in enumerate(self.sites):
            for base, site in enumerate(sites.tolist()):
                self.places.setdefault(site, []).append((number, base))

    def codon_sites(self, number: int, base: int) -> np.ndarray:
        """Positions of the codon that a base lies in, (3,), in the direction of the gene."""
        first = base - base % 3
        return self.sites[number][first : first + 3]

    def effects(self, position: int, alternative: int) -> Iterator[Effect]:
        """Effects on every transcript whose coding sequence has the position."""
        for number, base in self.places.get(position, []):
            gene, transcript = self.transcripts[number]
            flip = 3 if gene.strand < 0 else 0
            before = self.codes[self.codon_sites(number, base)] ^ flip
            after = before.copy()
            after[base % 3] = alternative ^ flip
            old, new = (str(_amino_acids()[tuple(codon)]) for codon in (before, after))
            yield Effect(
                self.chromosome, position, int(self.codes[position]), alternative, gene.name, transcript.name,
                base // 3 + 1, _text(before), _text(after), f"{old}{base // 3 + 1}{new}",
                _effect(old, new, base // 3),
            )  # fmt: skip


def _text(codes: np.ndarray) -> str:
    return "".join("ACGT"[code] for code in codes)


def _effect(old: str, new: str, codon: int) -> str:
    """Class of an exchange of amino acids; the start codon is lost by any other codon."""
    if codon == 0 and old == "M" and new != "M":
        return "start_lost"
    if old == new:
        return "synonymous"
    if new == "*":
        return "stop"
    return "stop_lost" if old == "*" else "missense"


def splice_sites(length: int, genes: list[Gene]) -> np.ndarray:
    """The first and last two bases of introns, (length,) bool."""
    mask = np.zeros(length, bool)
    for gene in genes:
        for transcript in gene.transcripts:
            for (_, left), (right, _) in pairwise(transcript.exons):
                mask[left : left + 2] = mask[right - 2 : right] = True
    return mask


def coding_mask(length: int, genes: list[Gene]) -> np.ndarray:
    """Coding bases of any transcript, (length,) bool."""
    mask = np.zeros(length, bool)
    for gene in genes:
        for transcript in gene.transcripts:
            for start, end in transcript.coding_parts():
                mask[start:end] = True
    return mask
