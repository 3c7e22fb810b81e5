"""How a CDS reads: its start, its stops, its frame; where stops count as ENA counts them."""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.Data.IUPACData import protein_letters_3to1_extended

from linnaea.formats.gene_models import codon_numbers, stop_codons, translate
from linnaea.submission.entries import Feature
from linnaea.submission.location import Location, LocationError, read_location

_RECODED = re.compile(r"\(pos:(.+),\s*aa:([A-Za-z]+)(?:,.*)?\)")
_RESIDUES = {**protein_letters_3to1_extended, "TERM": "*", "OTHER": "X"}
# Exceptions after which a CDS need not read as its sequence says.
_EXCEPTIONS = ("exception", "pseudo", "pseudogene")


@dataclass(frozen=True, slots=True)
class Reading:
    """Of a CDS: has it a start and a closing stop, how many stops within, bases after whole codons."""

    start: bool
    stop: bool
    internal_stops: int
    rest: int


@cache
def _starts(code: int) -> np.ndarray:
    """Whether each of the 125 codons of `codon_numbers` is a start."""
    starts = np.zeros(125, bool)
    for codon in unambiguous_dna_by_id[code].start_codons:
        starts[codon_numbers(codon.encode())[0]] = True
    return starts


def is_read(feature: Feature) -> bool:
    """Whether the protein of a CDS must be what its sequence says."""
    return not feature.has(*_EXCEPTIONS)


def read_cds(feature: Feature, sequence: bytes, code: int) -> Reading:
    """Reading of a CDS from its first whole codon (/codon_start), recoded codons (/transl_except) as such."""
    start = feature.value("codon_start")
    skipped = int(start) - 1 if start in ("2", "3") else 0
    letters = feature.location.letters(sequence)[skipped:]
    recoded = recoded_codons(feature, skipped) if feature.has("transl_except") else {}
    whole, rest = divmod(len(letters), 3)
    if rest and recoded.get(whole) == "*":
        letters, rest = letters + b"N" * (3 - rest), 0
    numbers = codon_numbers(letters)
    stops = stop_codons(code)[numbers]
    if recoded:
        stops = stops.copy()
        for codon, residue in recoded.items():
            if codon < stops.size:
                stops[codon] = residue == "*"
    count = int(np.count_nonzero(stops))
    last = bool(count and stops[-1])
    begins = bool(numbers.size and (_starts(code)[numbers[0]] or recoded.get(0) == "M"))
    return Reading(begins, last and not rest, count - (last and not rest), rest)


def protein(feature: Feature, sequence: bytes, code: int) -> str:
    """Protein of a CDS as INSDC writes it: from the start codon's M, without the closing stop."""
    start = feature.value("codon_start")
    skipped = int(start) - 1 if start in ("2", "3") else 0
    letters = feature.location.letters(sequence)[skipped:]
    residues = list(translate(letters, code))
    for codon, residue in recoded_codons(feature, skipped).items():
        if codon < len(residues):
            residues[codon] = residue
    if residues and not feature.location.missing_5 and _starts(code)[codon_numbers(letters)[0]]:
        residues[0] = "M"
    return "".join(residues).removesuffix("*")


def recoded_codons(feature: Feature, skipped: int = 0) -> dict[int, str]:
    """Number (from 0) of each codon with a /transl_except, and the amino acid (`*` for TERM)."""
    codons = {}
    for name, value in feature.qualifiers:
        match = _RECODED.fullmatch(value.replace(" ", "")) if name == "transl_except" and value else None
        if match:
            try:
                place = read_location(match[1])
            except LocationError:
                continue
            start, end, strand = place.spans[0]
            before = bases_before(feature.location, start if strand == "+" else end - 1)
            if before is not None and (before - skipped) % 3 == 0:
                codons[(before - skipped) // 3] = _RESIDUES.get(match[2], "X")
    return codons


def bases_before(location: Location, position: int) -> int | None:
    """Bases of a feature that are read before that at a position (0-based); None when it lies outside."""
    read = 0
    for start, end, strand in location.spans:
        if start <= position < end:
            return read + (position - start if strand == "+" else end - 1 - position)
        read += end - start
    return None
