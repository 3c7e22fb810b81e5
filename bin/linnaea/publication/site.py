"""The catalogue of a group: one static site of all species and cohorts of several results folders."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from linnaea import __version__
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.paths import asset
from linnaea.base.tables import write_table
from linnaea.base.text import bases, number, with_unit
from linnaea.publication.results import CohortResult, GenomeResult, cohorts_of, genomes_of, read_results

ASSETS = asset("publication")
TABLE = "species.tsv"
NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Column:
    """A column of the table of species or cohorts: title, key in the TSV (with its unit), unit, and value."""

    title: str
    key: str
    unit: str
    value: Callable[[Any], float | str | None]


def _statistic(key: str) -> Callable[[GenomeResult], float | None]:
    return lambda genome: genome.statistics[0][key] if genome.statistics else None


def _metric(name: str) -> Callable[[GenomeResult], float | str | None]:
    def value(genome: GenomeResult) -> float | str | None:
        metric = genome.metric(name)
        return metric["value"] if metric else None

    return value


def _gene_count(genome: GenomeResult) -> float | None:
    return (genome.genes or {}).get("protein_coding_genes")


def _protein_busco(genome: GenomeResult) -> float | None:
    return (genome.protein_busco or {}).get("complete_pct")


def _packages(genome: GenomeResult) -> str | None:
    """Packages for ENA by verdict, the worst first: 1 refused, 2 ready."""
    counts = Counter(row["verdict"] for row in genome.packages)
    listed = [f"{counts[word]} {word}" for word in ("refused", "waiting", "ready") if counts[word]]
    return ", ".join(listed) or None


SPECIES = (
    Column("size", "assembly_bp", "bp", _statistic("total_bp")),
    Column("contig N50", "contig_n50_bp", "bp", _statistic("contig_n50_bp")),
    Column("scaffold N50", "scaffold_n50_bp", "bp", _statistic("scaffold_n50_bp")),
    Column("in chromosomes", "in_chromosomes_pct", "pct", _metric("assigned_to_chromosomes")),
    Column("QV", "qv_phred", "phred", _metric("qv")),
    Column("k-mers", "kmer_completeness_pct", "pct", _metric("kmer_completeness")),
    Column("BUSCO", "busco_single_copy_pct", "pct", _metric("busco_single_copy")),
    Column("genes", "protein_coding_genes", "", _gene_count),
    Column("BUSCO, proteins", "busco_proteins_pct", "pct", _protein_busco),
    Column("packages for ENA", "ena_packages", "", _packages),
)


def _extreme(choose: Callable, table: str, column: str) -> Callable[[CohortResult], float | None]:
    return lambda cohort: choose(cohort.values(table, column), default=None)


COHORTS = (
    Column("samples", "samples", "", lambda cohort: len(cohort.samples)),
    Column("groups", "groups", "", lambda cohort: len(cohort.groups)),
    Column("callable sites", "callable_sites", "", _extreme(max, "diversity", "callable_sites")),
    Column("lowest pi", "lowest_pi_per_bp", "", _extreme(min, "diversity", "pi_per_bp")),
    Column("highest pi", "highest_pi_per_bp", "", _extreme(max, "diversity", "pi_per_bp")),
    Column("highest Fst", "highest_fst_hudson", "", _extreme(max, "divergence", "fst_hudson")),
)


@dataclass(frozen=True)
class Link:
    """A file of a run, as a page links it."""

    text: str
    target: str


@dataclass
class Entry:
    """A row of the catalogue with its page: a genome or a cohort."""

    kind: str
    id: str
    name: str
    label: str
    verdict: str
    codes: Sequence[str]
    annotation: str
    cells: Sequence[tuple[str, float | str | None]]
    page: str
    faults: Sequence[str]
    source: GenomeResult | CohortResult
    links: list[Link] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What the search box looks in."""
        return " ".join((self.name, self.id, self.label, *self.codes)).lower()


def verdict_of(genome: GenomeResult) -> str:
    """Pass where all haplotypes do, fail where one does, incomplete where a metric is missing."""
    found = {one["verdict"] for one in (genome.verdict or {"haplotypes": []})["haplotypes"]}
    return next((word for word in ("fail", "incomplete", "pass") if word in found), NOT_JUDGED)


def show(value: float | str | None, unit: str) -> str:
    """A value of the table as people read it."""
    if unit == "" and isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1 else number(value)
    return with_unit(value, unit)


def species_entry(genome: GenomeResult) -> Entry:
    judged = (genome.verdict or {"haplotypes": []})["haplotypes"]
    return Entry(
        "species",
        genome.id,
        genome.name,
        genome.results.label,
        verdict_of(genome),
        list(dict.fromkeys(one["code_sanger"] for one in judged)),
        (genome.annotation_verdict or {}).get("verdict", ""),
        [(column.unit, column.value(genome)) for column in SPECIES],
        f"species/{genome.id}.html",
        genome.results.faults,
        genome,
    )


def cohort_entry(cohort: CohortResult) -> Entry:
    return Entry(
        "cohort",
        cohort.id,
        cohort.species or cohort.id,
        cohort.results.label,
        "",
        [],
        "",
        [(column.unit, column.value(cohort)) for column in COHORTS],
        f"cohorts/{cohort.id.replace('/', '_')}.html",
        cohort.results.faults,
        cohort,
    )


