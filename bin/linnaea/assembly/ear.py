"""The ERGA assembly report (EAR) of a run: its YAML, the texts that make_EAR.py 24.10.15 reads, and a PDF."""

import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from linnaea.assembly.kmer_evaluation import HaplotypeKmers
from linnaea.assembly.stages import STAGES
from linnaea.assembly.statistics import AssemblyStatistics, read_tables
from linnaea.assembly.verdict import ALTERNATE, Expected, JudgedStage, expected, judge
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import Record, read_records
from linnaea.base.tables import Row, read_table, write_table
from linnaea.base.text import listing, number
from linnaea.formats.tool_metrics import Busco

MISSING_COLUMNS = ("item", "remedy")
# Steps whose records an EAR is made of.
STEPS = ("read_statistics", "genome_profile", "assembly_statistics", "kmer_evaluation", "busco", "curation",
         "screen", "organelle_copies", "sex", "chromosome_assignment", "transcript_mapping")  # fmt: skip
# Processes whose tools make the contigs and scaffolds; tasks do not read the table of processes.
ASSEMBLING = {
    "CONTIG_PAIRS", "FLYE", "HAPLOTYPE_READS", "HIFIASM", "POLISH_CONTIGS", "RACON",
    "SCAFFOLD_CONTIGS", "WTDBG2", "YAHS",
}  # fmt: skip
PLACEHOLDER = "FILL IN"
CURATED, BEFORE = "Curated", "Pre-curation"
# make_EAR.py finds the row of a haplotype in Merqury's files for at most two.
MERQURY_HAPLOTYPES = 2
DATA = {"hifi": "HiFi", "ont": "ONT", "hic": "HiC", "illumina": "Illumina"}
TAGS = ("ERGA-BGE", "ERGA-Pilot", "ERGA-Community", "ERGA-testing")
IMAGES = ("hic_FullMap_png", "blobplot_cont_png")
# Keys of Curated that a person gives, and what they are.
OF_PERSON = {
    "hic_FullMap_png": "contact map of the whole haplotype (PNG)",
    "hic_FullMap_link": "public link to the contact map that reviewers open (.pretext, .mcool)",
    "blobplot_cont_png": "blob plot after curation (PNG)",
}
NOTES = ("Obs_Haploid_num", "Obs_Sex", "Interventions_per_Gb", "Contamination_notes", "Other_notes")
TEXT_NOTES = ("Obs_Sex", "Contamination_notes", "Other_notes")
KEYS = ("ToLID", "Species", "Sex", "Submitter", "Affiliation", "Tags", "DATA", "PROFILING", "ASSEMBLIES",
        "PIPELINES", "NOTES")  # fmt: skip
# Lines of gfastats (with --nstar-report) that make_EAR.py reads, and our keys.
GFASTATS = {
    "Total scaffold length": "total_bp",
    "GC content %": "gc_pct",
    "# gaps in scaffolds": "gaps",
    "Total gap length in scaffolds": "gap_bp",
    "# scaffolds": "sequences",
    "Scaffold N50": "scaffold_n50_bp",
    "Scaffold L50": "scaffold_l50",
    "Scaffold L90": "scaffold_l90",
    "# contigs": "contigs",
    "Contig N50": "contig_n50_bp",
    "Contig L50": "contig_l50",
    "Contig L90": "contig_l90",
}
BUSCO = {
    "S": "single_copy_pct",
    "D": "duplicated_pct",
    "F": "fragmented_pct",
    "M": "missing_pct",
}


class Missing(NamedTuple):
    """What the report lacks, and what to do about it."""

    item: str
    remedy: str


@dataclass(frozen=True)
class Column:
    """What was measured on one haplotype, before curation or after it."""

    stage: str
    haplotype: str
    stats: AssemblyStatistics
    kmers: HaplotypeKmers | None = None
    kmers_both: HaplotypeKmers | None = None
    busco: Busco | None = None
    busco_text: str | None = None


@dataclass(frozen=True)
class Ear:
    """An EAR: the mapping that becomes the YAML, and what its files and its PDF are written from."""

    id: str
    fields: dict[str, Any]
    columns: list[Column]
    profile: Record | None
    known: Expected
    verdict: JudgedStage
    taxid: int | None = None
    missing: list[Missing] = field(default_factory=list)


def placeholder(text: str) -> str:
    """The value of a field that a person has to fill in."""
    return f"{PLACEHOLDER}: {text}"


