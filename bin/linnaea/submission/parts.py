"""One part of a submission: a haplotype, an organelle or a cobiont as a package for ENA, with its verdict."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from linnaea import __version__
from linnaea.assembly.chromosome_lists import Chromosome, write_chromosome_list
from linnaea.base.records import read_records, write_metrics
from linnaea.base.tables import read_table
from linnaea.formats.sequences import is_empty, sequence_lengths
from linnaea.submission import package
from linnaea.submission.entries import source_qualifiers
from linnaea.submission.examination import examine
from linnaea.submission.facts import (
    MITOCHONDRION,
    PLACE,
    STUDY,
    WEBIN,
    Gap,
    GenomeFacts,
    Part,
    read_facts,
)
from linnaea.submission.findings import KINDS, STOPPING, Findings
from linnaea.submission.gene_features import MIN_GAP
from linnaea.submission.preparation import prepare
from linnaea.submission.samples import ACCESSION, Sample, Samples, read_samples, samples_of, sequenced_sample

# Programs that make and polish contigs, in the order of the work, and scaffolders.
ASSEMBLERS = ("hifiasm", "flye", "wtdbg2", "racon")
SCAFFOLDERS = ("yahs",)
# Platforms of libraries that their key alone tells.
PLATFORMS = {"hifi": "PacBio", "ont": "Oxford Nanopore"}
MANIFEST = {
    "study": "STUDY",
    "sample": "SAMPLE",
    "coverage": "COVERAGE",
    "program": "PROGRAM",
    "platform": "PLATFORM",
}


def package_part(
    *,
    genome: str,
    part: str,
    fasta: str,
    out: str,
    record: str,
    findings: str,
    genes: str = "",
    chromosomes: str = "",
    unlocalised: str = "",
    earlier: str = "",
    metrics: Sequence[str] = (),
    programs: str = "",
    specimens: str = "",
) -> None:
    """Make and check the package of one part of a genome's submission; say what it waits for.

    genome: facts of the genome (JSON)
    part: haplotype, `mitochondrion`, or id of a cobiont
    fasta: its sequences; empty where there is no mitochondrion
    genes: its annotation (GFF3)
    chromosomes: chromosome list (TSV)
    unlocalised: unlocalised list (TSV)
    earlier: annotation that was submitted, whose locus tags are kept (GFF3 or EMBL)
    metrics: records of the genome (JSON), for the depth of reads and the shape of the mitochondrion
    programs: processes, tools and versions of the assembly (TSV)
    specimens: table of specimens
    findings: table of what the check found, to write (TSV)
    record: record of the package, to write (JSON)
    out: folder of the package, to write
    """
    facts = read_facts(genome)
    known = facts.part(part)
    listed = [found for _, found in read_records(metrics, facts.id)]
    samples = samples_of_table(specimens, facts)
    result: dict[str, Any] = {
        "id": facts.id, "step": "submission_package", "part": part, "name": known.assembly_name,
        "organism": known.organism, "study": known.study, "annotated": bool(genes),
    }  # fmt: skip
    Path(out).mkdir(parents=True, exist_ok=True)
    if is_empty(fasta):
        Findings().write(findings)
        write_metrics(record, {**result, "verdict": "absent"})
        return
    lengths = sequence_lengths(fasta)
    sample = sequenced_sample(samples, known.sample, known.organism)
    fields = {
        "study": known.study,
        "sample": _accession(sample, known.sample),
        "coverage": _coverage(facts, known, listed, sum(lengths.values())),
        "program": _program(facts, known, listed, programs),
        "platform": _platform(facts),
    }
    gaps = list(_gaps(facts, known, fields, sample))
    circular = _circular(known, listed)
    if circular is None and (known.organelle or known.cobiont):
        gaps.append(
            Gap(
                part,
                "whether it is a circle",
                "who assembled it",
                f"{PLACE}: circular of {part}",
            )
        )
    with TemporaryDirectory(dir=".") as scratch:
        if not chromosomes and (replicons := _replicons(known, list(lengths), circular)):
            chromosomes = str(Path(scratch) / "chromosomes.tsv")
            write_chromosome_list(chromosomes, replicons)
        done = _write(
            facts, known, fields, sample, result, out, fasta, genes, chromosomes, unlocalised, earlier
        )
    done.write(findings)
    result |= {
        "sequences": len(lengths),
        "total_bp": sum(lengths.values()),
        "findings": [
            {"class": kind, "count": len(found), "sentence": sentence}
            for (kind, found), sentence in zip(done.by_kind().items(), done.sentences(), strict=True)
            if result["verdict"] == "refused"
        ],
        "gaps": [gap._asdict() for gap in gaps],
        "remarks": list(_remarks(known, bool(genes), bool(chromosomes))),
    }
    if result["verdict"] != "refused":
        result["verdict"] = "waiting" if gaps else "ready"
    write_metrics(record, result)


def samples_of_table(table: str, facts: GenomeFacts) -> Samples:
    """The samples of a genome and its cobionts in the table of specimens; none without a table."""
    if not table:
        return Samples([], [], [])
    names = [facts.name, *(one["name"] for one in facts.cobionts.values())]
    return samples_of(read_samples(table), facts.id, names, facts.taxid)


def _write(
    facts: GenomeFacts, known: Part, fields: dict[str, Any], sample: Sample | None, result: dict[str, Any],
    out: str, fasta: str, genes: str, chromosomes: str, unlocalised: str, earlier: str,
) -> Findings:  # fmt: skip
    """Write the package and check it as it is on disk; findings, and in `result` verdict and files."""
    isolate = (sample.fields.get("tolid") or "") if sample else ""
    linkage = facts.asked("linkage")
    mito_code = known.mito_code
    with package.many_objects():
        ready = prepare(
            fasta, genes, known.locus_tag, earlier, source_qualifiers(known.organism, isolate), chromosomes,
            unlocalised, known.code, mito_code, "proximity ligation" if linkage is None else linkage,
            MIN_GAP, facts.asked("resolve") or (),
        )  # fmt: skip
        manifest = {
            **{MANIFEST[key]: str(value or "") for key, value in fields.items()},
            "ASSEMBLYNAME": known.assembly_name, "ASSEMBLY_TYPE": "clone or isolate",
            "RUN_REF": "" if known.cobiont else ",".join(facts.runs()),
        }  # fmt: skip
        waiting = tuple(MANIFEST.values())
        try:
            counts = package.write_package(
                out, known.assembly_name, ready.entries, ready.conversion, fields=manifest,
                chromosomes=ready.chromosomes, unlocalised=ready.unlocalised, flat=bool(genes),
                waiting=waiting,
            )  # fmt: skip
        except package.Refused:
            result["verdict"] = "refused"
            return ready.conversion.findings
    path = Path(out) / f"{known.assembly_name}.manifest.txt"
    done, notes = examine(
        [str(path)], locus_tag=[known.locus_tag] if known.locus_tag else [], organism=known.organism,
        code=known.code, mito_code=mito_code, waiting=waiting,
    )  # fmt: skip
    stops = [one for one in done.findings.all if KINDS[one.kind].ena in STOPPING]
    result["verdict"] = "refused" if stops else "written"
    result["features"] = dict(counts)
    result["resolved"] = [*ready.notes, *package.resolution_sentences(ready.conversion), *notes]
    if stops:
        shutil.rmtree(out)
        Path(out).mkdir()
    elif genes:
        ready.conversion.tags.write(Path(out) / f"{known.assembly_name}.locus_tags.tsv", ready.retired)
    result["files"] = sorted(one.name for one in Path(out).iterdir())
    return done.findings


def _accession(sample: Sample | None, given: str | None) -> str | None:
    if sample:
        return sample.fields.get("accession")
    return given if given and ACCESSION.fullmatch(given) else None


def _coverage(
    facts: GenomeFacts, known: Part, records: Sequence[dict[str, Any]], total_bp: int
) -> str | None:
    """Depth as given; of a haplotype that of the long reads, filtered ones first, or what the libraries say;
    of a mitochondrion that of its assembly.
    """
    if known.coverage:
        return f"{known.coverage:g}"
    if known.organelle:
        depth = next((one.get("depth_x") for one in records if one["step"] == "organelle"), None)
        return f"{depth:.1f}" if depth else None
    if known.cobiont:
        return None
    read = [one for one in records if one["step"] == "read_statistics"]
    for kind in ("hifi", "ont"):
        for stage in ("filtered", "raw"):
            bases = [one["bases_bp"] for one in read if one["type"] == kind and one["stage"] == stage]
            if bases and total_bp and all(bases):
                return f"{sum(bases) / total_bp:.1f}"
    for kind in ("hifi", "ont"):
        depths = [one.coverage for one in facts.libraries if one.type == kind]
        if depths and all(depths):
            return f"{sum(filter(None, depths)):g}"
    return None


def _program(facts: GenomeFacts, known: Part, records: Sequence[dict[str, Any]], path: str) -> str | None:
    """Assembler and scaffolder with their versions; those of contigs that were given as they are given."""
    if known.program:
        return known.program
    rows = read_table(path, ("process", "tool", "version")) if path else []
    versions = {row["tool"]: row["version"] for row in rows}

    def ran(tools: Sequence[str]) -> list[str]:
        return [f"{tool} {versions[tool]}" for tool in tools if tool in versions]

    own = f"Linnaea {__version__}"
    if known.organelle:
        tool = next((one.get("tool", "linnaea") for one in records if one["step"] == "organelle"), None)
        return own if tool == "linnaea" else next(iter(ran([tool] if tool else [])), None)
    contigs = [facts.assembler] if facts.given else ran(ASSEMBLERS)
    if not contigs or not contigs[0]:
        return None
    scaffolded = not known.cobiont and any(one["step"] == "scaffold" for one in records)
    scaffolders = ran(SCAFFOLDERS) or [own] if scaffolded else []
    return ", ".join([*filter(None, contigs), *scaffolders])


def _platform(facts: GenomeFacts) -> str | None:
    """Sequencers of the genomic reads; None as long as one is not known."""
    if given := facts.asked("platform"):
        return str(given)
    used = [
        one.instrument or PLATFORMS.get(one.type)
        for one in facts.libraries
        if one.type in ("hifi", "ont", "hic")
    ]
    return ", ".join(dict.fromkeys(filter(None, used))) if used and all(used) else None


def _circular(known: Part, records: Sequence[dict[str, Any]]) -> bool | None:
    """Whether an organelle or cobiont is a circle, as given or as the organelle's assembly found."""
    if known.circular is not None:
        return known.circular
    if not known.organelle:
        return None
    shape = next((one.get("result") for one in records if one["step"] == "organelle"), None)
    return {"circle": True, "linear": False}.get(str(shape))


