"""The package of one annotated or bare genome for ENA: flat file or FASTA, lists, manifest."""

import gc
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from linnaea.assembly.chromosome_lists import (
    Chromosome,
    write_chromosome_list,
    write_unlocalised_list,
)
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file, complete_path
from linnaea.base.text import some
from linnaea.formats.gene_models import Gene, by_sequence
from linnaea.formats.gff3 import TRANS_SPLICED, read_genes
from linnaea.formats.sequences import fasta_records
from linnaea.submission import feature_table
from linnaea.submission.checks import AssemblyCheck
from linnaea.submission.embl import write_entry, write_fasta_lines
from linnaea.submission.entries import ORGANELLES, Entry, Feature, code_in
from linnaea.submission.findings import KINDS, STOPPING, Findings
from linnaea.submission.gene_features import ACTIONS, Conversion
from linnaea.submission.lists import check_manifest, write_manifest
from linnaea.submission.location import location_of
from linnaea.submission.trans_splicing import SplicedGene, read_trans_spliced

Spliced = Mapping[str, Sequence[SplicedGene]]


@contextmanager
def complete_gzip(path: str | Path) -> Iterator[IO[Any]]:
    """Open a gzip file that appears under `path` only when the block ended without an error."""
    from isal import igzip_threaded

    with (
        complete_path(path) as partial,
        igzip_threaded.open(partial, "wb", compresslevel=1, threads=1) as handle,
    ):
        yield handle


