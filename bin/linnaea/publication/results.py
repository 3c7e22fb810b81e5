"""Read results folders: their genomes and cohort, with what was measured on them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

from linnaea.assembly.stages import STAGES
from linnaea.base.errors import InputError
from linnaea.base.records import Record, read_metrics
from linnaea.base.tables import Row, read_table
from linnaea.base.text import some
from linnaea.catalogue.outputs import known_outputs
from linnaea.report.material import Material
from linnaea.run.record import read_run_record

_TITLE = re.compile(r"<title>(.*?) \(([A-Za-z0-9._-]+)\): [a-z ]+ report</title>")
# Where the title of a report stands.
_HEAD_BYTES = 4096


@dataclass(frozen=True)
class Results:
    """A results folder, of one run or several; `faults` say why it is incomplete and what cannot be read."""

    folder: Path
    label: str
    run: dict[str, Any]
    faults: list[str]

    @property
    def info(self) -> Path:
        return self.folder / "pipeline_info"


@dataclass(frozen=True)
class GenomeResult:
    """One genome of a results folder."""

    results: Results
    id: str

    @property
    def folder(self) -> Path:
        return self.results.folder / self.id

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the input told of the genome: name, taxid, sex …; {} where the run left no record."""
        return next((one for one in self.results.run.get("genomes", []) if one["id"] == self.id), {})

    @cached_property
    def name(self) -> str:
        """Scientific name, by the record of the run or the title of the report; the id where neither is."""
        return self.facts.get("name") or title_name(self.folder / "report.html") or self.id

    def record(self, name: str) -> Record | None:
        """One record below the folder of the genome; None where it is absent."""
        return next(iter(self.records(name)), None)

    def records(self, pattern: str) -> list[Record]:
        """Records whose paths fit a glob, without those from before a curation. A record that cannot be read
        is a fault of the results.
        """
        found: list[Record] = []
        for path in sorted(self.folder.glob(pattern)):
            if ".before_curation." in path.name:
                continue
            try:
                found.append(read_metrics(path))
            except (InputError, OSError) as fault:
                self.results.faults.append(
                    f"{self.id}/{path.relative_to(self.folder)} cannot be read ({fault})"
                )
        return found

    @cached_property
    def verdict(self) -> Record | None:
        return self.record(f"{self.id}.verdict.json")

    @cached_property
    def annotation_verdict(self) -> Record | None:
        return self.record(f"{self.id}.annotation_verdict.json")

    @cached_property
    def statistics(self) -> list[Record]:
        """Assembly statistics of the latest stage, one a haplotype."""
        found = Material(self.records("04_evaluation/*.assembly_statistics.json"), STAGES)
        return found.latest("assembly_statistics")

    @cached_property
    def genes(self) -> Record | None:
        return self.record(f"07_annotation_quality/{self.id}.annotation_statistics.json")

    @cached_property
    def packages(self) -> list[Row]:
        """Packages for ENA with their verdicts; none before the workflow submission has run."""
        path = self.folder / "09_submission" / f"{self.id}.packages.tsv"
        return read_table(path, ("part", "verdict")) if path.is_file() else []

    @cached_property
    def protein_busco(self) -> Record | None:
        return next(iter(self.records("07_annotation_quality/*.busco.json")), None)

    def metric(self, name: str, haplotype: str | None = None) -> Record | None:
        """A metric of the verdict on a haplotype, the first by default; None where it was not judged."""
        for judged in (self.verdict or {"haplotypes": []})["haplotypes"]:
            if haplotype in (None, judged["haplotype"]):
                return next((one for one in judged["metrics"] if one["metric"] == name), None)
        return None


@dataclass(frozen=True)
class CohortResult:
    """The populations of a results folder; `species` is "" where it is not known."""

    results: Results
    species: str

    @property
    def id(self) -> str:
        return self.results.label

    @property
    def folder(self) -> Path:
        return self.results.folder / "popgen"

    @cached_property
    def samples(self) -> list[Row]:
        return self.table("samples.tsv")

    @cached_property
    def groups(self) -> list[str]:
        """Groups in the order of the table, outgroups aside."""
        return list(dict.fromkeys(row["group"] for row in self.samples if row.get("outgroup") != "yes"))

    def table(self, name: str) -> list[Row]:
        path = self.folder / name
        return read_table(path) if path.is_file() else []

    def values(self, table: str, column: str) -> list[float]:
        """The numbers of a column of a table of statistics: autosomes, where it tells compartments apart."""
        rows = self.table(f"04_statistics/{table}.tsv")
        return [
            float(row[column])
            for row in rows
            if row.get("compartment", "autosome") == "autosome"
            and row.get(column, "NA") not in ("NA", ".", "")
        ]


