"""Put a report together: sections, software, parameters, and one HTML file without any network."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from linnaea import __version__
from linnaea.annotation.verdict import Verdict as AnnotationVerdict
from linnaea.annotation.verdict import judge as judge_annotation
from linnaea.annotation.verdict import write_verdict_table as write_annotation_table
from linnaea.assembly.stages import STAGES
from linnaea.assembly.statistics import read_tables
from linnaea.assembly.verdict import Verdict, expected
from linnaea.assembly.verdict import judge as judge_assembly
from linnaea.assembly.verdict import write_verdict_table as write_assembly_table
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.paths import asset
from linnaea.base.records import Record, read_records, write_metrics
from linnaea.base.tables import read_table
from linnaea.base.text import bases, listing, number, percent
from linnaea.report import annotation
from linnaea.report.assembly import LONG, SECTIONS, missing_section, verdict_section
from linnaea.report.blocks import Cell, Picture, Section, Table
from linnaea.report.linked_data import Measured, dataset
from linnaea.report.material import Material
from linnaea.report.multiqc_content import write_content
from linnaea.report.submission import submission_section

ASSETS = asset("report")
IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Extras:
    """What a report shows besides metrics: files as given on the command line."""

    software: Path | None = None
    tools: Path | None = None
    images: Sequence[Path] = ()
    warnings: Path | None = None
    parameters: Path | None = None


@dataclass(frozen=True)
class Head:
    """The top of a page. `title` is set in italics when it is the scientific name of a species; `label` is
    the id or whatever else tells the run from others."""

    title: str
    label: str
    subject: str
    badges: Sequence[Mapping[str, Any]] = ()
    facts: Sequence[tuple[str, str, str]] = ()
    warnings: Sequence[str] = ()
    scientific: bool = True
    measured: Sequence[Measured] = ()


def script_json(value: Any) -> str:
    """JSON that is safe inside a script element: no '<', no line separators of JavaScript."""
    text = json.dumps(_lean(value), separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _lean(value: Any) -> Any:
    """Floats with six significant digits: more only makes the page larger."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if value == value and abs(value) != float("inf") else None
    if isinstance(value, Mapping):
        return {key: _lean(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_lean(item) for item in value]
    return value


def plotly_script() -> str:
    """The source of plotly.js from the installed plotly package, found without importing it."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise InputError(
            "the Python package plotly is not installed, but the report needs its plotly.min.js; run the "
            "set-up again"
        )
    return (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_text()


def _tool_facts(path: Path | None) -> dict[str, Record]:
    if path is None:
        return {}
    import yaml

    listed = yaml.safe_load(path.read_text()) or []
    if isinstance(listed, Mapping):
        listed = [{"name": name, **(facts or {})} for name, facts in listed.items()]
    return {str(tool["name"]).lower(): tool for tool in listed}


def software_section(versions: Path | None, tools: Path | None) -> Section | None:
    """Tools that ran (columns process, tool, version), with licence, homepage and citation."""
    if versions is None:
        return None
    used: dict[tuple[str, str], set[str]] = {}
    for row in read_table(versions, ("process", "tool", "version")):
        if not row["tool"]:
            raise InputError(f"{versions}: a row has no tool; the columns are process, tool and version")
        used.setdefault((row["tool"], row["version"]), set()).add(row["process"].split(":")[-1])
    facts = _tool_facts(tools)
    rows: list[list[Cell | str]] = []
    for (tool, version), processes in sorted(used.items(), key=lambda item: item[0][0].lower()):
        known = facts.get(tool.lower(), {})
        home = str(known.get("homepage") or "")
        rows.append(
            [
                Cell(
                    tool,
                    small=", ".join(sorted(processes)),
                    link=home if home.startswith(("https://", "http://")) else None,
                ),
                version,
                str(known.get("licence") or "–"),
                str(known.get("citation") or "–"),
            ]
        )
    if not rows:
        return None
    return Section(
        "software",
        "Software",
        "Please cite the tools that your result depends on.",
        [Table(["tool", "version", "licence", "citation"], rows, "llll", wide_last=True)],
    )


def parameters_section(path: Path | None) -> Section | None:
    """Parameters of the run, folded."""
    if path is None:
        return None
    values = json.loads(path.read_text())
    rows = [
        [key, "–" if value is None else value if isinstance(value, str) else json.dumps(value)]
        for key, value in sorted(values.items())
    ]
    return Section(
        "parameters",
        "Parameters",
        "",
        [Table(["parameter", "value"], rows, "ll", f"{len(rows)} parameters", folded=True)],
    )


def pictures(paths: Iterable[Path]) -> list[Picture]:
    """Images as data addresses. Raises InputError for a type that browsers do not show."""
    found = []
    for path in paths:
        kind = IMAGE_TYPES.get(path.suffix.lower())
        if kind is None:
            raise InputError(f"{path} is not a PNG, JPEG or SVG image; give another")
        data = base64.b64encode(path.read_bytes()).decode()
        found.append(Picture(path.stem.replace("_", " "), f"data:{kind};base64,{data}"))
    return found


def headline(material: Material, verdict: Verdict | None) -> list[tuple[str, str, str]]:
    """The figures at the top of the page: (label, value, remark)."""
    profile = material.first("genome_profile") or {}
    facts = []
    for stats in material.latest("assembly_statistics"):
        several = len(material.latest("assembly_statistics")) > 1
        facts.append(
            (
                f"assembly {stats['haplotype']}" if several else "assembly",
                bases(stats["total_bp"]),
                f"{number(stats['sequences'])} sequences, N50 {bases(stats['scaffold_n50_bp'])}",
            )
        )
    if profile.get("haploid_size_bp"):
        facts.append(
            (
                "genome estimate",
                bases(profile["haploid_size_bp"]),
                f"heterozygosity {percent(profile.get('heterozygosity_pct'), 2)}",
            )
        )
        used = {r["library"]: r for r in material.of("read_statistics")}
        for r in used.values():
            if r["type"] in LONG:
                facts.append(
                    (
                        f"{r['library']} reads",
                        f"{r['bases_bp'] / profile['haploid_size_bp']:.0f}×",
                        f"{number(r['reads'])} reads, N50 {bases(r['n50_bp'])}",
                    )
                )
    return facts[:6] + annotation.headline(material)


BADGES = {
    "pass": "meets the standard",
    "fail": "below the standard",
    "incomplete": "not fully measured",
}


def badges(verdict: Verdict | None, annotated: AnnotationVerdict | None = None) -> list[dict[str, Any]]:
    """One badge a haplotype: verdict, the code in both spellings, and a sentence; one of the annotation."""
    found = []
    for h in (verdict or {"haplotypes": []})["haplotypes"]:
        by_verdict = {
            word: [m for m in h["metrics"] if m["verdict"] == word]
            for word in ("pass", "fail", "not measured")
        }
        proxies = sum(m["proxy"] for m in by_verdict["pass"])
        parts = [
            f"{len(by_verdict['pass'])} of {len(h['metrics'])} metrics pass"
            + (f" ({proxies} by proxy)" if proxies else "")
        ]
        for word, said in (("fail", "below threshold"), ("not measured", "not measured")):
            if by_verdict[word]:
                parts.append(f"{said}: {listing(m['name'] for m in by_verdict[word])}")
        standard = f"{verdict['standard']}, target {h['target']}" if verdict else ""
        word = BADGES[h["verdict"]]
        found.append({**h, "standard": standard, "word": word, "sentence": "; ".join(parts)})
    if badge := annotation.badge(annotated):
        found.append(badge)
    return found


def subject(material: Material) -> str:
    """What the report is about."""
    if not annotation.has_annotation(material):
        only = material.of("submission") and not material.of("assembly_statistics")
        return "submission" if only else "assembly"
    return "assembly and annotation" if material.of("assembly_statistics") else "annotation"


def measured(verdict: Verdict | None, annotated: AnnotationVerdict | None) -> list[Measured]:
    """Values of both verdicts as (name, value, unit)."""
    found = [
        (f"{metric['name']}, {judged['haplotype']}", metric["value"], metric["unit"])
        for judged in (verdict or {"haplotypes": []})["haplotypes"]
        for metric in judged["metrics"]
    ]
    found += [(one["name"], one["value"], one["unit"]) for one in (annotated or {"metrics": []})["metrics"]]
    return [(name, value, unit) for name, value, unit in found if value is not None]


def render(genome: str, name: str, material: Material, verdict: Verdict | None, extras: Extras) -> str:
    """The page of a genome as a string."""
    sections = [section(material) for section in SECTIONS]
    sections.insert(0, annotation.verdict_section(material))
    if verdict:
        sections.insert(0, verdict_section(verdict))
    if extras.images:
        sections.append(Section("pictures", "Pictures", "", pictures(extras.images)))
    sections.append(submission_section(material))
    sections.append(missing_section(material, verdict))
    return page(
        Head(
            title=name,
            label=genome,
            subject=subject(material),
            badges=badges(verdict, annotation.verdict_of(material)),
            facts=headline(material, verdict),
            measured=measured(verdict, annotation.verdict_of(material)),
        ),
        sections,
        extras,
    )


def page(head: Head, sections: Iterable[Section | None], extras: Extras) -> str:
    """The whole page as a string: its head, the sections there are, software and parameters."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    chapters = [
        *sections,
        software_section(extras.software, extras.tools),
        parameters_section(extras.parameters),
    ]
    warnings = [*head.warnings, *(extras.warnings.read_text().splitlines() if extras.warnings else ())]
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["script_json"] = lambda value: Markup(script_json(value))
    return environment.get_template("report.html.j2").render(
        head=head,
        linked=dataset(
            f"{head.title} ({head.label}): {head.subject}",
            f"{head.subject[:1].upper()}{head.subject[1:]} of {head.title}: verdicts, measurements, plots.",
            head.title if head.scientific else "",
            identifier=head.label,
            measured=head.measured,
            day=date.today(),
        ),
        version=__version__,
        today=date.today().isoformat(),
        warnings=[line for line in warnings if line.strip()],
        sections=[s for s in chapters if s],
        style=Markup((ASSETS / "report.css").read_text()),
        script=Markup((ASSETS / "report.js").read_text()),
        plotly=Markup(plotly_script()),
    )


