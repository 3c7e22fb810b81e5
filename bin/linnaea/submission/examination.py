"""The check of a package, an EMBL flat file, or a FASTA and its genes, as files."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from linnaea.assembly.chromosome_lists import Chromosome
from linnaea.base.errors import InputError
from linnaea.formats.sequences import byte_blocks
from linnaea.submission import package
from linnaea.submission.checks import AssemblyCheck
from linnaea.submission.embl import read_entries
from linnaea.submission.entries import Entry, source_qualifiers
from linnaea.submission.findings import Findings
from linnaea.submission.gene_features import KEEP, Conversion
from linnaea.submission.lists import read_chromosome_list, read_manifest, read_unlocalised_list
from linnaea.submission.locus_tags import LocusTags

_FILE_FIELDS = ("CHROMOSOME_LIST", "UNLOCALISED_LIST", "FLATFILE", "FASTA")


def examine(
    files: Sequence[str],
    *,
    chromosomes: str = "",
    unlocalised: str = "",
    locus_tag: Sequence[str] = (),
    organism: str = "",
    code: int = 1,
    mito_code: int | None = None,
    min_gap: int = 10,
    waiting: Collection[str] = (),
) -> tuple[AssemblyCheck, list[str]]:
    """The finished check of files, as `linnaea submission check` takes them, and notes of their readers.

    `waiting` are fields of the manifest that may be absent yet.
    """
    findings = Findings()
    kinds = {path: kind_of(path) for path in files}
    for path in [path for path, kind in kinds.items() if kind == "manifest"]:
        fields = read_manifest(path, findings, waiting)
        near = {key: str(Path(path).parent / fields[key]) for key in fields if key in _FILE_FIELDS}
        chromosomes = chromosomes or near.get("CHROMOSOME_LIST", "")
        unlocalised = unlocalised or near.get("UNLOCALISED_LIST", "")
        kinds |= {near[key]: kind_of(near[key]) for key in ("FLATFILE", "FASTA") if key in near}
        if fields.get("MINGAPLENGTH", "").isdecimal():
            min_gap = int(fields["MINGAPLENGTH"])
    listed: list[Chromosome] | None = read_chromosome_list(chromosomes, findings) if chromosomes else None
    loose = read_unlocalised_list(unlocalised, listed or [], findings) if unlocalised else {}
    done = AssemblyCheck(
        findings,
        prefixes=tuple(locus_tag),
        organism=organism,
        code=code,
        mito_code=mito_code,
        chromosomes=None if listed is None else {one.sequence: one for one in listed},
        unlocalised=loose,
        shortest_gap=min_gap,
    )
    notes: list[str] = []
    with package.many_objects():
        _check_sequences(kinds, done, notes)
    done.finish()
    return done, notes


def _check_sequences(kinds: dict[str, str], done: AssemblyCheck, notes: list[str]) -> None:
    fastas = [path for path, kind in kinds.items() if kind == "fasta"]
    annotations = [path for path, kind in kinds.items() if kind == "gff3"]
    flats = [path for path, kind in kinds.items() if kind == "embl"]
    if len(annotations) > 1 or (annotations and len(fastas) != 1):
        raise InputError(f"{len(annotations)} GFF3 and {len(fastas)} FASTA files are given; give one pair")
    if not fastas and not flats:
        raise InputError("no sequences are given; give an EMBL flat file, or a FASTA and its GFF3")
    for path in flats:
        done.file = path
        for flat in read_entries(path):
            done.check(flat)
    for path in fastas:
        done.file = annotations[0] if annotations else path
        for entry in _models_as_they_are(path, annotations, done, notes):
            done.check(entry)


def _models_as_they_are(
    fasta: str, annotations: Sequence[str], done: AssemblyCheck, notes: list[str]
) -> Iterator[Entry]:
    """Entries of a FASTA and its annotation as they would be written if nothing were resolved."""
    genes, spliced = package.genes_of(annotations[0], notes) if annotations else ([], {})
    prefix = next(iter(done.prefixes), "CHECK")
    tags = LocusTags("" if any("locus_tag" in gene.attributes for gene in genes) else prefix)
    tags.reserve(genes)
    conversion = Conversion(tags, KEEP, done.file, shortest_gap=done.shortest_gap, findings=done.findings)
    source = source_qualifiers(done.organism or "unknown organism", "")
    return package.annotated_entries(
        fasta, genes, conversion, source, chromosomes=done.chromosomes or {}, spliced=spliced, code=done.code,
        mito_code=done.mito_code,
    )  # fmt: skip


def kind_of(path: str | Path) -> str:
    """What a file is by its first line: embl, fasta, gff3 or manifest."""
    start = next(byte_blocks(path, 4096, whole=False)).lstrip()
    first = start.split(b"\n")[0]
    if first.startswith(b"ID "):
        return "embl"
    if first.startswith(b">"):
        return "fasta"
    if first.startswith(b"#") or first.count(b"\t") == 8:
        return "gff3"
    word = first.split(None, 1)[0].decode("utf-8", "replace").rstrip(":") if first.split() else ""
    if (word.isupper() and b"\t" in first) or word in ("STUDY", "SAMPLE", "ASSEMBLYNAME", "NAME"):
        return "manifest"
    raise InputError(f"{path}: neither an EMBL flat file, FASTA, GFF3 nor a manifest; give one of them")
