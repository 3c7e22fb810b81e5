"""NCBI's five-column feature table and the FASTA beside it, for table2asn.

https://www.ncbi.nlm.nih.gov/genbank/feature_table/. table2asn makes gaps itself (-gaps-min), and the source
from the modifiers of the FASTA. The locus tag stands on the gene; mRNA and CDS of one transcript share their
protein_id and transcript_id.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any

from linnaea.assembly.chromosome_lists import Chromosome
from linnaea.submission.embl import plain_text, write_fasta_lines
from linnaea.submission.entries import Entry, Feature
from linnaea.submission.location import Location

# Qualifiers that table2asn takes under another form, or makes itself.
_OF_GENE = ("locus_tag", "gene", "gene_synonym", "old_locus_tag")
_EXCEPTIONS = {"ribosomal_slippage": "ribosomal slippage", "trans_splicing": "trans-splicing"}
MIN_SEQUENCE = 200
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def write_features(handle: IO[Any], entry: Entry, laboratory: str) -> None:
    """Write the table of an entry to a binary file; `laboratory` is the first part of the IDs gnl|…|…"""
    handle.write(f">Feature {entry.name}\n".encode())
    for feature, names in _named(entry, laboratory):
        handle.write("".join(_lines(feature, names)).encode())


def _named(entry: Entry, laboratory: str) -> Iterator[tuple[Feature, list[tuple[str, str]]]]:
    """Features but source and gaps, mRNA and CDS with their IDs; a CDS belongs to the mRNA before it."""
    isoforms: dict[str, int] = defaultdict(int)
    for feature in entry.features:
        if feature.key in ("source", "assembly_gap"):
            continue
        names = []
        tag = feature.value("locus_tag")
        if feature.key in ("mRNA", "CDS") and tag:
            if feature.key == "mRNA" or not isoforms[tag]:
                isoforms[tag] += 1
            suffix = _suffix(isoforms[tag])
            names = [
                ("protein_id", f"gnl|{laboratory}|{tag}-P{suffix}"),
                ("transcript_id", f"gnl|{laboratory}|{tag}-R{suffix}"),
            ]
        yield feature, names


def _suffix(number: int) -> str:
    text = ""
    while number:
        number, last = divmod(number - 1, len(_LETTERS))
        text = _LETTERS[last] + text
    return text


def _lines(feature: Feature, names: list[tuple[str, str]]) -> Iterator[str]:
    for number, (first, last) in enumerate(intervals(feature.location)):
        yield f"{first}\t{last}\t{feature.key}\n" if number == 0 else f"{first}\t{last}\n"
    for name, value in [*feature.qualifiers, *names]:
        if name in _OF_GENE and feature.key != "gene":
            continue
        if name in _EXCEPTIONS:
            name, value = "exception", _EXCEPTIONS[name]
        elif name == "anticodon" and value:
            value = value.partition(",seq:")[0].rstrip(")") + ")" if ",seq:" in value else value
        yield f"\t\t\t{name}\n" if value is None else f"\t\t\t{name}\t{plain_text(value)}\n"


def intervals(location: Location) -> list[tuple[str, str]]:
    """First and last position of each span as they are read, from 1; `<` and `>` where an end is missing."""
    rows = [
        [str(start + 1), str(end)] if strand == "+" else [str(end), str(start + 1)]
        for start, end, strand in location.spans
    ]
    if location.missing_5:
        rows[0][0] = f"<{rows[0][0]}"
    if location.missing_3:
        rows[-1][1] = f">{rows[-1][1]}"
    return [(first, last) for first, last in rows]


def write_sequence(handle: IO[Any], entry: Entry, chromosome: Chromosome | None, code: int) -> None:
    """Write a sequence with the modifiers that table2asn makes its source of."""
    source = next(entry.of_key("source"), None)
    said = {name: value for name, value in source.qualifiers if value} if source else {}
    modifiers: dict[str, str] = {name: said[name] for name in ("organism", "isolate", "sex") if name in said}
    organelle = said.get("organelle", "").rpartition(":")[2]
    if organelle:
        modifiers["location"] = organelle
        modifiers["mgcode" if organelle == "mitochondrion" else "gcode"] = str(code)
    else:
        modifiers["gcode"] = str(code)
        if chromosome:
            modifiers["chromosome"] = chromosome.name
            modifiers["location"] = "chromosome"
    if entry.circular:
        modifiers |= {"topology": "circular", "completeness": "complete"}
    shown = " ".join(f"[{name}={plain_text(value)}]" for name, value in modifiers.items())
    write_fasta_lines(handle, f"{entry.name} {shown}", entry.letters)
