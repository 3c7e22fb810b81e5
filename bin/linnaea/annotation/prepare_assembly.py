"""An assembly made fit for gene finders: short sequence names, plain letters, and what of it is repeat."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import Part
from linnaea.formats.sequences import fasta_pieces, is_gzip, refuse_non_nucleotides

_LOWER = b"acgtunryswkmbdhv"
# IUPAC codes of several bases, which few gene finders read, become N.
_PLAIN = bytes.maketrans(b"uryswkmbdhvURYSWKMBDHV", b"tnnnnnnnnnnTNNNNNNNNNN")
# An assembly with more lower case than this was not masked but written in lower case.
LOWER_CASE_PCT, SOFT_MASKED_PCT = 95, 0.5
LINE = 1 << 16


def prepare(path: str | Path, fasta: str | Path, names: str | Path) -> dict[str, Any]:
    """Write the assembly under short names (s1, s2, ...) and the table of names (TSV: short, own, length).

    Case is kept for the mask; when nearly everything is lower case it tells nothing, and all is made upper
    case. Returns counts for the metrics record: sequences, bases, letters of several bases, and how the case
    was read.
    """
    soft = _case(path)
    upper = soft["case"] != "soft-masked"
    total, odd, lengths = 0, 0, []
    seen: set[str] = set()
    with complete_file(fasta, "wb") as out, complete_file(names) as table:
        own, length, number = None, 0, 0
        for name, piece in fasta_pieces(path):
            if name is not None:
                if own is not None:
                    table.write(f"s{number}\t{own}\t{length}\n")
                    lengths.append(length)
                    out.write(b"\n")
                if name in seen:
                    raise InputError(f"{path}: two sequences are called {name}; rename one")
                seen.add(name)
                own, length, number = name, 0, number + 1
                out.write(f">s{number}\n".encode())
            if piece:
                refuse_non_nucleotides(piece, f"{path}: sequence {own}")
                odd += len(piece) - len(piece.translate(None, b"RYSWKMBDHVryswkmbdhv"))
                letters = piece.translate(_PLAIN)
                out.write(letters.upper() if upper else letters)
                length += len(piece)
                total += len(piece)
        table.write(f"s{number}\t{own}\t{length}\n")
        lengths.append(length)
        out.write(b"\n")
        if not total:
            raise InputError(f"{path}: its sequences are empty; give an assembly")
    return {"sequences": len(lengths), "bases_bp": total, "ambiguous_bp": odd, **soft}


def _case(path: str | Path) -> dict[str, Any]:
    lower = total = 0
    for _, piece in fasta_pieces(path):
        lower += len(piece) - len(piece.translate(None, _LOWER))
        total += len(piece)
    share = 100 * lower / total if total else 0.0
    case = "lower" if share > LOWER_CASE_PCT else "soft-masked" if share >= SOFT_MASKED_PCT else "upper"
    return {"case": case, "given_softmasked_pct": share if case == "soft-masked" else 0.0}


def read_names(path: str | Path) -> dict[str, tuple[str, int]]:
    """Own name and length (bp) of every short name."""
    table = (line.split("\t") for line in Path(path).read_text().splitlines())
    return {short: (own, int(length)) for short, own, length in table}


# Repeats


def read_bed(path: str | Path) -> dict[str, list[Part]]:
    """Intervals by sequence of a plain or gzip file; a file without any is no fault."""
    found: dict[str, list[Part]] = {}
    with gzip.open(path, "rt") if is_gzip(path) else Path(path).open() as handle:
        for line in handle:
            if line.strip() and not line.startswith(("#", "track", "browser")):
                seqid, start, end = line.split("\t")[:3]
                found.setdefault(seqid, []).append((int(start), int(end)))
    return found


def read_bed_by_short_name(path: str | Path, names: Mapping[str, tuple[str, int]]) -> dict[str, list[Part]]:
    """Intervals of a BED file under the user's names, by short name."""
    short = {own: name for name, (own, _) in names.items()}
    return {short[own]: parts for own, parts in read_bed(path).items()}


def prepare_assembly(
    *,
    id: str,
    assembly: str,
    fasta: str,
    names: str,
    out: str,
) -> None:
    """An assembly under short sequence names for the tools of the annotation, with the table of names.

    id: genome id
    assembly: plain or gzip (FASTA)
    fasta: the assembly under short names, to write
    names: short name, own name, length: to write (TSV)
    out: metrics record to write (JSON)
    """
    counts = prepare(assembly, fasta, names)
    write_metrics(out, {"id": id, "step": "assembly_preparation", **counts})