def is_missing(value: Any) -> bool:
    """Whether a field is empty or still a placeholder."""
    return value in (None, "", {}, []) or str(value).startswith(PLACEHOLDER)


def is_record(path: str) -> bool:
    """Whether a JSON has the keys of a record; reports of tools, such as fastp's, have not."""
    try:
        given = json.loads(Path(path).read_text())
    except ValueError:
        return True  # a damaged record, which its reader names
    return isinstance(given, dict) and {"id", "step"} <= given.keys()


def unique_records(given: Iterable[tuple[Path, Record]]) -> list[Record]:
    """The records that an EAR is made of, from one or more runs, each step, stage and haplotype once.

    Raises InputError for two records of the same place with different values: runs cannot be told apart.
    """
    kept: dict[tuple[Any, ...], tuple[Path, Record]] = {}
    for path, record in given:
        if record["step"] not in STEPS:
            continue
        keys = ("step", "stage", "haplotype", "library", "type", "lineage")
        place = tuple(record.get(key) for key in keys)
        first, known = kept.setdefault(place, (path, record))
        if known != record:
            where = " ".join(str(part) for part in place[1:] if part)
            raise InputError(
                f"{first} and {path} are different records of {record['step']}"
                f"{f' ({where})' if where else ''}; give the files of one run for each stage"
            )
    return [record for _, record in kept.values()]


def ear_haplotypes(names: Sequence[str]) -> dict[str, str]:
    """The EAR's names of our haplotypes: a primary is `pri` beside an alternate, else `collapsed`.

    Alternates have no place in an EAR and are left out.
    """
    primary = "pri" if ALTERNATE & set(names) else "collapsed"
    return {
        name: primary if name == "primary" else name
        for name in sorted(set(names))
        if name not in ALTERNATE or len(set(names)) == 1
    }


def _summaries(paths: Iterable[str]) -> list[tuple[tuple[str, ...], str]]:
    """BUSCO's short summaries (text) with the numbers by which they are recognised."""
    found = []
    for path in paths:
        text = Path(path).read_text(errors="replace")
        shares = busco_shares(text)
        if not shares or "lineage dataset is:" not in text:
            raise InputError(f"{path} is not BUSCO's short summary; give its short_summary.*.txt")
        lineage = text.split("lineage dataset is:")[1].split()[0]
        found.append(((lineage, *(f"{shares[key]:.1f}" for key in BUSCO)), text))
    return found


def busco_shares(text: str) -> dict[str, float]:
    """Percentages S, D, F and M of the line `C:..%[S:..%,D:..%],F:..%,M:..%,n:..` of a short summary."""
    line = re.search(r"C:\d.*n:\d+", text)
    return (
        {key: float(value) for key, value in re.findall(r"([SDFM]):(\d+(?:\.\d+)?)%", line[0])}
        if line
        else {}
    )


def _columns(
    label: str, stage: str, records: Sequence[Record], summaries: Sequence[tuple[tuple[str, ...], str]]
) -> list[Column]:
    def at(step: str, haplotype: str | None = None) -> list[Record]:
        return [
            record
            for record in records
            if record["step"] == step
            and record.get("stage") == stage
            and haplotype in (None, record.get("haplotype"))
        ]

    stats = {record["haplotype"]: record for record in at("assembly_statistics")}
    evaluation = next(iter(at("kmer_evaluation")), {})
    kmers = {entry["haplotype"]: entry for entry in evaluation.get("haplotypes", ())}
    found = []
    for haplotype, name in ear_haplotypes(list(stats)).items():
        busco = max(at("busco", haplotype), key=lambda record: record["markers"], default=None)
        key = busco and (busco["lineage"], *(f"{busco[our]:.1f}" for our in BUSCO.values()))
        own = kmers.get(haplotype) or {}
        found.append(
            Column(
                label,
                name,
                cast(AssemblyStatistics, stats[haplotype]),
                cast(HaplotypeKmers, own) if own.get("qv_phred") is not None else None,
                kmers.get("both"),
                cast(Busco, busco),
                next((text for numbers, text in summaries if numbers == key), None),
            )
        )
    return found


