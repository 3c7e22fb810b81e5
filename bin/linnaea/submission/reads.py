"""Experiments and runs of libraries of reads for ENA: XML for its REST service, tables for people.

https://ena-docs.readthedocs.io/en/latest/submit/reads/programmatic.html. The values are in
assets/sequencing.yml. One library is one experiment, each of its files or pairs of files a run.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from linnaea.base.errors import InputError
from linnaea.base.paths import asset
from linnaea.base.tables import write_table
from linnaea.submission.facts import READS, Gap, GenomeFacts, Library
from linnaea.submission.samples import Sample, Samples, sequenced_sample
from linnaea.submission.xml import write_tree

# Strategy and source of a library by the key that it is given under.
STRATEGIES = {
    "hifi": ("WGS", "GENOMIC"),
    "ont": ("WGS", "GENOMIC"),
    "illumina": ("WGS", "GENOMIC"),
    "hic": ("Hi-C", "GENOMIC"),
    "rnaseq": ("RNA-Seq", "TRANSCRIPTOMIC"),
    "isoseq": ("FL-cDNA", "TRANSCRIPTOMIC"),
}
SUBMITTED = ("fastq", "interleaved", "bam", "cram")  # formats of reads that ENA takes
TABLE = (
    "experiment", "study", "sample", "library", "strategy", "source", "selection", "layout", "insert_size",
    "platform", "instrument", "protocol", "run", "file", "format", "md5",
)  # fmt: skip
# Columns of the table that the ERGA-submission scripts read; `-` is no value.
ERGA_TABLE = (
    "center", "scientific_name", "tolid", "biosample_accession", "sample_tube_or_well_id", "recipe", "aim",
    "locus_tag", "alt_assembly", "alt_annotation", "instrument", "library_name", "library_selection",
    "library_strategy", "insert_size", "exp_attr", "lib_attr", "yield", "forward_file_name",
    "forward_file_md5", "reverse_file_name", "reverse_file_md5", "native_file_name", "native_file_md5",
)  # fmt: skip
_MD5 = re.compile(r"([0-9a-f]{32}) [ *](.+)")


@cache
def vocabulary() -> dict[str, Any]:
    """Instruments by platform, strategies and selections that ENA knows."""
    return yaml.safe_load(asset("sequencing.yml").read_text())


def platform_of(instrument: str) -> str:
    """The platform of an instrument; "" for one that ENA does not know."""
    return next((name for name, models in vocabulary()["platforms"].items() if instrument in models), "")


def read_checksums(path: str | Path) -> dict[str, str]:
    """MD5 by file name, as md5sum writes them."""
    sums = {}
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        match = _MD5.fullmatch(line)
        if not match:
            raise InputError(f"{path}, line {number}: not a line of md5sum; make the file again")
        sums[Path(match[2]).name] = match[1]
    return sums


@dataclass(frozen=True)
class Experiment:
    """A library with what ENA asks of it; `sample` is None as long as nobody named it."""

    library: Library
    alias: str
    title: str
    strategy: str
    source: str
    selection: str
    platform: str
    sample: Sample | None
    accession: str | None  # of a sample that is not in the table
    waits: bool  # for its sample, which waits for its parent

    @property
    def sample_name(self) -> str:
        """Accession of the sample, or its alias as long as it has none."""
        if self.sample:
            return self.sample.fields.get("accession") or self.sample.alias
        return self.accession or ""

    @property
    def is_complete(self) -> bool:
        known = bool(self.platform and self.sample_name) and self.library.format in SUBMITTED
        return known and not self.waits

    def runs(self) -> Iterator[tuple[str, list[str]]]:
        """Alias and files of each run."""
        for number, files in enumerate(self.library.files, 1):
            yield f"{self.alias}.{number}", files


def experiments(genome: GenomeFacts, samples: Samples) -> list[Experiment]:
    """The experiments of libraries that have no runs yet."""
    made = []
    for one in genome.libraries:
        if one.runs:
            continue
        strategy, source = STRATEGIES[one.type]
        wanted = one.sample or genome.asked("sample")
        sample = sequenced_sample(samples, wanted, genome.name)
        made.append(
            Experiment(
                library=one,
                alias=f"{genome.id}.{one.type}.{one.name}",
                title=f"{genome.name}, {genome.id}: {one.strategy or strategy}, library {one.name}",
                strategy=one.strategy or strategy,
                source=source,
                selection=one.selection or "unspecified",
                platform=platform_of(one.instrument or ""),
                sample=sample,
                accession=wanted if wanted and sample is None else None,
                waits=sample in samples.waiting,
            )
        )
    return made


def reads_gaps(made: Sequence[Experiment]) -> Iterator[Gap]:
    """What experiments wait for."""
    for one in made:
        part = f"{one.library.type} {one.library.name}"
        key = f"genomes.yml: {one.library.type}: {one.library.name}"
        if not one.platform:
            yield Gap(part, "instrument", "sequencing facility", f"{key}: instrument")
        if not one.sample_name:
            yield Gap(part, "sample", "who extracted DNA or RNA", f"{key}: sample")
        if one.library.format not in SUBMITTED:
            text = f"reads with qualities (they are {one.library.format})"
            yield Gap(part, text, "sequencing facility", f"{key}: reads")


def _object(parent: ElementTree.Element, tag: str, alias: str, center: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        parent, tag, {"alias": alias, **({"center_name": center} if center else {})}
    )


def _text(parent: ElementTree.Element, tag: str, text: str = "") -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag)
    element.text = text or None
    return element


def _reference(parent: ElementTree.Element, tag: str, name: str, is_accession: bool) -> None:
    ElementTree.SubElement(parent, tag, {"accession" if is_accession else "refname": name})


def study_alias(genome: GenomeFacts, part: str) -> str:
    """Alias of the study of a part, until it has an accession."""
    return f"{genome.id}.{part}"


def write_experiments(path: str | Path, genome: GenomeFacts, made: Sequence[Experiment]) -> None:
    """Write an EXPERIMENT_SET."""
    root = ElementTree.Element("EXPERIMENT_SET")
    study = genome.studies.get(READS)
    for one in made:
        library = one.library
        experiment = _object(root, "EXPERIMENT", one.alias, genome.asked("center") or "")
        _text(experiment, "TITLE", one.title)
        _reference(experiment, "STUDY_REF", study or study_alias(genome, READS), bool(study))
        design = _text(experiment, "DESIGN")
        _text(design, "DESIGN_DESCRIPTION")
        registered = bool(one.accession or (one.sample and one.sample.fields.get("accession")))
        _reference(design, "SAMPLE_DESCRIPTOR", one.sample_name, registered)
        described = _text(design, "LIBRARY_DESCRIPTOR")
        _text(described, "LIBRARY_NAME", library.name)
        _text(described, "LIBRARY_STRATEGY", one.strategy)
        _text(described, "LIBRARY_SOURCE", one.source)
        _text(described, "LIBRARY_SELECTION", one.selection)
        layout = _text(described, "LIBRARY_LAYOUT")
        size = {"NOMINAL_LENGTH": str(library.insert_size)} if library.insert_size else {}
        if library.paired:
            ElementTree.SubElement(layout, "PAIRED", size)
        else:
            ElementTree.SubElement(layout, "SINGLE")
        if library.kit:
            _text(described, "LIBRARY_CONSTRUCTION_PROTOCOL", library.kit)
        platform = _text(_text(experiment, "PLATFORM"), one.platform)
        _text(platform, "INSTRUMENT_MODEL", library.instrument or "")
    write_tree(path, root)


def write_runs(
    path: str | Path, genome: GenomeFacts, made: Sequence[Experiment], sums: Mapping[str, str]
) -> None:
    """Write a RUN_SET; InputError for a file without a checksum."""
    root = ElementTree.Element("RUN_SET")
    for one in made:
        for alias, files in one.runs():
            run = _object(root, "RUN", alias, genome.asked("center") or "")
            _reference(run, "EXPERIMENT_REF", one.alias, False)
            block = _text(_text(run, "DATA_BLOCK"), "FILES")
            for name in files:
                ElementTree.SubElement(
                    block, "FILE", filename=name, filetype=_filetype(one), checksum_method="MD5",
                    checksum=_checksum(sums, name),
                )  # fmt: skip
    write_tree(path, root)


def _filetype(one: Experiment) -> str:
    return "fastq" if one.library.format == "interleaved" else one.library.format or ""


def _checksum(sums: Mapping[str, str], name: str) -> str:
    if name not in sums:
        raise InputError(f"{name} has no checksum; give the output of md5sum on the files of its library")
    return sums[name]


def write_reads_table(
    path: str | Path, genome: GenomeFacts, made: Sequence[Experiment], sums: Mapping[str, str]
) -> None:
    """Write the experiments and runs as a table, a row per file, also those that wait for a fact."""
    study = genome.studies.get(READS) or study_alias(genome, READS)
    rows = []
    for one in made:
        library = one.library
        layout = "PAIRED" if library.paired else "SINGLE"
        for alias, files in one.runs():
            rows += [
                (one.alias, study, one.sample_name, library.name, one.strategy, one.source, one.selection,
                 layout, library.insert_size, one.platform, library.instrument, library.kit, alias, name,
                 _filetype(one), _checksum(sums, name))
                for name in files
            ]  # fmt: skip
    write_table(path, TABLE, rows)


def write_erga_table(
    path: str | Path,
    genome: GenomeFacts,
    made: Sequence[Experiment],
    sums: Mapping[str, str],
    alternate: Sequence[str],
) -> None:
    """Write the runs.tsv of the ERGA-submission scripts; `alternate` are the second haplotypes submitted.

    Yield and recipe are not read by the scripts, and are left out.
    """
    aim = "assembly"
    if any(one.source == "TRANSCRIPTOMIC" for one in made):
        aim = "assembly and annotation"
    rows = []
    for one in made:
        library = one.library
        sample = one.sample.fields if one.sample else {}
        for _, files in one.runs():
            named: dict[str, str] = {}
            if _filetype(one) == "fastq":
                for place, name in zip(("forward", "reverse"), files, strict=False):
                    named |= {f"{place}_file_name": name, f"{place}_file_md5": _checksum(sums, name)}
            else:
                named = {"native_file_name": files[0], "native_file_md5": _checksum(sums, files[0])}
            row = {
                "center": genome.asked("center"), "scientific_name": genome.name, "tolid": genome.id,
                "biosample_accession": sample.get("accession") or one.accession,
                "sample_tube_or_well_id": sample.get("alias"), "aim": aim, "locus_tag": genome.locus_tag,
                "alt_assembly": "yes" if alternate else "no", "alt_annotation": "no",
                "instrument": library.instrument, "library_name": library.name,
                "library_selection": one.selection, "library_strategy": one.strategy,
                "insert_size": library.insert_size, **named,
            }  # fmt: skip
            rows.append([row.get(column) or "-" for column in ERGA_TABLE])
    write_table(path, ERGA_TABLE, rows)


# Studies


def write_projects(path: str | Path, genome: GenomeFacts, wanted: Sequence[tuple[str, str, str]]) -> None:
    """Write a PROJECT_SET of studies (part, title, locus tag prefix or "")."""
    root = ElementTree.Element("PROJECT_SET")
    for part, title, locus_tag in wanted:
        project = _object(root, "PROJECT", study_alias(genome, part), genome.asked("center") or "")
        _text(project, "NAME", genome.id)
        _text(project, "TITLE", title)
        _text(project, "DESCRIPTION", f"{title}.")
        kind = _text(_text(project, "SUBMISSION_PROJECT"), "SEQUENCING_PROJECT")
        if locus_tag:
            _text(kind, "LOCUS_TAG_PREFIX", locus_tag)
    write_tree(path, root)


def write_umbrella(path: str | Path, genome: GenomeFacts, children: Sequence[str]) -> None:
    """Write the PROJECT_SET of an umbrella over studies, given by their accessions."""
    root = ElementTree.Element("PROJECT_SET")
    project = _object(root, "PROJECT", f"{genome.id}.umbrella", genome.asked("center") or "")
    _text(project, "NAME", genome.id)
    title = f"{genome.name}, {genome.id}: reads and genome assemblies"
    _text(project, "TITLE", title)
    _text(project, "DESCRIPTION", f"{title}.")
    umbrella = _text(project, "UMBRELLA_PROJECT")
    if genome.taxid:
        organism = _text(umbrella, "ORGANISM")
        _text(organism, "TAXON_ID", str(genome.taxid))
        _text(organism, "SCIENTIFIC_NAME", genome.name)
    related = _text(project, "RELATED_PROJECTS")
    for accession in dict.fromkeys(children):
        ElementTree.SubElement(_text(related, "RELATED_PROJECT"), "CHILD_PROJECT", accession=accession)
    write_tree(path, root)


def write_submission(path: str | Path, genome: GenomeFacts, hold_until: str | None) -> None:
    """Write the SUBMISSION that adds the other files, private until a date if one is given."""
    root = ElementTree.Element("SUBMISSION", alias=f"{genome.id}.submission")
    actions = _text(root, "ACTIONS")
    _text(_text(actions, "ACTION"), "ADD")
    if hold_until:
        ElementTree.SubElement(_text(actions, "ACTION"), "HOLD", HoldUntilDate=hold_until)
    write_tree(path, root)
