"""Proteins: made from a codon usage, translated, and diverged by BLOSUM62."""

from functools import cache

import numpy as np

from linnaea.simulate.sequence import encode

# Codons per thousand in 93,487 human coding sequences (Codon Usage Database, Nakamura et al. 2000,
# Nucleic Acids Res 28:292), in the order of bases T, C, A, G at the 1st, 2nd and 3rd position.
CODON_USAGE = (
    "17.6 20.3 7.7 12.9 15.2 17.7 12.2 4.4 12.2 15.3 1.0 0.8 10.6 12.6 1.6 13.2 "
    "13.2 19.6 7.2 39.6 17.5 19.8 16.9 6.9 10.9 15.1 12.3 34.2 4.5 10.4 6.2 11.4 "
    "16.0 20.8 7.5 22.0 13.1 18.9 15.1 6.1 17.0 19.1 24.4 31.9 12.1 19.5 12.2 12.0 "
    "11.0 14.5 7.1 28.1 18.4 27.7 15.8 7.4 21.8 25.1 29.0 39.6 10.8 22.2 16.5 16.5"
)
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"


@cache
def codon_usage() -> dict[str, tuple[list[str], np.ndarray]]:
    """Amino acid (`*` for stop) to its codons and their counts per thousand."""
    from Bio.Data import CodonTable

    table = CodonTable.unambiguous_dna_by_id[1]
    codons = [a + b + c for a in "TCAG" for b in "TCAG" for c in "TCAG"]
    usage: dict[str, tuple[list[str], list[float]]] = {}
    for codon, count in zip(codons, map(float, CODON_USAGE.split()), strict=True):
        names, counts = usage.setdefault(table.forward_table.get(codon, "*"), ([], []))
        names.append(codon)
        counts.append(count)
    return {acid: (names, np.array(counts)) for acid, (names, counts) in usage.items()}


def random_protein(rng: np.random.Generator, length: int) -> str:
    """Methionine, then amino acids as frequent as in the codon usage."""
    weights = np.array([codon_usage()[acid][1].sum() for acid in AMINO_ACIDS])
    acids = rng.choice(list(AMINO_ACIDS), length - 1, p=weights / weights.sum())
    return "M" + "".join(acids)


def reverse_translate(rng: np.random.Generator, protein: str) -> np.ndarray:
    """Codes of a coding sequence for a protein, with a stop codon, by the codon usage."""
    acids = np.array(list(protein + "*"))
    codons = np.empty(acids.size, "U3")
    for acid in np.unique(acids):
        names, counts = codon_usage()[str(acid)]
        here = acids == acid
        codons[here] = rng.choice(names, int(here.sum()), p=counts / counts.sum())
    return encode("".join(codons))


def translate(letters: bytes) -> str:
    """Protein of a coding sequence by the standard code, without the final stop."""
    from Bio.Seq import Seq

    return str(Seq(letters).translate()).removesuffix("*")


@cache
def _exchange() -> np.ndarray:
    """Chance of each other amino acid given one, (20, 20), rows summing to 1.

    BLOSUM scores are 2 log2 of observed to expected pairs, so P(b|a) is proportional to f_b 2^(S/2)
    (Henikoff & Henikoff 1992, PNAS 89:10915).
    """
    from Bio.Align import substitution_matrices

    scores = substitution_matrices.load("BLOSUM62")
    frequency = np.array([codon_usage()[acid][1].sum() for acid in AMINO_ACIDS])
    chance = np.array([[2 ** (scores[a, b] / 2) for b in AMINO_ACIDS] for a in AMINO_ACIDS])
    chance *= frequency
    np.fill_diagonal(chance, 0)
    return chance / chance.sum(axis=1, keepdims=True)


def diverge_protein(rng: np.random.Generator, protein: str, divergence: float, indels: float = 0.004) -> str:
    """A homologue with a share `divergence` of exchanged amino acids, and indels of 1 to 8 a site.

    The first methionine is kept.
    """
    index = np.array([AMINO_ACIDS.index(acid) for acid in protein])
    for position in np.flatnonzero(rng.random(index.size) < divergence):
        if position:
            index[position] = rng.choice(20, p=_exchange()[index[position]])
    acids = [AMINO_ACIDS[i] for i in index]
    for position in np.flatnonzero(rng.random(index.size) < indels)[::-1]:
        length = int(rng.integers(1, 9))
        if position and rng.random() < 0.5:
            acids[position:position] = random_protein(rng, length + 1)[1:]
        elif position:
            del acids[position : position + length]
    return "".join(acids)
