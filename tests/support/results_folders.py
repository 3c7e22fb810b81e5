"""Synthetic results folders, shaped as runs publish them."""

import copy
import json
from functools import cache
from pathlib import Path

import population_records
import records as make

from linnaea.annotation.verdict import judge as judge_annotation
from linnaea.assembly.verdict import Expected, judge
from linnaea.base.tables import write_table
from linnaea.run.finish import write_index
from linnaea.run.record import begin_run_record, end_run_record

ENGINE = {
    "nextflow": "24.10.0",
    "name": "golden_bell",
    "session": "8b1f3a52-6f3c-4f0e-9d0e-000000000000",
    "command": "nextflow run linnaea --input genomes.yml",
    "start": "2026-11-30T07:36:22.806+01:00",
    "complete": "2026-11-30T07:46:42.100+01:00",
}


ABOUT = """
title: The genome of Aus bus
description: Assembly and annotation
license: CC-BY-4.0
authors:
  - {given: Anna, family: Example, orcid: 0000-0002-1825-0097, email: anna@example.org,
     affiliation: Example University, ror: "https://ror.org/048a87296"}
  - {given: Bo, family: Exempel}
publisher: {name: Example University, ror: "https://ror.org/048a87296"}
keywords: [genome, beetle]
"""
SUBMITTED = "2026-11-30 07:40:00.000"


@cache
def _records() -> list[dict]:
    assembly = make.whole_run()
    annotation = make.annotation_run()
    verdict = judge(make.GENOME, assembly, Expected(haploid_number=3, ploidy=2))
    return json.loads(
        json.dumps([*assembly, *annotation, verdict, judge_annotation(make.GENOME, annotation)])
    )


def records(genome: str, qv: float = 45.2, annotated: bool = True) -> list[dict]:
    """Records of a genome; its first haplotype has this QV and passes or fails by it."""
    found = [one | {"id": genome} for one in copy.deepcopy(_records())]
    for one in found:
        if one["step"] == "ebp_verdict":
            judged = one["haplotypes"][0]
            for metric in judged["metrics"]:
                if metric["metric"] == "qv":
                    metric |= {"value": qv, "verdict": "pass" if qv >= 40 else "fail"}
            verdicts = {metric["verdict"] for metric in judged["metrics"]}
            judged["verdict"] = "fail" if "fail" in verdicts else "pass"
            one["haplotypes"] = [judged]
    genes = ("annotation_statistics", "annotation_verdict", "annotation_quality")
    return [one for one in found if annotated or one["step"] not in genes]


def _place(record: dict) -> str:
    genome, step, haplotype = record["id"], record["step"], record.get("haplotype")
    if step == "ebp_verdict":
        return f"{genome}.verdict.json"
    if step == "annotation_verdict":
        return f"{genome}.annotation_verdict.json"
    if step == "read_statistics":
        return f"01_reads/{record['library']}.{record['stage']}.json"
    if step == "genome_profile":
        return f"01_reads/{genome}.genome_profile.json"
    if record.get("stage") == "annotation" or step.startswith("annotation"):
        return f"07_annotation_quality/{genome}.{step}.json"
    return f"04_evaluation/{genome}.{haplotype + '.' if haplotype else ''}{step}.json"


def write_genome(folder: Path, genome: str, name: str, report: bool = True, **options) -> None:
    """Write the records of a genome below a results folder."""
    for record in records(genome, **options):
        path = folder / genome / _place(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
    if report:
        text = f"<title>{name} ({genome}): assembly and annotation report</title>"
        (folder / genome / "report.html").write_text(text)


def write_cohort(folder: Path) -> population_records.Run:
    """Write the tables of a cohort below a results folder."""
    cohort = population_records.Run()
    statistics = folder / "popgen" / "04_statistics"
    statistics.mkdir(parents=True)
    write_table(folder / "popgen" / "samples.tsv", population_records.SAMPLE_COLUMNS, cohort.samples)
    for name, (columns, rows) in cohort.tables.items():
        write_table(statistics / f"{name}.tsv", columns, rows)
    (folder / "popgen" / "report.html").write_text("<title>populations</title>")
    return cohort


def write_results(folder: Path, species: dict[str, str], *, cohort: bool = False, **options) -> Path:
    """A results folder of species (id: name) as a run leaves it: records, run record, software, index."""
    folder.mkdir(parents=True, exist_ok=True)
    info = folder / "pipeline_info"
    info.mkdir(exist_ok=True)
    for genome, name in species.items():
        write_genome(folder, genome, name, **options)
    if cohort:
        write_cohort(folder)
    genomes = [{"id": genome, "name": name, "taxid": 9157} for genome, name in species.items()]
    begin_run_record(folder, {"workflow": "assembly"}, [""], {"genomes": genomes, "population": None})
    write_table(info / "software.tsv", ("process", "tool", "version"), [("HIFIASM", "hifiasm", "0.25.0")])
    end_run_record(folder, ENGINE)
    write_index(folder, "0.1.0")
    return folder


def write_trace(folder: Path, tasks: dict[str, int], failed: dict[str, int] | None = None) -> None:
    """Write a trace of so many tasks by process, from 7:40 on; the last of each takes 3 min 30 s."""
    header = ("task_id", "process", "tag", "status", "attempt", "submit", "duration", "workdir")
    rows = []
    for process, count in tasks.items():
        bad = (failed or {}).get(process, 0)
        for i in range(count + bad):
            status, last = ("FAILED", False) if i < bad else ("COMPLETED", i == count + bad - 1)
            time = "3m 30s" if last else "10s"
            rows.append(
                (len(rows), f"ASSEMBLY:{process}", f"t{i}", status, 1, SUBMITTED, time, folder / "work")
            )
    write_table(folder / "pipeline_info" / "trace.tsv", header, rows)