def report_genome(
    *,
    id: str,
    name: str,
    metrics: Sequence[str],
    out: str,
    tables: Sequence[str] = (),
    verdict: Path | None = None,
    haploid_number: int | None = None,
    ploidy: int | None = None,
    sex: str | None = None,
    genome_size: float | None = None,
    annotation_verdict: Path | None = None,
    multiqc: Path | None = None,
    software: Path | None = None,
    tools: Path | None = None,
    images: Sequence[Path] = (),
    warnings: Path | None = None,
    parameters: Path | None = None,
) -> None:
    """Judge one genome, and write its report: one HTML file that needs no network. Records are read once.

    id: genome id
    name: scientific name
    metrics: records (JSON)
    tables: per-sequence tables of the assembly statistics, named as their JSON (TSV)
    verdict: verdict on the assembly by the standard of the Earth BioGenome Project, to write (JSON; the same
        as a table beside it, TSV)
    haploid_number: expected chromosomes of one haplotype
    ploidy: expected ploidy
    sex: expected sex (XX, XY, ZW, ...)
    genome_size: expected haploid size (BP)
    annotation_verdict: verdict on the annotation by the warning thresholds of AnnoAudit (ERGA), to write
        (JSON; the same as a table beside it, TSV)
    multiqc: folder of custom content for MultiQC, to write; made when it is not there
    software: process, tool, version (TSV)
    tools: containers/software.yml (YAML)
    images: PNG, JPEG or SVG
    warnings: one warning per line (TXT)
    parameters: parameters of the run (JSON)
    out: report, HTML
    """
    given = read_records(metrics, id)
    records: list[Record] = [record for _, record in given]
    sequences = read_tables(tables, given)
    known = expected(haploid_number, ploidy, sex, genome_size)
    if annotation_verdict:
        genes = judge_annotation(id, records)
        write_annotation_table(annotation_verdict.with_suffix(".tsv"), genes)
        records.append(write_metrics(annotation_verdict, genes))
    judgement = None
    if verdict:
        judgement = judge_assembly(id, records, known, tables=sequences)
        write_assembly_table(verdict.with_suffix(".tsv"), judgement)
        judgement = cast(Verdict, write_metrics(verdict, judgement))
    material = Material(records, STAGES, sequences)
    extras = Extras(software, tools, images, warnings, parameters)
    page = render(id, name, material, judgement, extras)
    with complete_file(out) as handle:
        handle.write(page)
    if multiqc:
        write_content([*records, *([judgement] if judgement else [])], multiqc)
