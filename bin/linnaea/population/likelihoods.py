"""Genotype likelihoods of samples of low depth, from the text of `bcftools query`.

Likelihoods are Phred-scaled (PL). All of it is read as of two alleles, the reference and the first alternate,
which bcftools puts in order of support; where no alternate is seen that is <*>, any other base.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np

from linnaea.base.errors import InputError

BASES = (b"A", b"C", b"G", b"T")
TRANSITIONS = ({b"A", b"G"}, {b"C", b"T"})
OTHER_BASE = (b"<*>", b"<NON_REF>", b"<X>")


class LikelihoodSite:
    """One row of several samples: place, bases, and (m, 3) PL of the genotypes, 0 where missing."""

    __slots__ = ("alternate", "chromosome", "levels", "position", "reference")

    def __init__(
        self, chromosome: bytes, position: int, reference: bytes, alternate: bytes, levels: np.ndarray
    ):
        self.chromosome, self.position, self.reference = chromosome, position, reference
        self.alternate, self.levels = alternate, levels


def is_transition(reference: bytes, alternate: bytes) -> bool:
    """Whether two alleles are both purines or both pyrimidines; no for an alternate that is no base."""
    return {reference, alternate} in TRANSITIONS


def genotype_index(first: int, second: int) -> int:
    low, high = sorted((first, second))
    return high * (high + 1) // 2 + low


def header_samples(line: bytes, name: str) -> list[str]:
    """Samples in the header of `bcftools query -H`, in the order of the columns."""
    samples = re.findall(r"\[\d+\](\S+):PL", line.decode()) if line.startswith(b"#") else []
    if not samples:
        raise InputError(
            f"{name}: the first line names no samples with PL; write the text with bcftools query -H"
        )
    return samples


def read_sites(
    handle: Iterable[bytes],
    name: str,
    columns: np.ndarray,
    others: Collection[str] = (),
    wanted: Callable[[bytes, int], bool] | None = None,
) -> Iterator[LikelihoodSite]:
    """Sites of one reference base of `bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL]\\n'` below
    its header.

    `columns` are the samples to take; `wanted(chromosome, position)` may refuse a row before it is parsed.
    Rows with an alternate that is no base (indels) are left out.
    """
    skipped = {other.encode() for other in others}
    for number, line in enumerate(handle, 2):
        fields = line.rstrip(b"\n").split(b"\t")
        if len(fields) < 5 or not fields[1].isdigit():
            raise InputError(
                f"{name}, row {number}: expected chromosome, position, reference, alternates and PL; write "
                "the text "
                "with bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL]\\n'"
            )
        if fields[0] in skipped or fields[2] not in BASES:
            continue
        if wanted is not None and not wanted(fields[0], int(fields[1])):
            continue
        alternates = fields[3].split(b",")
        if any(allele not in BASES and allele not in OTHER_BASE for allele in alternates):
            continue
        seen = next((place for place, allele in enumerate(alternates, 1) if allele in BASES), 1)
        unseen = next((place for place, allele in enumerate(alternates, 1) if allele in OTHER_BASE), seen)
        levels = np.zeros((len(columns), 3))
        for row, column in enumerate(columns):
            levels[row] = _of_two(fields[4 + column], seen, unseen)
        yield LikelihoodSite(fields[0], int(fields[1]), fields[2], alternates[seen - 1], levels)


def _of_two(text: bytes, seen: int, unseen: int) -> tuple[int, int, int]:
    """PL of (reference, heterozygous, alternate) for the alternate at `seen`; 0 where missing.

    A sample that was joined from a gVCF without that alternate has the likelihoods of any other base, at
    `unseen`.
    """
    values = text.split(b",")
    for alternate in (seen, unseen):
        places = (0, genotype_index(0, alternate), genotype_index(alternate, alternate))
        if len(values) > places[2] and all(values[place] != b"." for place in places):
            first, second, third = (int(values[place]) for place in places)
            return first, second, third
    return 0, 0, 0