def title_name(report: Path) -> str:
    """The name in the title of a report, "" where it is not there."""
    if not report.is_file():
        return ""
    with report.open("rb") as handle:
        found = _TITLE.search(handle.read(_HEAD_BYTES).decode("utf-8", "replace"))
    return unescape(found[1]) if found else ""


def _genome_folders() -> set[str]:
    """Names of the folders that a genome's results have: 01_reads …"""
    return {
        output.pattern.split("/")[1]
        for output in known_outputs()
        if output.pattern.startswith("<id>/") and output.pattern.count("/") > 1
    }


def labels(folders: Sequence[Path]) -> list[str]:
    """The shortest ends of paths, at least one name each, that tell the folders apart."""
    depth = 1
    while len({path.parts[-depth:] for path in folders}) < len(folders):
        depth += 1
    return ["/".join(path.parts[-depth:]).lstrip("/") for path in folders]


def read_results(given: Iterable[str | Path]) -> tuple[list[Results], list[str]]:
    """Results folders, and remarks on those given twice.

    Raises InputError for all that are no results folders together.
    """
    remarks: list[str] = []
    folders: list[Path] = []
    faults: list[str] = []
    for path in map(Path, given):
        resolved = path.resolve()
        if resolved in folders:
            remarks.append(f"{path} is given twice")
        elif not resolved.is_dir():
            faults.append(f"{path} does not exist" if not path.exists() else f"{path} is not a folder")
        elif not (resolved / "pipeline_info").is_dir():
            faults.append(f"{path} has no folder pipeline_info")
        else:
            folders.append(resolved)
    if faults:
        raise InputError(f"{'; '.join(faults)}; give results folders, the --outdir of runs")
    results = [_results(folder, label) for folder, label in zip(folders, labels(folders), strict=True)]
    return results, remarks


def _results(folder: Path, label: str) -> Results:
    faults = list(_incomplete(folder))
    run: dict[str, Any] = {}
    try:
        run = read_run_record(folder)
    except InputError as fault:
        faults.append(f"the record of its run cannot be read ({fault})")
    return Results(folder, label, run, faults)


def _incomplete(folder: Path) -> Iterable[str]:
    if (folder / "pipeline_info" / "failure.md").exists():
        yield "the last run into it failed (see pipeline_info/failure.md)"
    elif not (folder / "index.tsv").is_file():
        yield "its run has not ended (index.tsv is missing)"


def genomes_of(results: Iterable[Results]) -> tuple[list[GenomeResult], list[str]]:
    """All genomes, and remarks: a species with several genomes.

    Raises InputError where a genome is in several results folders.
    """
    stages = _genome_folders()
    genomes: dict[str, list[GenomeResult]] = {}
    for one in results:
        for folder in sorted(path for path in one.folder.iterdir() if path.is_dir()):
            known = (folder / f"{folder.name}.verdict.json").is_file()
            if known or (folder.name not in NOT_GENOMES and any((folder / s).is_dir() for s in stages)):
                genomes.setdefault(folder.name, []).append(GenomeResult(one, folder.name))
    if twice := {name: found for name, found in genomes.items() if len(found) > 1}:
        said = (
            f"{name} ({' and '.join(str(g.results.folder) for g in found)})" for name, found in twice.items()
        )
        raise InputError(
            f"{len(twice)} genomes are in several results folders: {some(said)}; leave the older folder out"
        )
    found = [one for (one,) in genomes.values()]
    species: dict[str, list[str]] = {}
    for genome in found:
        species.setdefault(genome.name, []).append(genome.id)
    remarks = [f"{name} has {len(ids)} genomes: {some(ids)}" for name, ids in species.items() if len(ids) > 1]
    return found, remarks


NOT_GENOMES = ("popgen", "pipeline_info", "comparative", "submission")


def cohorts_of(results: Iterable[Results]) -> list[CohortResult]:
    """The cohort of each results folder that has one."""
    return [CohortResult(one, _species(one)) for one in results if (one.folder / "popgen").is_dir()]


def _species(results: Results) -> str:
    """The species of a cohort, where the run that analysed it had one genome."""
    ids = results.run.get("of_this_run", [])
    names = {one["name"] for one in results.run.get("genomes", []) if one["id"] in ids and one.get("name")}
    return names.pop() if len(names) == 1 else ""
