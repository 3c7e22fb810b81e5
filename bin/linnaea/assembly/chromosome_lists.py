"""Chromosome list and unlocalised list of an assembly, as ENA reads them.

Rules: https://ena-docs.readthedocs.io/en/latest/submit/fileprep/assembly.html and the code of webin-cli
9.0.3, which refuses `#` in names although the documentation allows it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.formats.sequences import text_lines

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# Refused anywhere in a name, in any case.
_REFUSED = ("un", "random", "rnd", "unknown", "contig", "scaffold")
# Removed from a name without a word, so that chr1 and 1 are the same.
_STRIPPED = ("chromosome", "chrom", "chrm", "chr", "linkage-group", "linkage group", "plasmid")
MAX_NAME = 32
MAX_SEQUENCE_NAME = 50


@dataclass(frozen=True)
class Chromosome:
    """A chromosome: the name of its sequence, its own name, its topology and its place in the cell."""

    sequence: str
    name: str
    topology: str = "Linear"
    location: str = ""


def name_faults(chromosomes: Sequence[Chromosome], sequences: Iterable[str]) -> list[str]:
    """What ENA would refuse in the names of chromosomes and of all sequences, with the remedy."""
    faults = []
    for one in chromosomes:
        faults += refused_name(one)
        if word := stripped_word(one.name):
            faults.append(
                f"chromosome name {one.name!r} of {one.sequence} contains {word!r}, which ENA removes; give "
                "the name without it"
            )
    for name, count in Counter(one.name.lower() for one in chromosomes).items():
        if count > 1:
            faults.append(f"{count} chromosomes are named {name!r} (ENA ignores case); rename all but one")
    for sequence in sequences:
        if len(sequence) > MAX_SEQUENCE_NAME:
            faults.append(
                f"sequence name {sequence} has {len(sequence)} characters; ENA takes {MAX_SEQUENCE_NAME}, "
                "rename it"
            )
        if odd := sorted(set(re.sub(r"[A-Za-z0-9_.:*#-]", "", sequence))):
            faults.append(f"sequence name {sequence} contains {' '.join(odd)}, which ENA changes")
    return faults


def refused_name(one: Chromosome) -> list[str]:
    """What ENA would refuse in the name of a chromosome, but for the words that it removes."""
    faults = []
    what = f"chromosome name {one.name!r} of {one.sequence}"
    if not _NAME.fullmatch(one.name):
        faults.append(f"{what}: ENA takes letters, digits and _ . - only, and a letter or digit first")
    if len(one.name) > MAX_NAME:
        faults.append(f"{what} has {len(one.name)} characters; ENA takes {MAX_NAME}")
    return faults + [
        f"{what} contains {word!r}, which ENA refuses; choose another name"
        for word in _REFUSED
        if word in one.name.lower()
    ]


def stripped_word(name: str) -> str:
    """The word that ENA removes from the name of a chromosome; "" when it has none."""
    return next((word for word in _STRIPPED if word in name.lower()), "")


def write_chromosome_list(path: str | Path, chromosomes: Iterable[Chromosome]) -> None:
    """Object name, chromosome name, type with topology and, for organelles, location; no header."""
    with complete_file(path) as handle:
        for one in chromosomes:
            row = [one.sequence, one.name, f"{one.topology}-Chromosome", *filter(None, [one.location])]
            handle.write("\t".join(row) + "\n")


def write_unlocalised_list(path: str | Path, unlocalised: Iterable[tuple[str, str]]) -> None:
    """Object name and chromosome name of each scaffold without a known place in its chromosome; no header."""
    with complete_file(path) as handle:
        handle.writelines(f"{sequence}\t{name}\n" for sequence, name in unlocalised)


def read_list(path: str | Path) -> dict[str, str]:
    """Chromosome name by sequence, from a chromosome list or an unlocalised list."""
    names: dict[str, str] = {}
    for number, line in text_lines(path):
        words = line.split()
        if words and len(words) < 2:
            raise InputError(f"{path}, line {number}: expected a sequence and the name of its chromosome")
        if words:
            names[words[0]] = words[1]
    return names


def letters(count: int) -> list[str]:
    """What tells so many chromosomes of one name apart: nothing for one, else A, B, …, Z, AA, …"""
    return [""] if count == 1 else [_letters(index) for index in range(count)]


def _letters(index: int) -> str:
    text = ""
    while index >= 0:
        text = chr(ord("A") + index % 26) + text
        index = index // 26 - 1
    return text


def natural_key(name: str) -> list[str | int]:
    """Key to sort names by the numbers in them."""
    return [int(word) if word.isdecimal() else word for word in re.split(r"(\d+)", name)]