def _replicons(known: Part, names: Sequence[str], circular: bool | None) -> list[Chromosome]:
    """The chromosome list of an organelle, or of a cobiont of one sequence; [] where there is none."""
    topology = "Circular" if circular else "Linear"
    if known.organelle == MITOCHONDRION:
        many = len(names) > 1
        return [
            Chromosome(name, f"MIT{number}" if many else "MIT", topology, "Mitochondrion")
            for number, name in enumerate(names, 1)
        ]
    return [Chromosome(names[0], "1", topology)] if known.cobiont and len(names) == 1 else []


def _gaps(facts: GenomeFacts, known: Part, fields: dict[str, Any], sample: Sample | None) -> Iterator[Gap]:
    """What the manifest lacks."""
    if not known.study:
        place = (
            f"{PLACE}: cobionts: {known.name}: study" if known.cobiont else f"{PLACE}: studies: {known.name}"
        )
        yield Gap(known.name, "accession of the study", WEBIN, place)
    if not fields["sample"]:
        if sample:
            place = f"table of specimens: accession of {sample.alias}"
            yield Gap(known.name, "accession of the sample", f"{WEBIN} or COPO", place)
        else:
            place = f"{PLACE}: cobionts: {known.name}: sample" if known.cobiont else f"{PLACE}: sample"
            yield Gap(known.name, "sample that was sequenced", "who extracted the DNA", place)
    who = {
        "coverage": ("depth of the reads", "sequencing facility, or the report of the assembly"),
        "program": ("assemblers with versions", "who assembled the genome"),
        "platform": ("sequencers of the genomic reads", "sequencing facility"),
    }
    for key, (missing, supplier) in who.items():
        if not fields[key]:
            place = f"{PLACE}: {key}"
            if key == "platform":
                place = "genomes.yml: instrument of each library"
            elif known.organelle or known.cobiont:
                place = f"{PLACE}: {key} of {known.name}"
            yield Gap(known.name, missing, supplier, place)


def _remarks(known: Part, annotated: bool, listed: bool) -> Iterator[str]:
    """What a steward should know before submitting."""
    if not annotated:
        yield "it has no genes, and ENA takes none later for this assembly"
    if not listed:
        yield "it has no chromosome list, so all sequences are unplaced"
    if known.study and not STUDY.fullmatch(known.study):
        yield f"{known.study} is not the accession of a study"
