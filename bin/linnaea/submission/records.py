"""What is submitted of a genome beside its packages: samples, studies, experiments, runs; what is missing."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from linnaea.base.records import read_records, write_metrics
from linnaea.base.tables import write_table
from linnaea.submission.facts import PLACE, READS, WEBIN, Gap, GenomeFacts, read_facts
from linnaea.submission.parts import samples_of_table
from linnaea.submission.reads import (
    experiments,
    read_checksums,
    reads_gaps,
    write_erga_table,
    write_experiments,
    write_projects,
    write_reads_table,
    write_runs,
    write_submission,
    write_umbrella,
)
from linnaea.submission.samples import Samples, write_tsv, write_xml

PACKAGES = ("part", "name", "verdict", "sequences", "total_bp", "study", "annotated", "findings", "waits_for")


def write_records(
    *,
    genome: str,
    packages: Sequence[str],
    out: str,
    record: str,
    checksums: Sequence[str] = (),
    specimens: str = "",
) -> None:
    """Write samples, studies, experiments and runs of a genome for ENA, and the table of what is missing.

    genome: facts of the genome (JSON)
    packages: records of its packages (JSON)
    checksums: MD5 of its reads, as md5sum writes them
    specimens: table of specimens
    record: record for the report, to write (JSON)
    out: folder to write into
    """
    facts = read_facts(genome)
    parts = [found for _, found in read_records(packages, facts.id) if found["verdict"] != "absent"]
    parts.sort(key=lambda one: one["part"])
    samples = samples_of_table(specimens, facts)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    sums = {name: md5 for path in checksums for name, md5 in read_checksums(path).items()}
    made = experiments(facts, samples)
    complete = [one for one in made if one.is_complete]

    def path(name: str) -> Path:
        return folder / f"{facts.id}.{name}"

    if samples.ready:
        write_tsv(path("erc000053.tsv"), samples.ready)
        write_xml(path("samples.xml"), samples.ready, facts.asked("center") or "")
    if made:
        write_reads_table(path("reads.tsv"), facts, made, sums)
        write_erga_table(
            path("runs.tsv"), facts, made, sums, [one["part"] for one in parts if _is_second(one)]
        )
    if complete:
        write_experiments(path("experiments.xml"), facts, complete)
        write_runs(path("runs.xml"), facts, complete, sums)
    studies = list(_studies(facts, parts, bool(made)))
    if studies:
        write_projects(path("projects.xml"), facts, studies)
    known = [*filter(None, [facts.studies.get(READS)]), *(one["study"] for one in parts if one["study"])]
    if known and not studies:
        write_umbrella(path("umbrella.xml"), facts, known)
    if samples.ready or complete or studies or known:
        write_submission(path("submission.xml"), facts, facts.asked("hold_until"))
    gaps = [Gap(**gap) for one in parts for gap in one["gaps"]]
    gaps += _more_gaps(facts, samples, bool(specimens), bool(made), bool(studies))
    gaps += reads_gaps(made)
    gaps = list(dict.fromkeys(gaps))
    write_table(path("missing.tsv"), Gap._fields, gaps)
    write_table(path("packages.tsv"), PACKAGES, map(_row, parts))
    write_metrics(
        record,
        {
            "id": facts.id,
            "step": "submission",
            "packages": parts,
            "samples_ready": len(samples.ready),
            "samples_waiting": len(samples.waiting),
            "samples_registered": len(samples.registered),
            "experiments_ready": len(complete),
            "experiments_waiting": len(made) - len(complete),
            "runs_ready": sum(len(one.library.files) for one in complete),
            "gaps": [gap._asdict() for gap in gaps],
            "files": sorted(one.name for one in folder.iterdir()),
            "remarks": samples.remarks,
        },
    )


def _is_second(part: dict[str, Any]) -> bool:
    return part["part"] in ("hap2", "alternate")


def _studies(
    facts: GenomeFacts, parts: Sequence[dict[str, Any]], reads: bool
) -> Iterator[tuple[str, str, str]]:
    """Studies that have no accession yet: part, title and locus tag prefix."""
    if reads and READS not in facts.studies:
        yield READS, f"{facts.name}, {facts.id}: reads of the genome", ""
    for one in parts:
        if not one["study"]:
            part = facts.part(one["part"])
            yield part.name, part.title, part.locus_tag if one["annotated"] else ""


def _more_gaps(
    facts: GenomeFacts, samples: Samples, table: bool, reads: bool, studies: bool
) -> Iterator[Gap]:
    """What is missing beside the packages and the libraries."""
    if not table:
        yield Gap("samples", "table of specimens", "collector, biobank", "option --specimens")
    for one in samples.waiting:
        text = f"accession of the sample that {one.alias} is derived from"
        yield Gap("samples", text, f"{WEBIN} or COPO", "table of specimens: accession of the parent")
    if reads and READS not in facts.studies:
        yield Gap(READS, "accession of the study", WEBIN, f"{PLACE}: studies: {READS}")
    if reads:
        yield Gap(
            READS, "accessions of the runs, for the manifests", WEBIN, "genomes.yml: runs of each library"
        )
    if studies:
        yield Gap("umbrella", "accessions of all studies", WEBIN, f"{PLACE}: studies")


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    return (
        one["part"], one["name"], one["verdict"], one["sequences"], one["total_bp"], one["study"],
        one["annotated"], "; ".join(f"{found['class']} {found['count']}" for found in one["findings"]),
        "; ".join(gap["missing"] for gap in one["gaps"]),
    )  # fmt: skip
