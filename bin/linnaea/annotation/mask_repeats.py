"""Soft masks from the repeats of several finders."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pysam

from linnaea.annotation.prepare_assembly import read_bed, read_names
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import Part, merged, total_bp


def masked_parts(fasta: str | Path) -> Iterator[tuple[str, list[Part]]]:
    """Lower-case stretches of every sequence of a FASTA file."""
    with pysam.FastaFile(str(fasta)) as reference:
        for name in reference.references:
            yield name, [match.span() for match in re.finditer("[a-z]+", reference.fetch(name))]


def long_stretches(parts: Iterable[Part], gap: int = 20, shortest: int = 200) -> list[Part]:
    """Stretches of at least `shortest` bp after joining those at most `gap` bp apart.

    Frequent words of the genome are also found in genes: on Drosophila, masking all stretches of WindowMasker
    and DUST cost 2 points of gene F1 with hints (68.0 against 70.0 unmasked) and 11 without; masking only
    stretches of 200 bp and more, which are copies of transposons, cost none (70.3).
    """
    return [part for part in merged(list(parts), gap) if part[1] - part[0] >= shortest]


def soft_mask(
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
                covered[name] += total_bp(listed)
            low = merged(
                [part for name, listed in parts.items() if name in masking | {"given"} for part in listed]
            )
            letters = bytearray(reference.fetch(seqid).upper().encode())
            for start, end in low:
                letters[start:end] = letters[start:end].lower()
            out.write(f">{seqid}\n".encode() + bytes(letters) + b"\n")
            hidden += total_bp(low)
            everything += total_bp(merged([part for listed in parts.values() for part in listed]))
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


def mask_repeats(
    classes: Sequence[str] = (),
    /,
    *,
    id: str,
    genome: str,
    names: str,
    masker: str,
    fasta: str,
    bed: str,
    out: str,
    ignore_given: bool = False,
    mask: Sequence[str] = (),
) -> None:
    """Soft-masks an assembly by the repeats of several finders, and tells each class's share.

    classes: BED of a class, or soft-masked FASTA of it (CLASS=FILE)
    id: genome id
    genome: prepared assembly (FASTA)
    names: table of names of prepare_assembly.py (TSV)
    masker: what found the repeats, for the record
    ignore_given: the mask that the assembly came with is no repeat
    mask: classes that gene finders shall avoid
    fasta: soft-masked assembly to write
    bed: all repeats under the user's names, to write (BGZF when .gz)
    out: metrics record to write (JSON)
    """
    files = dict(item.partition("=")[::2] for item in classes)
    unknown = sorted(set(mask) - files.keys())
    if unknown:
        raise InputError(f"--mask {' '.join(unknown)}: no such class; there are {', '.join(files)}")
    record = soft_mask(genome, names, files, set(mask), fasta, bed, not ignore_given)
    write_metrics(out, {"id": id, "step": "repeat_masking", "masker": masker, **record})
