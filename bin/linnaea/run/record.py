"""The record of a run, pipeline_info/run.json: parameters and input, and the facts of the engine."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file

NAME = "pipeline_info/run.json"
READS = ("hifi", "ont", "isoseq", "hic", "illumina", "rnaseq")
SEQUENCES = ("proteins", "repeats")
FACTS = (
    "id", "name", "taxid", "ploidy", "haploid_number", "genome_size_bp", "genetic_code", "mito_code", "sex",
    "locus_tag",
)  # fmt: skip


def read_run_record(outdir: Path) -> dict[str, Any]:
    """The record of the last run into a results folder; {} where there is none."""
    path = outdir / NAME
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text())
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise InputError(f"{path} is not JSON; delete it, and run again with -resume")
    return record


def begin_run_record(
    outdir: Path, parameters: Mapping[str, Any], profiles: list[str], checked: Mapping[str, Any]
) -> None:
    """Write the record of a run that starts. Genomes of earlier runs into the folder are kept, where their
    record can be read.
    """
    genomes: dict[str, Mapping[str, Any]] = {}
    with suppress(InputError):
        genomes = {genome["id"]: genome for genome in read_run_record(outdir).get("genomes", [])}
    genomes |= {genome["id"]: _genome(genome) for genome in checked["genomes"]}
    population = checked["population"]
    _write(
        outdir,
        {
            "parameters": dict(parameters),
            "profiles": [profile for profile in profiles if profile],
            "genomes": list(genomes.values()),
            "of_this_run": [genome["id"] for genome in checked["genomes"]],
            "population": population and _population(population),
            "engine": {},
        },
    )


def end_run_record(outdir: Path, engine: Mapping[str, Any]) -> None:
    """Add what the engine knows at the end: its version, name and session of the run, begin and end."""
    _write(outdir, {**read_run_record(outdir), "engine": dict(engine)})


def _write(outdir: Path, record: Mapping[str, Any]) -> None:
    path = outdir / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with complete_file(path) as handle:
        json.dump(record, handle, indent=1)
        handle.write("\n")


def _genome(genome: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a genome, and its input files by kind."""
    facts = {key: genome[key] for key in FACTS if genome.get(key) is not None}
    return facts | {"files": {kind: files for kind, files in _files_of(genome) if files}}


def _files_of(genome: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for kind in READS:
        libraries = genome.get(kind) or []
        yield (
            kind,
            [
                file
                for library in libraries
                for key in ("files", "read1", "read2")
                for file in library.get(key) or ()
            ],
        )
    for kind in SEQUENCES:
        yield kind, [one["fasta"] for one in genome.get(kind) or [] if one.get("fasta")]
    assembly = genome.get("assembly") or {}
    yield "assembly", [path for path in assembly.get("haplotypes", {}).values() if path]
    yield "annotation", [genome["annotation"]] if genome.get("annotation") else []


def _population(population: Mapping[str, Any]) -> dict[str, Any]:
    """Samples with their groups and files, and the files that lie on the reference."""
    files = ("reference", "vcf", "gff", "repeats", "mappability", "exclude", "sex_chromosomes", "pedigree")
    samples = [
        {
            "sample": sample["sample"],
            "group": sample["group"],
            "files": [
                *(
                    lane[mate]
                    for library in sample["libraries"]
                    for lane in library["lanes"]
                    for mate in ("fastq_1", "fastq_2")
                    if lane.get(mate)
                ),
                *sample["bams"],
                *([sample["gvcf"]] if sample.get("gvcf") else []),
            ],
        }
        for sample in population["samples"]
    ]
    return {"samples": samples} | {key: population[key] for key in files if population.get(key)}
