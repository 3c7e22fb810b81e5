"""Chromosome list, unlocalised list and manifest of an assembly as webin-cli reads them.

Rules: https://ena-docs.readthedocs.io/en/latest/submit/fileprep/assembly.html and the code of webin-cli
9.0.3.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from linnaea.assembly.chromosome_lists import Chromosome, refused_name, stripped_word
from linnaea.base.files import complete_file
from linnaea.formats.sequences import text_lines
from linnaea.submission.findings import Findings

_TYPES = ("chromosome", "plasmid", "linkage_group", "monopartite", "segmented", "multipartite")
_TYPE = re.compile(rf"(?i)(?:(linear|circular)-)?({'|'.join(_TYPES)})")
_LOCATIONS = frozenset(
    (
        "macronuclear", "nucleomorph", "mitochondrion", "kinetoplast", "chloroplast", "chromoplast",
        "plastid", "virion", "phage", "proviral", "prophage", "viroid", "cyanelle", "apicoplast",
        "leucoplast", "proplastid", "hydrogenosome", "chromatophore",
    )
)  # fmt: skip
MANDATORY = ("STUDY", "SAMPLE", "ASSEMBLYNAME", "ASSEMBLY_TYPE", "COVERAGE", "PROGRAM", "PLATFORM")
OPTIONAL = (
    "MINGAPLENGTH", "MOLECULETYPE", "DESCRIPTION", "RUN_REF", "ANALYSIS_REF", "TPA", "AUTHORS", "ADDRESS",
    "SUBMISSION_TOOL", "SUBMISSION_TOOL_VERSION",
)  # fmt: skip
FILES = ("FASTA", "FLATFILE", "CHROMOSOME_LIST", "UNLOCALISED_LIST")
ASSEMBLY_TYPES = (
    "clone or isolate", "clone", "isolate", "primary metagenome", "binned metagenome",
    "metagenome-assembled genome (mag)", "environmental single-cell amplified genome (sag)",
    "covid-19 outbreak", "clinical isolate assembly",
)  # fmt: skip
ASSEMBLY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _#.-]{0,49}")
_FORMS = {
    "STUDY": (re.compile(r"PRJ[EDN][A-Z]\d+|[EDS]RP\d{6,}"), "an accession (PRJEB…), not an alias"),
    "COVERAGE": (re.compile(r"\d+(\.\d+)?"), "a number without a unit"),
    "MINGAPLENGTH": (re.compile(r"\d+"), "a whole number"),
    "RUN_REF": (re.compile(r"[EDS]RR\d{6,}(\s*,\s*[EDS]RR\d{6,})*"), "run accessions, separated by commas"),
    "MOLECULETYPE": (
        re.compile("genomic DNA|genomic RNA|viral cRNA"),
        "genomic DNA, genomic RNA or viral cRNA",
    ),
}
_SUFFIXES = {
    "FASTA": r".+\.(fasta|fas|fsa|fna|fa)\.(gz|bz2)",
    "FLATFILE": r".+\.(gz|bz2)",
    "CHROMOSOME_LIST": r".+\.gz",
    "UNLOCALISED_LIST": r".+\.gz",
}
MAX_TEXT = 1000


def read_chromosome_list(path: str | Path, findings: Findings) -> list[Chromosome]:
    """Chromosomes of a list, with their topology and location."""
    chromosomes: list[Chromosome] = []
    seen: dict[str, str] = {}
    for number, line in _list_lines(path, findings):
        words = line.split()
        if len(words) < 3:
            text = f"{len(words)} columns; sequence, chromosome, type and, of an organelle, location needed"
            findings.add("chromosome_list", path, f"line {number}", text, number)
            continue
        if len(words) > 4:
            findings.add("chromosome_list", path, words[0], f"{len(words)} columns; at most 4", number)
        match = _TYPE.fullmatch(words[2])
        location = words[3] if len(words) > 3 else ""
        one = Chromosome(words[0], words[1], ((match and match[1]) or "linear").capitalize(), location)
        chromosomes.append(one)
        faults = refused_name(one)
        if not match:
            faults.append(f"type {words[2]} is none of {', '.join(_TYPES)}")
        if location and location.lower() not in _LOCATIONS:
            faults.append(f"location {location} is no organelle (a nuclear chromosome has no location)")
        bare = one.name
        if word := stripped_word(one.name):
            bare = re.sub(f"(?i){re.escape(word)}", "", one.name)
            findings.add("chromosome_word", path, one.name, f"becomes {bare}", number)
        if bare.lower() in seen:
            faults.append(f"chromosome {bare} is that of {seen[bare.lower()]}, too")
        seen[bare.lower()] = one.sequence
        for fault in faults:
            findings.add("chromosome_list", path, one.sequence, fault, number)
    return chromosomes


def read_unlocalised_list(
    path: str | Path, chromosomes: list[Chromosome], findings: Findings
) -> dict[str, str]:
    """Chromosome by unlocalised sequence."""
    names = {one.name for one in chromosomes}
    sequences = {one.sequence for one in chromosomes}
    unlocalised: dict[str, str] = {}
    for number, line in _list_lines(path, findings):
        words = line.split()
        if len(words) < 2:
            findings.add(
                "chromosome_list", path, f"line {number}", "a sequence and its chromosome are needed", number
            )
            continue
        sequence, name = words[:2]
        if name not in names:
            text = f"chromosome {name} is not in the chromosome list"
            findings.add("chromosome_list", path, sequence, text, number)
        if sequence in sequences:
            findings.add("chromosome_list", path, sequence, "is in the chromosome list, too", number)
        unlocalised[sequence] = name
    return unlocalised


def _list_lines(path: str | Path, findings: Findings) -> list[tuple[int, str]]:
    lines = [(number, line) for number, line in text_lines(path) if line.strip()]
    if not lines:
        findings.add("chromosome_list", path, str(path), "the list is empty; leave it out")
    return lines


def read_manifest(path: str | Path, findings: Findings, waiting: Collection[str] = ()) -> dict[str, str]:
    """Fields of a manifest (text, not JSON); its files are not looked for. Those `waiting` may be absent."""
    fields: dict[str, str] = {}
    for number, line in text_lines(path):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 1)
        key = words[0].upper().removesuffix(":")
        key = "ASSEMBLYNAME" if key == "NAME" else key
        value = words[1].strip() if len(words) > 1 else ""
        if key not in (*MANDATORY, *OPTIONAL, *FILES):
            gone = " (removed with webin-cli 9: gaps are runs of N)" if key == "AGP" else ""
            findings.add("manifest", path, key, f"is not a field{gone}", number)
        elif key in fields:
            findings.add("manifest", path, key, "is given twice", number)
        fields[key] = value
    check_manifest(path, fields, findings, waiting)
    return fields


def check_manifest(
    path: str | Path, fields: Mapping[str, str], findings: Findings, waiting: Collection[str] = ()
) -> None:
    """Add what webin-cli or the validator would refuse in the fields of a manifest."""
    for key in MANDATORY:
        if not fields.get(key) and key not in waiting:
            findings.add("manifest", path, key, "is mandatory")
    for key, value in fields.items():
        form = _FORMS.get(key)
        if form and value and not form[0].fullmatch(value):
            findings.add("manifest", path, key, f"{value} is not {form[1]}")
        if key in _SUFFIXES and not re.fullmatch(_SUFFIXES[key], value):
            findings.add("manifest", path, key, f"{value} must be compressed and named {_SUFFIXES[key]}")
        if key in ("PROGRAM", "PLATFORM") and len(value) > MAX_TEXT:
            findings.add("manifest", path, key, f"has {len(value)} characters; {MAX_TEXT} are allowed")
    kind = fields.get("ASSEMBLY_TYPE", "")
    if kind and kind.lower() not in ASSEMBLY_TYPES:
        findings.add("manifest", path, "ASSEMBLY_TYPE", f"{kind} is not known; write clone or isolate")
    name = fields.get("ASSEMBLYNAME", "")
    if name and not ASSEMBLY_NAME.fullmatch(name):
        findings.add("assembly_name", path, name, "")
    if ("FASTA" in fields) == ("FLATFILE" in fields):
        findings.add("manifest", path, "FASTA, FLATFILE", "one of both is needed")
    if "UNLOCALISED_LIST" in fields and "CHROMOSOME_LIST" not in fields:
        findings.add("manifest", path, "UNLOCALISED_LIST", "needs a CHROMOSOME_LIST")


def write_manifest(path: str | Path, fields: Mapping[str, str]) -> None:
    """Write the fields that have a value, in the order of webin-cli's documentation."""
    with complete_file(path) as handle:
        for key in (*MANDATORY, *OPTIONAL, *FILES):
            if fields.get(key):
                handle.write(f"{key}\t{fields[key]}\n")
