"""Every tool that a run calls is in its software.tsv: the versions that processes emit reach the report."""

import re

import pytest
from plan_data import genome, parameters, population, reads
from processes import ALIAS, PROCESSES

from linnaea.base.paths import ROOT
from linnaea.catalogue.sites import SiteLimits
from linnaea.catalogue.software import processes
from linnaea.run.expected_tasks import expected_tasks

EMITTED = re.compile(r"val\(task\.process\), val\('([^']+)'\), eval\((.*)\), emit: versions\)")
WORKFLOWS = {path.name: path.read_text() for path in ROOT.glob("workflows/**/*.nf")}
OUTPUTS = {
    name: EMITTED.findall(body)
    for path in ROOT.glob("modules/**/*.nf")
    for name, body in PROCESSES.findall(path.read_text())
}
# Alias -> the process that it names.
ORIGINAL = {
    alias: name for text in WORKFLOWS.values() for name, alias in ALIAS.findall(text) if name in OUTPUTS
}


def test_every_version_that_a_process_emits_is_passed_on():
    lost, calls = [], 0
    for file, text in WORKFLOWS.items():
        body = text.partition("    main:")[2]
        for call in re.findall(r"\b([A-Z][A-Z0-9_]+)\(", body):
            if OUTPUTS.get(ORIGINAL.get(call, call)):
                calls += 1
                # an alternative stands in one expression with another
                variables = re.findall(rf"^ *(\w+) = .*\b{call}\(", body, re.MULTILINE)
                if not variables or not all(f"{variable}.versions" in body for variable in variables):
                    lost.append((file, call))
    assert calls > 60
    # MultiQC's pages are made after software.tsv, which it shows
    assert lost == [("report.nf", "MULTIQC")]


def test_each_tool_of_a_process_has_one_command_for_its_version():
    emitted = {name: found[0] for name, found in OUTPUTS.items() if found}
    assert len(emitted) > 50
    assert all(len(found) < 2 for found in OUTPUTS.values())
    assert all(len(tools.split()) == len(commands.split("; ")) for tools, commands in emitted.values())


ANNOTATED = genome(
    "a", assembly={"stage": "curated", "haplotypes": {"primary": "a.fa"}}, annotation="a.gff3",
    reference_annotation={"assembly": "b.fa", "annotation": "b.gff3"},
)  # fmt: skip
HIFI = genome("a", hifi=[reads("r", 9000)], hic=[reads("h", 20000, "hic")])
RNA = {**HIFI, "rnaseq": [reads("x", 500, "rnaseq")], "isoseq": [reads("i", 500, "isoseq")]}


@pytest.mark.parametrize(
    ("checked", "given"),
    [
        ({"genomes": [HIFI]}, {"assembler": "wtdbg2"}),
        ({"genomes": [HIFI]}, {"assembler": "wtdbg2", "steps": "assemble,report"}),
        (
            {"genomes": [HIFI]},
            {"assembler": "wtdbg2", "steps": "reads,assemble,evaluate,report", "truth": "x"},
        ),
        ({"genomes": [HIFI]}, {"assembler": "hifiasm", "steps": "assemble,hic,report"}),
        ({"genomes": [ANNOTATED]}, {"workflow": "annotation"}),
        ({"genomes": [ANNOTATED]}, {"workflow": "annotation", "steps": "quality,report"}),
        ({"genomes": [RNA]}, {"workflow": "assembly,annotation", "protein_aligner": "spaln"}),
        ({"genomes": [RNA]}, {"workflow": "assembly,annotation", "rna_aligner": "star", "snap": True}),
        ({"genomes": [], "population": population(9, 300, historical=2)}, {"workflow": "popgen"}),
        ({"genomes": [], "population": population(9, 300)}, {"workflow": "popgen", "subsample_depth": 5}),
        ({"genomes": [], "population": population(9, 3000)}, {"workflow": "popgen", "caller": "gatk"}),
        ({"genomes": [], "population": population(9, 3000)}, {"workflow": "popgen", "caller": "deepvariant"}),
    ],
)
def test_a_tool_that_runs_has_its_version_in_the_report(checked, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.fa", "b.fa", "a.gff3", "b.gff3"):
        (tmp_path / name).write_text("x")
    run = {task.process for task in expected_tasks(checked, parameters(**given), SiteLimits(256, 755, 72))}
    called = {tool["name"] for name in run for tool in processes().get(ORIGINAL.get(name, name), [])}
    named = {tool for name in run for tools, _ in OUTPUTS[ORIGINAL.get(name, name)] for tool in tools.split()}
    assert called - {"linnaea"} - named == set()
