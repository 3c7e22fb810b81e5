"""Jobs, files and cost of plans against those of runs, for every way through the workflows."""

import csv
import re
from collections import Counter

import pytest

from linnaea.catalogue.software import processes

ONCE_EACH = (
    "two genomes with wtdbg2 and a curated assembly", "hifiasm with Hi-C and BUSCO", "ONT alone with Flye",
    "a tool killed for memory, then more of it",
    "annotation with every kind of evidence, and of a given gene set",
    "annotation with a named species model and without repeats or functions",
    "reads to genes, populations and a submission in one run", "annotation with what comes from containers",
    "populations from reads", "a submission of a given assembly",
    "populations from VCFs of all sites", "hostile names through real tasks",
    "populations at one depth, qualities rescaled, with GATK",
    "populations with DeepVariant", "a population of an alignment and of interleaved reads",
    "a population of shallow samples alone", "shallow samples alone with GATK",
)  # fmt: skip
# CPU time of a stage against its plan, after that of the whole run against its own: the plan was made on one
# machine, and others, or the same when shared, are faster or slower in all stages alike.
FACTOR, MACHINE, WORTH_A_LOOK_H = 1.5, 3.0, 10 / 3600


def rows(path):
    with path.open() as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.mark.workflow(*ONCE_EACH)
def test_jobs_are_those_of_the_plan(workflow_dir):
    info = workflow_dir / "results" / "pipeline_info"
    plan = rows(info / "plan.tsv")
    most = Counter(row["process"] for row in plan)
    least = Counter(row["process"] for row in plan if not row["perhaps"])
    run = Counter(row["process"].split(":")[-1] for row in rows(info / "trace.tsv"))
    odd = {name: (least[name], run[name], most[name]) for name in most | run
           if not least[name] <= run[name] <= most[name]}  # fmt: skip
    assert not odd


@pytest.mark.workflow(*ONCE_EACH)
def test_tools_of_all_tasks_are_among_the_versions(workflow_dir):
    info = workflow_dir / "results" / "pipeline_info"
    texts = (path.read_text() for path in workflow_dir.glob("workflows/**/*.nf"))
    process_of = {alias: name for text in texts for name, alias in re.findall(r"(\w+) as (\w+)", text)}
    run = {row["process"].split(":")[-1] for row in rows(info / "trace.tsv")} - {"MULTIQC"}
    called = {tool["name"] for name in run for tool in processes().get(process_of.get(name, name), ())} - {
        "linnaea"
    }
    assert called - {row["tool"] for row in rows(info / "software.tsv")} == set()


@pytest.mark.workflow("populations from reads", "hifiasm with Hi-C and BUSCO")
def test_files_are_no_more_than_planned(workflow_dir):
    plan = rows(workflow_dir / "results" / "pipeline_info" / "plan.tsv")
    work = sum(1 for _ in (workflow_dir / "work").rglob("*"))
    results = sum(path.is_file() for path in (workflow_dir / "results").rglob("*"))
    assert work <= 1.1 * sum(float(row["work_files"]) for row in plan)
    assert results <= 1.1 * sum(float(row["result_files"]) for row in plan)


@pytest.mark.workflow("demo", "popgen demo")
def test_cost_of_each_stage_is_near_its_plan(workflow_dir):
    stages: dict[str, list[float]] = {}
    for row in rows(workflow_dir / "results" / "pipeline_info" / "cost.tsv"):
        sums = stages.setdefault(row["stage"], [0.0, 0.0])
        sums[0] += float(row["used_core_h"])
        sums[1] += float(row["planned_core_h"])
    used, planned = (sum(column) for column in zip(*stages.values(), strict=True))
    machine = used / planned
    print(f"used / planned {machine:.2f}")
    assert 1 / MACHINE < machine < MACHINE
    for stage, (used, planned) in stages.items():
        if max(used, planned) > WORTH_A_LOOK_H:
            print(f"{stage} {used / planned:.2f}")
            # purging maps reads only where k-mers show duplicates, which a plan cannot know
            least = 0 if stage == "assembly/purge" else 1 / FACTOR
            assert least < used / planned / machine < FACTOR, stage
    assert 'id="cost"' in next((workflow_dir / "results").glob("*/report.html")).read_text()


@pytest.mark.workflow("demo", "popgen demo")
def test_each_workflow_of_a_demo_fits_eight_minutes_of_two_cores(workflow_dir):
    core_minutes: Counter[str] = Counter()
    for row in rows(workflow_dir / "results" / "pipeline_info" / "cost.tsv"):
        core_minutes[row["stage"].split("/")[0]] += 60 * float(row["used_core_h"])
    print(dict(core_minutes))
    # half as much again on shared cores
    assert max(core_minutes.values()) < 1.5 * 8 * 2


@pytest.mark.workflow("a plan submits nothing")
def test_plan_alone_leaves_nothing(workflow_dir):
    assert not (workflow_dir / "results").exists()
    assert not [path for path in (workflow_dir / "work").rglob("*") if path.name == ".command.sh"]