# Files worth a link of their own, relative to the folder of a genome or cohort.
FILES: Mapping[str, Sequence[tuple[str, str]]] = {
    "species": (
        ("verdict on the assembly (TSV)", "{id}.verdict.tsv"),
        ("verdict on the annotation (TSV)", "{id}.annotation_verdict.tsv"),
        ("assembly", "02_assembly/*.chromosomes.fasta.gz"),
        ("chromosomes (TSV)", "02_assembly/*.chromosomes.tsv"),
        ("organelle", "02_assembly/{id}.mitochondrion.fasta.gz"),
        ("genes (GFF3)", "06_annotation/{id}.gff3"),
        ("proteins", "06_annotation/{id}.proteins.fasta"),
        ("tracks: configuration of JBrowse 2", "07_annotation_quality/tracks/config.json"),
        ("packages for ENA (TSV)", "09_submission/{id}.packages.tsv"),
        ("what is missing for ENA (TSV)", "09_submission/{id}.missing.tsv"),
        ("ERGA assembly report", "08_ear/*_EAR_Linnaea.pdf"),
    ),
    "cohort": (
        ("samples (TSV)", "samples.tsv"),
        ("variants", "03_variants/variants.bcf"),
        ("diversity (TSV)", "04_statistics/diversity.tsv"),
        ("divergence (TSV)", "04_statistics/divergence.tsv"),
        ("kinship (TSV)", "04_statistics/kinship.tsv"),
        ("F_ROH (TSV)", "04_statistics/froh.tsv"),
    ),
}
OF_RUN = (
    ("all genomes of the run (MultiQC)", "multiqc_report.html"),
    ("all files of the run (TSV)", "index.tsv"),
    ("provenance (RO-Crate)", "ro-crate-metadata.json"),
)


def link_files(entry: Entry, out: Path, copy: bool) -> None:
    """Fill in the links of an entry: to files where they lie, relative to its page."""
    page = (out / entry.page).parent
    folder, results = entry.source.folder, entry.source.results.folder

    def link(text: str, path: Path) -> None:
        entry.links.append(Link(text, quote(os.path.relpath(path, page))))

    report = folder / "report.html"
    if report.is_file():
        if copy:
            target = out / "reports" / Path(entry.page).name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(report, target)
            report = target
        link("report", report)
    for text, pattern in FILES[entry.kind]:
        paths = sorted(path for path in folder.glob(pattern.format(id=entry.id)) if path.is_file())
        for path in paths:
            link(f"{text}, {path.name}" if len(paths) > 1 else text, path)
    for text, name in OF_RUN:
        if (results / name).is_file():
            link(text, results / name)


def _prepare(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; give a folder for the catalogue")
    if out.is_dir() and any(out.iterdir()) and not (out / TABLE).is_file():
        raise InputError(f"{out} is not empty and not a catalogue; give a new folder, or that of a catalogue")
    for room in ("species", "cohorts", "reports"):
        shutil.rmtree(out / room, ignore_errors=True)
    for room in ("species", "cohorts"):
        (out / room).mkdir(parents=True)


def _write_species(path: Path, entries: Iterable[Entry]) -> None:
    titles = ("id", "species", "results", "verdict", "code", "annotation_verdict", *(c.key for c in SPECIES))
    write_table(
        path,
        titles,
        [
            (e.id, e.name, str(e.source.results.folder), e.verdict, ",".join(e.codes), e.annotation or None)
            + tuple(value for _, value in e.cells)
            for e in entries
        ],
    )


def write_site(out: Path, entries: Sequence[Entry], title: str) -> None:
    """Write index.html, a page per entry, and the table of species as TSV."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"show": show, "bases": bases, "with_unit": with_unit, "number": number}
    environment.globals |= {
        "title": title,
        "version": __version__,
        "today": date.today().isoformat(),
        "style": Markup((asset("report") / "report.css").read_text() + (ASSETS / "site.css").read_text()),
        "columns": {"species": SPECIES, "cohort": COHORTS},
    }
    pages = {kind: environment.get_template(f"{kind}.html.j2") for kind in ("species", "cohort")}
    for entry in entries:
        with complete_file(out / entry.page) as handle:
            handle.write(pages[entry.kind].render(entry=entry, source=entry.source))
    with complete_file(out / "index.html") as handle:
        handle.write(
            environment.get_template("index.html.j2").render(
                species=[e for e in entries if e.kind == "species"],
                cohorts=[e for e in entries if e.kind == "cohort"],
                script=Markup((ASSETS / "site.js").read_text()),
            )
        )
    _write_species(out / TABLE, [e for e in entries if e.kind == "species"])


def catalogue(
    results: Sequence[str],
    /,
    *,
    out: Path,
    title: str = "Genomes and populations",
    copy_reports: bool = False,
) -> None:
    """Write one searchable site of the species and cohorts of results folders; it needs no server.

    results: results folders, the --outdir of runs
    title: title of the site
    copy_reports: copy the reports into the site, so that it can be moved without the results
    out: folder of the site; its index.html opens in any browser
    """
    folders, remarks = read_results(results)
    genomes, more = genomes_of(folders)
    cohorts = cohorts_of(folders)
    if not genomes and not cohorts:
        raise InputError("no genome or cohort is in these folders; give the results of runs that have ended")
    out = out.resolve()
    _prepare(out)
    entries = [species_entry(one) for one in sorted(genomes, key=lambda one: (one.name.lower(), one.id))]
    entries += [cohort_entry(one) for one in cohorts]
    for entry in entries:
        link_files(entry, out, copy_reports)
    write_site(out, entries, title)
    for line in [*remarks, *more, *(f"{one.folder}: {fault}" for one in folders for fault in one.faults)]:
        print(f"note: {line}", file=sys.stderr)
    print(f"{len(genomes)} genomes and {len(cohorts)} cohorts: {out / 'index.html'}")


COMMAND = catalogue
