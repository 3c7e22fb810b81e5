"""Genes and transcripts in memory, their introns, sequences and proteins.

Coordinates are 0-based and half-open on the forward strand; parts (exons, CDS) ascend whatever the
strand, and are disjoint. Only CDS parts of a ribosomal slippage backwards overlap, by the bases that are read
twice. The CDS includes the stop codon, as GFF3 has it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise, product

import numpy as np
from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.Data.IUPACData import protein_letters_3to1_extended

from linnaea.formats.sequences import reverse_complement as reverse_complement

Part = tuple[int, int]


@dataclass(slots=True)
class Transcript:
    """One transcript; `cds` is empty when it is non-coding, `exons` never.

    `phase` is that of the first CDS part in reading direction: 0, or the bases to skip when the 5' end is
    missing.
    """

    id: str
    seqid: str
    strand: str
    exons: list[Part]
    cds: list[Part] = field(default_factory=list)
    phase: int = 0
    type: str = "mRNA"
    source: str = "."
    score: float | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def start(self) -> int:
        return self.exons[0][0]

    @property
    def end(self) -> int:
        return self.exons[-1][1]


@dataclass(slots=True)
class Gene:
    """A gene and its transcripts (at least one), all on one strand of one sequence.

    `circle` is the length (bp) of its circular sequence where the gene lies over the origin; its coordinates
    then go on beyond this length, as in GFF3.
    """

    id: str
    seqid: str
    strand: str
    transcripts: list[Transcript]
    type: str = "gene"
    source: str = "."
    score: float | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    circle: int = 0

    @property
    def start(self) -> int:
        return min(transcript.start for transcript in self.transcripts)

    @property
    def end(self) -> int:
        return max(transcript.end for transcript in self.transcripts)


def introns(parts: Sequence[Part]) -> list[Part]:
    """The gaps between ascending parts; there is none where parts overlap (ribosomal slippage)."""
    return [(left[1], right[0]) for left, right in pairwise(parts) if left[1] < right[0]]


def is_stepwise(parts: Sequence[Part]) -> bool:
    """Whether some ascending parts overlap, and each of them begins and ends behind the one before."""
    steps = list(pairwise(parts))
    return any(right[0] < left[1] for left, right in steps) and all(
        left[0] < right[0] and left[1] < right[1] for left, right in steps
    )


def total_bp(parts: Sequence[Part]) -> int:
    """Sum of the parts' lengths, bp."""
    return sum(end - start for start, end in parts)


def overlap(one: Sequence[Part], other: Sequence[Part]) -> int:
    """Bases that two ascending lists of disjoint parts share."""
    shared = i = j = 0
    while i < len(one) and j < len(other):
        shared += max(0, min(one[i][1], other[j][1]) - max(one[i][0], other[j][0]))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return shared


def merged(parts: Sequence[Part], gap: int = 0) -> list[Part]:
    """Union of parts in any order, ascending; parts at most `gap` bp apart become one."""
    union: list[Part] = []
    for start, end in sorted(parts):
        if union and start <= union[-1][1] + gap:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def spliced(sequence: bytes, parts: Sequence[Part], strand: str, offset: int = 0) -> bytes:
    """Letters of the parts in reading direction; `sequence` begins at `offset` of its chromosome."""
    letters = b"".join(sequence[start - offset : end - offset] for start, end in parts)
    return reverse_complement(letters) if strand == "-" else letters


def unrolled(sequence: bytes, genes: Iterable[Gene]) -> bytes:
    """Letters of a sequence, continued over its origin as far as one of its genes goes (`Gene.circle`)."""
    last = max((gene.end for gene in genes if gene.circle == len(sequence)), default=0)
    return sequence + sequence[: last - len(sequence)] if last > len(sequence) else sequence


@cache
def codon_table(code: int = 1) -> dict[bytes, str]:
    """Amino acid (or `*`) of every unambiguous codon of an NCBI genetic code."""
    table = unambiguous_dna_by_id[code]
    stops = dict.fromkeys(table.stop_codons, "*")
    return {codon.encode(): letter for codon, letter in {**table.forward_table, **stops}.items()}


_DIGITS = bytes("TCAG".find(chr(letter).upper()) % 5 for letter in range(256))


