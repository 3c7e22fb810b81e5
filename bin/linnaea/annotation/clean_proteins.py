"""Proteins fit for an aligner: short names, no stops, no odd letters, no copies."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.formats.sequences import fasta_records

# Shorter proteins (residues) are left out as evidence.
MIN_PROTEIN = 20


_ODD = re.compile(r"[^ABCDEFGHIKLMNPQRSTVWXYZ]")


# Selenocysteine and pyrrolysine, for aligners that do not know them.
_RARE = str.maketrans({"U": "C", "O": "K", "J": "L"})


def proteins(path: str | Path) -> Iterator[tuple[str, str]]:
    """Name and upper-case letters of every protein of a FASTA file."""
    for name, letters in fasta_records(path):
        yield name, letters.decode("latin-1").upper()


def clean_proteins(path: str | Path, fasta: str | Path, names: str | Path) -> dict[str, Any]:
    """Write proteins fit for an aligner under short names, and the table of names (TSV: short, own, length).

    A stop at the end is dropped, stops inside and odd letters become X, proteins of fewer than 20 residues
    and copies of an earlier one are left out; how many of each is returned with sentences for the reader.
    """
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    with complete_file(fasta) as out, complete_file(names) as table:
        for name, letters in proteins(path):
            counts["proteins"] += 1
            letters = letters.rstrip("*.").translate(_RARE).replace("-", "")
            counts["with_stops"] += "*" in letters
            cleaned = _ODD.sub("X", letters)
            counts["with_odd_letters"] += cleaned.count("X") > letters.count("X") + letters.count("*")
            if len(cleaned) < MIN_PROTEIN:
                counts["short"] += 1
            elif cleaned in seen:
                counts["copies"] += 1
            else:
                seen.add(cleaned)
                out.write(f">p{len(seen)}\n{cleaned}\n")
                table.write(f"p{len(seen)}\t{name}\t{len(cleaned)}\n")
        if not seen:
            raise InputError(
                f"{path}: no protein of {MIN_PROTEIN} residues or more in it; give a protein FASTA file"
            )
    said = {
        "with_stops": "have internal stop codons, read as X",
        "with_odd_letters": "have letters that are not amino acids, read as X",
        "short": f"have fewer than {MIN_PROTEIN} residues and are left out",
    }
    warnings = [
        f"{counts[key]} of {counts['proteins']} proteins {text}" for key, text in said.items() if counts[key]
    ]
    return {"proteins": counts["proteins"], "proteins_used": len(seen), "warnings": warnings}


def prepare_proteins(
    *,
    proteins: str,
    fasta: str,
    names: str,
    counts: str,
) -> None:
    """Proteins fit for an aligner: short names, no stops, no odd letters, no copies.

    proteins: plain or gzip (FASTA)
    fasta: cleaned proteins to write
    names: short name, own name, length: to write (TSV)
    counts: what was changed, to write (JSON)
    """
    changes = clean_proteins(proteins, fasta, names)
    with complete_file(counts) as handle:
        json.dump(changes, handle)
