"""An assembly made fit for gene finders: short sequence names, plain letters, and what of it is repeat."""

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pysam

from linnaea.errors import InputError
from linnaea.gene_models import Part, bases, merged
from linnaea.metrics import complete_file
from linnaea.sequences import fasta_pieces, is_gzip, refuse_non_nucleotides

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


def masked_parts(fasta: str | Path) -> Iterator[tuple[str, list[Part]]]:
    """Lower-case stretches of every sequence of a FASTA file."""
    with pysam.FastaFile(str(fasta)) as reference:
        for name in reference.references:
            yield name, [match.span() for match in re.finditer("[a-z]+", reference.fetch(name))]


def read_bed(path: str | Path) -> dict[str, list[Part]]:
    """Intervals by sequence of a plain or gzip file; a file without any is no fault."""
    found: dict[str, list[Part]] = {}
    with gzip.open(path, "rt") if is_gzip(path) else Path(path).open() as handle:
        for line in handle:
            if line.strip() and not line.startswith(("#", "track", "browser")):
                seqid, start, end = line.split("\t")[:3]
                found.setdefault(seqid, []).append((int(start), int(end)))
    return found


def long_stretches(parts: Iterable[Part], gap: int = 20, shortest: int = 200) -> list[Part]:
    """Stretches of at least `shortest` bp after joining those at most `gap` bp apart.

    Frequent words of the genome are also found in genes: on Drosophila, masking all stretches of WindowMasker
    and DUST cost 2 points of gene F1 with hints (68.0 against 70.0 unmasked) and 11 without; masking only
    stretches of 200 bp and more, which are copies of transposons, cost none (70.3).
    """
    return [part for part in merged(list(parts), gap) if part[1] - part[0] >= shortest]


def read_bed_by_short_name(path: str | Path, names: Mapping[str, tuple[str, int]]) -> dict[str, list[Part]]:
    """Intervals of a BED file under the user's names, by short name."""
    short = {own: name for name, (own, _) in names.items()}
    return {short[own]: parts for own, parts in read_bed(path).items()}


def mask(
    genome: str | Path,
    names: str | Path,
    classes: Mapping[str, str | Path],
    masking: set[str],
    fasta: str | Path,
    bed: str | Path,
    use_given: bool = True,
) -> dict[str, Any]:
    """Write the genome with the stretches of the `masking` classes in lower case, and all repeats as BED.

    A class is a BED file, or a FASTA file in which it is lower case. Of `interspersed` only long stretches
    count (see `long_stretches`). What the prepared genome has in lower case is the class `given`, and is
    masked.
    """
    own = read_names(names)
    found = {
        name: read_bed(path) if str(path).endswith(".bed") else dict(masked_parts(path))
        for name, path in classes.items()
    }
    covered = dict.fromkeys([*found, "given"], 0)
    everything = hidden = total = 0
    plain = str(bed).removesuffix(".gz")
    with (
        pysam.FastaFile(str(genome)) as reference,
        complete_file(fasta, "wb") as out,
        complete_file(plain) as track,
    ):
        for seqid, given in masked_parts(genome):
            parts = {name: merged(listed.get(seqid, [])) for name, listed in found.items()}
            if "interspersed" in parts:
                parts["interspersed"] = long_stretches(parts["interspersed"])
            parts["given"] = given if use_given else []
            rows = sorted((start, end, name) for name, listed in parts.items() for start, end in listed)
            track.writelines(f"{own[seqid][0]}\t{start}\t{end}\t{name}\n" for start, end, name in rows)
            for name, listed in parts.items():
                covered[name] += bases(listed)
            low = merged(
                [part for name, listed in parts.items() if name in masking | {"given"} for part in listed]
            )
            letters = bytearray(reference.fetch(seqid).upper().encode())
            for start, end in low:
                letters[start:end] = letters[start:end].lower()
            out.write(f">{seqid}\n".encode() + bytes(letters) + b"\n")
            hidden += bases(low)
            everything += bases(merged([part for listed in parts.values() for part in listed]))
            total += len(letters)
    if str(bed).endswith(".gz"):
        pysam.tabix_compress(plain, str(bed), force=True)
        Path(plain).unlink()
    return {
        "masked_bp": hidden,
        "masked_pct": 100 * hidden / total,
        "repeats_bp": everything,
        "repeats_pct": 100 * everything / total,
        "classes": [
            {
                "class": name,
                "bp": size,
                "pct": 100 * size / total,
                "masked": name in masking or name == "given",
            }
            for name, size in covered.items()
            if name != "given" or size
        ],
    }