@cache
def _amino_acids(code: int) -> np.ndarray:
    """Letters of the 125 codons of digits 0 to 4, the first digit weighing most."""
    table, letters = codon_table(code), (b"T", b"C", b"A", b"G", b"N")
    codons = (b"".join(codon) for codon in product(letters, repeat=3))
    return np.frombuffer("".join(table.get(codon, "X") for codon in codons).encode(), np.uint8)


@cache
def stop_codons(code: int) -> np.ndarray:
    """Whether each of the 125 codons of `codon_numbers` is a stop."""
    return _amino_acids(code) == ord("*")


def digits(letters: bytes) -> np.ndarray:
    """Letters T, C, A, G (in either case) as 0 to 3, others as 4."""
    return np.frombuffer(letters.translate(_DIGITS), np.uint8)


def codon_numbers(letters: bytes) -> np.ndarray:
    """Whole codons as 0 to 124, of three digits 0 to 4, the first weighing most."""
    found = digits(letters)[: len(letters) // 3 * 3]
    return found[::3] * 25 + found[1::3] * 5 + found[2::3]


def translate(letters: bytes, code: int = 1) -> str:
    """Protein of whole codons, stops as `*`, ambiguous codons as X; the incomplete end is dropped."""
    return _amino_acids(code)[codon_numbers(letters)].tobytes().decode()


def coding_sequence(transcript: Transcript, sequence: bytes, offset: int = 0) -> bytes:
    """Spliced CDS in reading direction, from the first whole codon, stop codon included."""
    return spliced(sequence, transcript.cds, transcript.strand, offset)[transcript.phase :]


_RECODED = re.compile(r"\(pos:(.+?),\s*aa:([A-Za-z]+)\)")
_RESIDUES = {**protein_letters_3to1_extended, "TERM": "*", "OTHER": "X"}


def recoded(transcript: Transcript) -> dict[int, str]:
    """Number (from 0) of each codon that `transl_except` (INSDC) reads otherwise, and its amino acid."""
    if "transl_except" not in transcript.attributes:
        return {}
    found = {}
    backward = transcript.strand == "-"
    for place, residue in _RECODED.findall(transcript.attributes["transl_except"]):
        numbers = [int(number) - 1 for number in re.findall(r"\d+", place)]
        first = max(numbers) if backward else min(numbers)
        if not any(start <= first < end for start, end in transcript.cds):
            continue
        if backward:
            before = total_bp(
                [(max(start, first + 1), end) for start, end in transcript.cds if end > first + 1]
            )
        else:
            before = total_bp([(start, min(end, first)) for start, end in transcript.cds if start < first])
        codon, rest = divmod(before - transcript.phase, 3)
        if not rest and codon >= 0:
            found[codon] = _RESIDUES.get(residue, "X")
    return found


def protein(transcript: Transcript, sequence: bytes, code: int = 1, offset: int = 0) -> str:
    """Protein of the whole codons of a CDS, closing stop as `*`; recoded codons (selenocysteine) as such.

    A stop codon that the transcript completes only by its poly(A) tail (aa:TERM) is read, too.
    """
    letters = translate(coding_sequence(transcript, sequence, offset), code)
    for codon, residue in sorted(recoded(transcript).items()):
        if codon <= len(letters):
            letters = letters[:codon] + residue + letters[codon + 1 :]
    return letters


def phases(cds: Sequence[Part], strand: str, first: int = 0) -> list[int]:
    """Phase of each ascending CDS part (GFF3: bases to skip to the next codon's first)."""
    found, phase = [], first
    for start, end in cds if strand != "-" else reversed(cds):
        found.append(phase)
        phase = (phase - (end - start)) % 3
    return found if strand != "-" else found[::-1]


def by_sequence(genes: Sequence[Gene]) -> Iterator[tuple[str, list[Gene]]]:
    """Genes of each sequence, sequences in order of first appearance, genes by position."""
    grouped: dict[str, list[Gene]] = {}
    for gene in genes:
        grouped.setdefault(gene.seqid, []).append(gene)
    for seqid, listed in grouped.items():
        yield seqid, sorted(listed, key=lambda gene: (gene.start, gene.end, gene.strand, gene.id))