@contextmanager
def many_objects() -> Iterator[None]:
    """Leave out the search for reference cycles: millions of small objects without cycles are made."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def annotated_entries(
    fasta: str | Path,
    genes: Iterable[Gene],
    conversion: Conversion,
    source: Sequence[tuple[str, str | None]],
    *,
    chromosomes: Mapping[str, Chromosome],
    spliced: Spliced,
    code: int = 1,
    mito_code: int | None = None,
) -> Iterator[Entry]:
    """Each sequence of a FASTA with its source, gaps and genes.

    InputError for genes on sequences that the FASTA lacks, and for genes of an organelle whose genetic code
    is not given.
    """
    placed = dict(by_sequence(list(genes)))
    for name, letters in fasta_records(fasta):
        one = chromosomes.get(name)
        location = one.location if one else ""
        here = placed.pop(name, [])
        read_by = code_in(location, code, mito_code)
        apart = spliced.get(name, ())
        if read_by is None and (apart or any(model.cds for gene in here for model in gene.transcripts)):
            raise InputError(
                f"{name} is a {location.lower()} with coding genes, and its genetic code is not given; give "
                "--mito-code (2 for vertebrates, 5 for invertebrates, 1 for land plants)"
            )
        entry = Entry(name, letters, circular=bool(one and one.topology.lower() == "circular"))
        said = list(source)
        if organelle := ORGANELLES.get(location.lower()):
            said.append(("organelle", organelle))
        entry.features.append(Feature("source", location_of([(0, len(letters))], "+"), said))
        entry.description = _description(said, one)
        conversion.add_features(entry, here, read_by or code)
        for gene in apart:
            conversion.add_trans_spliced(entry, gene, read_by or code)
        yield entry
    if placed:
        raise InputError(
            f"genes lie on {len(placed)} sequences that {fasta} lacks ({some(placed)}); give the "
            "annotated assembly"
        )


def _description(source: Sequence[tuple[str, str | None]], one: Chromosome | None) -> str:
    organism = next((value for name, value in source if name == "organism" and value), "")
    if one is None:
        return f"{organism} unplaced scaffold"
    if one.location:
        return f"{organism} {one.location.lower()}"
    return f"{organism} chromosome {one.name}"


def read_actions(words: Sequence[str]) -> dict[str, str]:
    """The actions of `--resolve class=action`, over the defaults; InputError for one that is not known."""
    chosen = {kind: actions[0] for kind, actions in ACTIONS.items()}
    for word in words:
        kind, _, action = word.partition("=")
        if action not in ACTIONS.get(kind, ())[:-1]:
            known = "; ".join(f"{name}={'|'.join(actions[:-1])}" for name, actions in ACTIONS.items())
            raise InputError(f"--resolve {word} is not known; there are {known}")
        chosen[kind] = action
    return chosen


class Refused(InputError):
    """A package that ENA would refuse or change."""


def refuse(findings: Findings) -> None:
    """Refused, with a message that lists every class of findings that ENA would refuse or repair, at once."""
    stopping = Findings()
    stopping.all = [one for one in findings.all if KINDS[one.kind].ena in STOPPING or one.kind in ACTIONS]
    if stopping.all:
        raise Refused("ENA would refuse or change this:\n  " + "\n  ".join(stopping.sentences()))


def resolution_sentences(conversion: Conversion) -> Iterator[str]:
    """A line for each class that an option or default resolved."""
    for (kind, action), names in conversion.examples.items():
        yield f"{kind}: {len(names)} × {KINDS[kind].what}: {_DONE[action]} ({some(names)})"


_DONE = {
    "partial": "marked as partial",
    "drop": "transcript left out",
    "pseudogene": "written as /pseudogene",
    "artificial": "written with /artificial_location",
    "merge": "written once",
}


def write_package(
    out: str | Path,
    name: str,
    entries: Iterable[Entry],
    conversion: Conversion,
    *,
    fields: Mapping[str, str],
    chromosomes: Sequence[Chromosome],
    unlocalised: Mapping[str, str],
    flat: bool = True,
    waiting: Collection[str] = (),
) -> Counter[str]:
    """Write `name.embl.gz` (or FASTA), lists and manifest into a folder; number of features by key.

    `waiting` are fields of the manifest that may be absent yet. Refused, and no file, when the conversion has
    findings.
    """
    folder = Path(out)
    files = {"FLATFILE" if flat else "FASTA": f"{name}.{'embl' if flat else 'fa'}.gz"}
    if chromosomes:
        files["CHROMOSOME_LIST"] = f"{name}.chromosomes.tsv.gz"
    if unlocalised:
        files["UNLOCALISED_LIST"] = f"{name}.unlocalised.tsv.gz"
    manifest = {
        **fields,
        **files,
        "MINGAPLENGTH": str(conversion.shortest_gap),
        "MOLECULETYPE": "genomic DNA",
    }
    check_manifest("manifest", manifest, conversion.findings, waiting)
    refuse(conversion.findings)
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    done = AssemblyCheck(
        conversion.findings,
        conversion.file,
        chromosomes={one.sequence: one for one in chromosomes} or None,
        unlocalised=unlocalised,
    )
    with complete_gzip(folder / next(iter(files.values()))) as handle:
        for entry in entries:
            done.check_sequence(entry)
            counts.update(feature.key for feature in entry.features)
            if flat:
                write_entry(handle, entry, fields.get("STUDY", ""))
            else:
                write_fasta_lines(handle, entry.name, entry.letters)
        done.finish()
        refuse(conversion.findings)
    if chromosomes:
        _compress(folder / files["CHROMOSOME_LIST"], write_chromosome_list, chromosomes)
    if unlocalised:
        _compress(folder / files["UNLOCALISED_LIST"], write_unlocalised_list, unlocalised.items())
    write_manifest(folder / f"{name}.manifest.txt", manifest)
    return counts


def write_ncbi(
    out: str | Path,
    name: str,
    entries: Iterable[Entry],
    conversion: Conversion,
    *,
    chromosomes: Sequence[Chromosome],
    laboratory: str,
    code: int,
    mito_code: int | None,
) -> Counter[str]:
    """Write `name.fsa` and `name.tbl` into a folder; number of features by key.

    InputError, and no file, when the conversion has findings, or a sequence is too short for NCBI.
    """
    folder = Path(out)
    refuse(conversion.findings)
    folder.mkdir(parents=True, exist_ok=True)
    listed = {one.sequence: one for one in chromosomes}
    counts: Counter[str] = Counter()
    short = []
    with (
        complete_file(folder / f"{name}.fsa", "wb") as fasta,
        complete_file(folder / f"{name}.tbl", "wb") as table,
    ):
        for entry in entries:
            if len(entry.letters) < feature_table.MIN_SEQUENCE:
                short.append(entry.name)
            counts.update(feature.key for feature in entry.features)
            one = listed.get(entry.name)
            read_by = code_in(one.location if one else "", code, mito_code) or code
            feature_table.write_sequence(fasta, entry, one, read_by)
            feature_table.write_features(table, entry, laboratory)
        refuse(conversion.findings)
        if short:
            raise InputError(
                f"{len(short)} sequences are shorter than {feature_table.MIN_SEQUENCE} bp, which NCBI "
                f"refuses ({some(short)}); remove them"
            )
    return counts


def _compress(path: Path, write: Any, rows: Any) -> None:
    """Write a list and compress it."""
    plain = path.with_suffix("")
    write(plain, rows)
    try:
        with complete_gzip(path) as handle:
            handle.write(plain.read_bytes())
    finally:
        plain.unlink()


def genes_of(path: str | Path, notes: list[str]) -> tuple[list[Gene], Spliced]:
    """Genes of a GFF3 or GTF, also those over the origin of a circle, and the trans-spliced ones."""
    said: list[str] = []
    genes = read_genes(path, said, over_origin=True)
    left_out = [note for note in said if TRANS_SPLICED in note]
    spliced = read_trans_spliced(path) if left_out else {}
    notes += [note for note in said if not spliced or note not in left_out]
    return genes, spliced