def read_facts(path: str | None) -> dict[str, Any]:
    """A person's fields: a YAML with keys of make_EAR.py, such as a filled-in EAR of an earlier run.

    Placeholders and files of measurements are left out. Raises InputError for unknown keys, all at once.
    """
    if path is None:
        return {}
    try:
        facts = yaml.safe_load(Path(path).read_text()) or {}
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(facts, dict):
        raise InputError(f"{path} is not a mapping; give keys of the EAR, such as `Submitter: name`")
    if faults := list(_faults(facts, Path(path).parent)):
        raise InputError(f"{path}: {'; '.join(faults)}")
    return _plain_text(facts)


def _faults(facts: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """What is wrong in a person's fields; images are relative to `folder`."""
    shapes = {"DATA": list, "PROFILING": dict, "ASSEMBLIES": dict, "PIPELINES": dict, "NOTES": dict}
    for key, value in facts.items():
        if key not in KEYS:
            yield f"unknown key {key}"
        elif not is_missing(value) and not isinstance(value, shapes.get(key, str)):
            kind = "lines as in the EAR" if key in shapes else "a text"
            yield f"{key} is {value}, and has to be {kind}"
    tag = facts.get("Tags")
    if not is_missing(tag) and tag not in TAGS:
        yield f"Tags is {tag}, and has to be one of {', '.join(TAGS)}"
    for entry in _part(facts, "DATA", list):
        if not isinstance(entry, dict):
            yield f"DATA: {entry} has to be `- name: coverage`, such as `- HiFi: 40x`"
    for part, tools in _part(facts, "PIPELINES", dict).items():
        if part not in ("Assembly", "Curation"):
            yield f"unknown key PIPELINES: {part}"
        elif not is_missing(tools) and not isinstance(tools, dict):
            yield f"PIPELINES: {part} has to have one line `tool: version/parameter` a tool"
    for key, value in _part(facts, "NOTES", dict).items():
        if key not in NOTES:
            yield f"unknown key NOTES: {key}"
        elif key == "Obs_Haploid_num" and not is_missing(value) and not isinstance(value, int):
            yield f"NOTES: {key} is {value}, and has to be a whole number"
        elif key in TEXT_NOTES and not is_missing(value) and not isinstance(value, str):
            yield f"NOTES: {key} is {value}, and has to be a text; put it in quotes"
    for haplotype, given in curated_images(facts).items():
        for key in IMAGES:
            image = given.get(key)
            if not is_missing(image) and not (folder / str(image)).is_file():
                yield f"{CURATED}: {haplotype}: {key}: there is no file {image}"


def _part(facts: Mapping[str, Any], key: str, shape: type) -> Any:
    value = facts.get(key)
    return value if isinstance(value, shape) else shape()


def curated_images(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A person's entries of the curated haplotypes."""
    curated = _part(_part(facts, "ASSEMBLIES", dict), CURATED, dict)
    return {haplotype: _part(curated, haplotype, dict) for haplotype in curated}


def _plain_text(value: Any) -> Any:
    """Undo `_markup`, so that a YAML that we wrote can be given as facts."""
    if isinstance(value, dict):
        return {key: _plain_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_text(item) for item in value]
    return html.unescape(value) if isinstance(value, str) else value


def _coverage(records: Sequence[Record], size_bp: float | None) -> list[dict[str, str | None]]:
    """Coverage of the haploid genome by each kind of reads, filtered where they were filtered."""
    reads: dict[tuple[str, str], Record] = {}
    for record in records:
        if record["step"] == "read_statistics" and record["type"] in DATA:
            place = (record["type"], record["library"])
            if record["stage"] == "filtered" or place not in reads:
                reads[place] = record
    bases = {
        kind: sum(record["bases_bp"] for (type_, _), record in reads.items() if type_ == kind)
        for kind in DATA
    }
    return [
        {DATA[kind]: f"{total / size_bp:.0f}x" if size_bp else None} for kind, total in bases.items() if total
    ]


def _assembly_tools(software: Iterable[Row]) -> dict[str, str]:
    """Tools and versions of the processes that assemble and scaffold, from `software.tsv` of a run."""
    return {row["tool"]: row["version"].replace("/", "-") for row in software if row["process"] in ASSEMBLING}


def _contamination(records: Iterable[Record]) -> str | None:
    """What was removed as contamination or organelle, in words; None where no record says so."""
    parts = [
        f"{'contamination' if record['step'] == 'screen' else 'copies of the organelle'}, "
        f"{record['haplotype']}: {number(record['removed_bp'])} bp removed, "
        f"{number(record['masked_bp'])} bp masked"
        for record in records
        if record["step"] in ("screen", "organelle_copies")
    ]
    return "; ".join(parts) or None


def _observed_number(records: Iterable[Record], haplotypes: int) -> int | str:
    """Chromosomes of one haplotype, where all curated haplotypes have the same number."""
    records = list(records)
    named = {
        record["chromosomes"]
        for record in records
        if record["step"] == "chromosome_assignment"
        and record.get("stage") == "curated"
        and record.get("rule") == "names"
    }
    if len(named) == 1:
        return next(iter(named))
    curations = [record for record in records if record["step"] == "curation" and record["chromosomes"]]
    total = sum(record["chromosomes"] for record in curations)
    if curations and haplotypes == 1:
        return total
    told = f", the curation named {total} in all haplotypes" if curations else ""
    return placeholder(f"chromosomes of one haplotype that were seen (make_EAR.py stops without it){told}")


def _fields(
    id: str,
    name: str,
    known: Expected,
    records: Sequence[Record],
    columns: Sequence[Column],
    software: Iterable[Row],
) -> dict[str, Any]:
    """What a run knows of the fields of the YAML, without files; placeholders for the rest."""
    profile: Record = next((record for record in records if record["step"] == "genome_profile"), {})
    sex = next((record.get("sex") for record in records if record["step"] == "sex"), None)
    curations = [record for record in records if record["step"] == "curation" and record["bases_in_bp"]]
    curated_bp = sum(record["bases_in_bp"] for record in curations)
    interventions = sum(record["interventions_per_gb"] * record["bases_in_bp"] for record in curations)
    per_gb = interventions / curated_bp if curations else None
    curated = [column for column in columns if column.stage == CURATED]
    bounds = [
        f"{column.stage} {column.haplotype}"
        for column in columns
        if column.kmers and column.kmers["qv_is_lower_bound"]
    ]
    return {
        "ToLID": id,
        "Species": name,
        "Sex": known.sex or placeholder("sex of the sample (XX, XY, X0, ZZ, ZW, unknown, NA)"),
        "Submitter": placeholder("name of the submitter"),
        "Affiliation": placeholder("institute of the submitter"),
        "Tags": placeholder(f"project, one of {', '.join(TAGS)}"),
        "DATA": _coverage(records, profile.get("haploid_size_bp") or known.genome_size_bp),
        "PIPELINES": {
            "Assembly": _assembly_tools(software) or placeholder("Tool: version/parameter, one line a tool"),
            "Curation": placeholder("Tool: version/parameter, one line a tool"),
        },
        "NOTES": {
            "Obs_Haploid_num": _observed_number(records, len(curated)),
            "Obs_Sex": sex or placeholder("sex by the sex chromosomes of the assembly"),
            "Interventions_per_Gb": placeholder("breaks, joins and removed haplotigs per Gb")
            if per_gb is None
            else round(per_gb),
            "Contamination_notes": _contamination(records)
            or placeholder("what was removed as contamination, organelles and symbionts"),
            "Other_notes": f"QV is a lower bound for {listing(bounds)}: all k-mers are in the reads"
            if bounds
            else "NA",
        },
    }


def _merge(fields: dict[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with what a person gave in their place, a list of tools as a whole; measured coverages stay."""
    merged = dict(fields)
    for key, value in facts.items():
        if key in ("PROFILING", "ASSEMBLIES") or is_missing(value) or (key, value) == ("Other_notes", "NA"):
            continue
        own = merged.get(key)
        if key == "DATA":
            names = {one: coverage for entry in (own or ()) for one, coverage in entry.items()}
            for one, coverage in ((one, coverage) for entry in value for one, coverage in entry.items()):
                names[one] = names.get(one) or coverage
            merged[key] = [{one: coverage} for one, coverage in names.items()]
        elif key in ("NOTES", "PIPELINES"):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _missing_fields(fields: Mapping[str, Any], above: str = "") -> Iterator[Missing]:
    for key, value in fields.items():
        if isinstance(value, dict):
            yield from _missing_fields(value, f"{above}{key}: ")
        elif isinstance(value, str) and value.startswith(PLACEHOLDER):
            yield Missing(f"{above}{key}", value.removeprefix(f"{PLACEHOLDER}: "))


def _missing_records(columns: Sequence[Column], profile: Record | None) -> Iterator[Missing]:
    """Measurements that make_EAR.py needs and the records lack."""
    if not profile:
        yield Missing("genome profile", "record of GENOME_PROFILE; make_EAR.py stops without it")
    names = {stage: {c.haplotype for c in columns if c.stage == stage} for stage in (BEFORE, CURATED)}
    for stage, other in ((BEFORE, CURATED), (CURATED, BEFORE)):
        for haplotype in sorted(names[other] - names[stage]):
            yield Missing(
                f"{stage} {haplotype}: assembly statistics",
                "records of the run "
                + ("before curation" if stage == BEFORE else "that starts from the curated assembly")
                + "; make_EAR.py stops without them",
            )
    for column in columns:
        place = f"{column.stage} {column.haplotype}"
        if not column.kmers:
            yield Missing(
                f"{place}: QV and k-mer completeness", "record of KMER_EVALUATION (HiFi or Illumina)"
            )
        if not column.busco:
            yield Missing(f"{place}: BUSCO", "record of BUSCO (--busco_lineage)")
        elif not column.busco_text:
            yield Missing(
                f"{place}: BUSCO version and lineage", "its short_summary.*.txt by --short-summaries"
            )
    for stage in (BEFORE, CURATED):
        here = [column for column in columns if column.stage == stage]
        if len(here) > MERQURY_HAPLOTYPES:
            yield Missing(
                f"{stage}: Merqury's files",
                f"none: make_EAR.py reads at most two haplotypes, there are {len(here)}; the PDF has them",
            )
        elif len(here) == MERQURY_HAPLOTYPES and here[0].kmers and not here[0].kmers_both:
            yield Missing(f"{stage}: k-mers of both haplotypes", "record of KMER_EVALUATION of both together")


def compose(
    id: str,
    name: str,
    records: Sequence[Record],
    known: Expected,
    facts: Mapping[str, Any],
    summaries: Sequence[tuple[tuple[str, ...], str]] = (),
    software: Iterable[Row] = (),
    tables: Mapping[tuple[str, str], Sequence[Row]] | None = None,
    taxid: int | None = None,
) -> Ear:
    """The EAR of one genome from the records of its runs.

    The curated assembly is that of stage `curated`, the one before curation that of the latest other stage.
    Raises InputError without assembly statistics.
    """
    stages = sorted({r["stage"] for r in records if r["step"] == "assembly_statistics"}, key=STAGES.index)
    judged = judge(id, records, known, tables=tables)
    columns: list[Column] = []
    before = [stage for stage in stages if stage != "curated"]
    for label, chosen in ((BEFORE, before[-1:]), (CURATED, ["curated"] if "curated" in stages else [])):
        for stage in chosen:
            columns += _columns(label, stage, records, summaries)
    profile = next((record for record in records if record["step"] == "genome_profile"), None)
    fields = _merge(_fields(id, name, known, records, columns, software), facts)
    curated = curated_images(facts)
    known_names = [column.haplotype for column in columns if column.stage == CURATED]
    if unknown := curated.keys() - set(known_names):
        raise InputError(
            f"{id}: --facts has {listing(sorted(unknown))} under {CURATED}; the curated haplotypes of the "
            f"records are {listing(known_names) or 'none'}"
        )
    if (tolid := facts.get("ToLID", id)) != id:
        raise InputError(f"{id}: --facts is of {tolid}; give the fields of {id}")
    images: dict[str, dict[str, str]] = {}
    for column in columns:
        if column.stage == CURATED:
            given = curated.get(column.haplotype, {})
            images[column.haplotype] = {
                key: placeholder(text) if is_missing(given.get(key)) else given[key]
                for key, text in OF_PERSON.items()
            }
    missing = [
        *_missing_fields(fields),
        *_missing_fields({CURATED: images}),
        *_missing_records(columns, profile),
    ]
    return Ear(id, fields | {"IMAGES": images}, columns, profile, known, judged, taxid, missing)


def gfastats_text(stats: Mapping[str, Any]) -> str:
    """The lines of gfastats that make_EAR.py reads."""
    return "".join(f"{name}: {stats[key]}\n" for name, key in GFASTATS.items())


def qv_text(columns: Sequence[Column]) -> str:
    """Merqury's .qv: name, k-mers of the assembly alone, all k-mers, QV, error rate; two haplotypes, Both."""
    return "".join(
        f"{name}\t{kmers['assembly_only_kmers']}\t{kmers['assembly_kmers']}\t{kmers['qv_phred']:.4f}\t"
        f"{kmers['error_rate']:.6g}\n"
        for name, kmers in _kmer_rows(columns, "Both")
    )


def completeness_text(columns: Sequence[Column]) -> str:
    """Merqury's .completeness.stats: name, set, k-mers found, solid k-mers of the reads, percentage."""
    return "".join(
        f"{name}\tall\t{kmers['solid_found_kmers']}\t{kmers['solid_read_kmers']}\t"
        f"{kmers['completeness_pct']:.4f}\n"
        for name, kmers in _kmer_rows(columns, "both")
    )


def _kmer_rows(columns: Sequence[Column], both: str) -> Iterator[tuple[str, HaplotypeKmers]]:
    for column in columns:
        if column.kmers:
            yield column.haplotype, column.kmers
    if len(columns) == MERQURY_HAPLOTYPES and columns[0].kmers_both:
        yield both, columns[0].kmers_both


def has_merqury(columns: Sequence[Column]) -> bool:
    """Whether make_EAR.py finds the row of each haplotype of a stage in files of Merqury."""
    complete = bool(columns) and all(column.kmers for column in columns)
    return complete and (len(columns) == 1 or (len(columns) == 2 and bool(columns[0].kmers_both)))


def busco_text(busco: Busco) -> str:
    """A short summary with what a record knows: version, lineage and shares."""
    version = f"# BUSCO version is: {busco['version']}\n" if busco.get("version") else ""
    return (
        f"{version}# The lineage dataset is: {busco['lineage']}\n"
        f"C:{busco['complete_pct']:.1f}%[S:{busco['single_copy_pct']:.1f}%,D:{busco['duplicated_pct']:.1f}%],"
        f"F:{busco['fragmented_pct']:.1f}%,"
        f"M:{busco['missing_pct']:.1f}%,n:{busco['markers']}\n"
    )


def genomescope_text(profile: Record) -> str:
    """The lines of GenomeScope's summary that make_EAR.py reads."""
    size = f"{round(profile['haploid_size_bp']):,} bp"
    return (
        f"p = {profile['ploidy_model']}\nk = {profile['kmer_size']}\n\n"
        f"{'property':30}{'min':18}max\n{'Genome Haploid Length':30}{size:18}{size}\n"
    )


def smudgeplot_text(profile: Record) -> str:
    """The line of Smudgeplot's verbose summary that make_EAR.py reads, with the ploidy of our profile."""
    return (
        "Ploidy by the genome profile of Linnaea, not by Smudgeplot\n"
        f"* Proposed ploidy: {profile['ploidy_hint']}\n"
    )


def _markup(value: Any) -> Any:
    """Texts of a person as make_EAR.py needs them: it reads them as markup, where < and & mean something."""
    if isinstance(value, dict):
        return {key: _markup(item) for key, item in value.items()}
    return html.escape(value, quote=False) if isinstance(value, str) else value


def write_texts(ear: Ear, folder: Path, facts_folder: Path) -> Path:
    """Write the YAML and the texts that it names (paths relative to `folder`); return the YAML's path."""
    parts: dict[str, str] = {}
    profiling: dict[str, Any] = {}
    if ear.profile:
        parts["genomescope_summary.txt"] = genomescope_text(ear.profile)
        profiling["GenomeScope"] = {"genomescope_summary_txt": "genomescope_summary.txt"}
        if ear.profile.get("ploidy_hint"):
            parts["smudgeplot_verbose_summary.txt"] = smudgeplot_text(ear.profile)
            profiling["Smudgeplot"] = {"smudgeplot_verbose_summary_txt": "smudgeplot_verbose_summary.txt"}
    assemblies: dict[str, dict[str, dict[str, str]]] = {}
    for stage in (BEFORE, CURATED):
        columns = [column for column in ear.columns if column.stage == stage]
        short = stage.lower().replace("-", "_")
        if has_merqury(columns):
            parts[f"{short}.merqury/{ear.id}.qv"] = qv_text(columns)
            parts[f"{short}.merqury/{ear.id}.completeness.stats"] = completeness_text(columns)
        for column in columns:
            entry = assemblies.setdefault(stage, {}).setdefault(column.haplotype, {})
            entry["gfastats--nstar-report_txt"] = f"{short}.{column.haplotype}.gfastats.txt"
            parts[entry["gfastats--nstar-report_txt"]] = gfastats_text(column.stats)
            if column.busco:
                entry["busco_short_summary_txt"] = f"{short}.{column.haplotype}.busco.txt"
                parts[entry["busco_short_summary_txt"]] = column.busco_text or busco_text(column.busco)
            if has_merqury(columns):
                entry["merqury_folder"] = f"{short}.merqury"
            if stage == CURATED:
                for key, value in ear.fields["IMAGES"][column.haplotype].items():
                    # make_EAR.py takes any text for a file, and says of an empty one that it is missing.
                    value = "" if is_missing(value) else value
                    entry[key] = (
                        os.path.relpath(facts_folder / value, folder) if value and key in IMAGES else value
                    )
    for relative_path, text in parts.items():
        (folder / relative_path).parent.mkdir(exist_ok=True)
        with complete_file(folder / relative_path) as handle:
            handle.write(text)
    fields = ear.fields
    whole = {key: fields[key] for key in ("ToLID", "Species", "Sex")}
    whole |= {key: _markup(fields[key]) for key in ("Submitter", "Affiliation", "Tags")}
    whole |= {"DATA": fields["DATA"], "PROFILING": profiling, "ASSEMBLIES": assemblies}
    notes = fields["NOTES"]
    whole |= {
        "PIPELINES": _markup(fields["PIPELINES"]),
        "NOTES": _markup(notes) | {"Obs_Sex": notes["Obs_Sex"]},
    }
    path = folder / f"{ear.id}_EAR.yaml"
    with complete_file(path) as handle:
        yaml.safe_dump(whole, handle, sort_keys=False, allow_unicode=True, width=1000)
    return path


def write_ear(
    *,
    id: str,
    name: str,
    metrics: Sequence[str],
    out: Path,
    tables: Sequence[str] = (),
    facts: str | None = None,
    short_summaries: Sequence[str] = (),
    software: str | None = None,
    taxid: int | None = None,
    haploid_number: int | None = None,
    ploidy: int | None = None,
    sex: str | None = None,
    genome_size: float | None = None,
) -> None:
    """ERGA assembly report: the YAML and the texts of make_EAR.py 24.10.15, and a PDF.

    id: genome id (ToLID)
    name: scientific name
    metrics: records of one run or more (JSON): before curation, and from the curated assembly
    tables: per-sequence tables of the assembly statistics, named as their JSON (TSV)
    facts: a person's fields (YAML with the keys of make_EAR.py): a filled-in EAR YAML of this script
    short_summaries: BUSCO's short_summary.*.txt; each goes to the record with the same numbers
    software: process, tool, version of the run (TSV)
    taxid: NCBI taxonomy id
    haploid_number: expected chromosomes of one haplotype
    ploidy: expected ploidy
    sex: sex of the sample (XX, XY, ZW, ...)
    genome_size: expected haploid size (bp)
    out: folder to write
    """
    from linnaea.assembly.ear_page import write_pdf
    from linnaea.assembly.ear_plots import draw_spectra

    ours = [path for path in metrics if is_record(path)]
    if len(ours) < len(metrics):
        print(f"{id}: {len(metrics) - len(ours)} files of --metrics are not records of Linnaea, left out")
    given = read_records(ours, id)
    ear = compose(
        id,
        name,
        unique_records(given),
        expected(haploid_number, ploidy, sex, genome_size),
        read_facts(facts),
        _summaries(short_summaries),
        read_table(software, ("process", "tool", "version")) if software else (),
        read_tables(tables, given),
        taxid,
    )
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(facts).parent if facts else Path()
    write_texts(ear, out, folder)
    write_table(out / f"{id}.ear_missing.tsv", MISSING_COLUMNS, ear.missing)
    curated = [column for column in ear.columns if column.stage == CURATED]
    spectra = []
    if has_merqury(curated):
        kmers = {column.haplotype: column.kmers for column in curated if column.kmers}
        both = curated[0].kmers_both if len(curated) > 1 else None
        spectra = draw_spectra(kmers, both, out / "curated.merqury" / id)
    if lacking := write_pdf(ear, out / f"{id}_EAR_Linnaea.pdf", folder, spectra):
        print(f"{id}: the font of the PDF lacks {' '.join(lacking)}, shown as boxes; the YAML has them")
    if ear.missing:
        print(f"{id}: {len(ear.missing)} items of the EAR are missing; {id}.ear_missing.tsv lists them")
