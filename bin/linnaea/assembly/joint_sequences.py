"""The sequences of one or more haplotypes in one FASTA, for a contact map of all of them."""

import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam

from linnaea.assembly.chromosome_lists import natural_key
from linnaea.assembly.curation import haplotype_key
from linnaea.base.errors import InputError
from linnaea.base.tables import read_table, write_table
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.sequences import fasta_pieces

LINE_BP = 80


class JointSequence(NamedTuple):
    """A sequence of the map: its name there, its haplotype, its name in that haplotype's FASTA."""

    name: str
    haplotype: str
    original_name: str
    length_bp: int


def homologue_name(name: str, haplotype: str) -> str:
    """A name without its haplotype: SUPER_1 of SUPER_1_hap2, scaffold_3 of hap2_scaffold_3."""
    words = re.split(r"([_.\-])", name)
    key = haplotype_key(haplotype)
    if key.isdecimal():  # SUPER_1 is not of the haplotype 1
        return name
    parts = [k for k in range(0, len(words), 2) if haplotype_key(words[k]) == key]
    if not parts or len(words) == 1:
        return name
    first = parts[0]
    del words[max(first - 1, 0) : max(first - 1, 0) + 2]
    return "".join(words)


def joint_name(name: str, haplotype: str) -> str:
    """The name of a sequence in a map of several haplotypes: with the haplotype, unless it has it already."""
    return name if homologue_name(name, haplotype) != name else f"{name}_{haplotype}"


def map_order(sequences: Sequence[JointSequence]) -> list[JointSequence]:
    """Homologues one after another, the longest first; within them the order of the haplotypes."""
    several = len({sequence.haplotype for sequence in sequences}) > 1

    def homologue(sequence: JointSequence) -> str:
        return homologue_name(sequence.original_name, sequence.haplotype) if several else sequence.name

    longest: Counter[str] = Counter()
    for sequence in sequences:
        longest[homologue(sequence)] = max(longest[homologue(sequence)], sequence.length_bp)
    return sorted(
        sequences,
        key=lambda one: (-longest[homologue(one)], natural_key(homologue(one)), one.haplotype),
    )


def join_sequences(haplotypes: Mapping[str, str], fasta: Path, table: str | Path) -> list[JointSequence]:
    """Write the sequences of haplotypes (name -> FASTA) to one BGZF FASTA with indexes, and a table of them.

    With several haplotypes each name ends with its haplotype, unless it has it already. Memory holds one
    line of blocks at a time; the letters go through a temporary file.
    """
    entries: list[JointSequence] = []
    offsets: dict[tuple[str, str], int] = {}
    with tempfile.TemporaryFile(dir=Path(fasta).resolve().parent) as letters:
        for haplotype, path in haplotypes.items():
            for name, piece in fasta_pieces(path):
                if name is not None:
                    if (haplotype, name) in offsets:
                        raise InputError(
                            f"{path}: the name {name} occurs twice; give every sequence its own name"
                        )
                    offsets[haplotype, name] = letters.tell()
                    entries.append(JointSequence(name, haplotype, name, 0))
                letters.write(piece)
                entries[-1] = entries[-1]._replace(length_bp=entries[-1].length_bp + len(piece))
        entries = map_order(_named(entries))
        with complete_bgzf(fasta) as out:
            for entry in entries:
                letters.seek(offsets[entry.haplotype, entry.original_name])
                out.write(f">{entry.name}\n".encode())
                left = entry.length_bp
                while left:
                    block = letters.read(min(left, LINE_BP << 16))
                    left -= len(block)
                    out.write(_lines(block))
    pysam.faidx(str(fasta))
    write_table(table, JointSequence._fields, entries)
    return entries


def _named(entries: Sequence[JointSequence]) -> list[JointSequence]:
    """The sequences under their names in the map: with the haplotype where there are several."""
    if len({entry.haplotype for entry in entries}) == 1:
        return list(entries)
    named = [entry._replace(name=joint_name(entry.original_name, entry.haplotype)) for entry in entries]
    if len({entry.name for entry in named}) < len(named):
        # Names with and without the haplotype side by side, such as a and a_hap1.
        named = [entry._replace(name=f"{entry.original_name}_{entry.haplotype}") for entry in entries]
    return named


def _lines(letters: bytes) -> bytes:
    """Letters in lines of `LINE_BP`, each with its line end."""
    whole = len(letters) // LINE_BP * LINE_BP
    block = np.frombuffer(letters[:whole], np.uint8).reshape(-1, LINE_BP)
    ended = np.hstack([block, np.full((len(block), 1), ord("\n"), np.uint8)]).tobytes()
    return ended + (letters[whole:] + b"\n" if whole < len(letters) else b"")


def read_joint_sequences(table: str | Path) -> list[JointSequence]:
    """The table of `join_sequences`."""
    return [
        JointSequence(row["name"], row["haplotype"], row["original_name"], int(row["length_bp"]))
        for row in read_table(table, JointSequence._fields)
    ]
