"""Every tool that a run calls is in its software.tsv: the versions that processes emit reach the report."""

import re
import subprocess

import pytest
from processes import ALIAS, PROCESSES

from linnaea.base.paths import ROOT
from linnaea.catalogue.software import processes, tools
from linnaea.install import doctor

EMITTED = re.compile(r"^    tuple\(val\(task\.process\), eval\((.*)\), emit: versions\)\n", re.MULTILINE)
WORKFLOWS = {path.name: path.read_text() for path in ROOT.glob("workflows/**/*.nf")}
OUTPUTS = {
    name: EMITTED.findall(body)
    for path in ROOT.glob("modules/**/*.nf")
    for name, body in PROCESSES.findall(path.read_text())
}
TOOLS = {
    name: [tool["name"] for tool in used if tool["name"] != "linnaea"] for name, used in processes().items()
}
# Alias -> the process that it names.
ORIGINAL = {
    alias: name for text in WORKFLOWS.values() for name, alias in ALIAS.findall(text) if name in OUTPUTS
}


def versions(folder, process, *program):
    """Tool and version of each line of tool_versions.sh, with the programs of a folder."""
    answer = subprocess.run(
        [ROOT / "bin/tool_versions.sh", process, *program],
        capture_output=True, text=True, env={"PATH": f"{folder}:/usr/bin:/bin"},
    )  # fmt: skip
    return [line.split("\t") for line in answer.stdout.splitlines()]


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


def test_each_process_that_calls_a_tool_asks_for_the_versions_of_its_tools():
    calls = {name: f'"tool_versions.sh {name}"' for name, used in TOOLS.items() if used}
    calls["INTERPROSCAN"] = '"tool_versions.sh INTERPROSCAN ${program}"'
    assert {name: found for name, found in OUTPUTS.items() if found} == {k: [v] for k, v in calls.items()}


def test_the_versions_of_a_process_are_those_of_all_its_tools(tmp_path):
    """Every program of the list is a script that prints the name it was called by and a version."""
    programs = {tool["command"].split()[0] for tool in tools()} | {"elsewhere"}
    for program in (name for name in programs if "/" not in name):
        (tmp_path / program).write_text(f'#!/bin/sh\necho "$0: {program} version 1.2.3"\n')
        (tmp_path / program).chmod(0o755)
    for name, used in TOOLS.items():
        assert [tool for tool, _ in versions(tmp_path, name)] == used
    assert versions(tmp_path, "KINSHIP") == [["bcftools", "1.2.3"]]
    assert versions(tmp_path, "INTERPROSCAN", tmp_path / "elsewhere") == [["interproscan", "1.2.3"]]


@pytest.mark.parametrize(
    ("process", "printed", "version"),
    [
        ("KMC_COUNT", "K-Mer Counter (KMC) ver. 3.2.1 (2022-01-04)\nUsage:\n kmc [options]", "3.2.1"),
        ("READ_DEPTH", "2.24-r1122", "2.24-r1122"),
        ("HIFIASM", "0.25.0-r726", "0.25.0-r726"),
        ("BCFTOOLS_GVCF", "bcftools 1.16\nUsing htslib 1.16\nCopyright (C) 2022 Genome Research", "1.16"),
        ("BWA_INDEX", "\nProgram: bwa\nVersion: 0.7.17-r1188\nContact: Heng Li", "0.7.17-r1188"),
        ("SPALN", "*** SPALN version 2.4.13f <230117> ***", "2.4.13f"),
        ("AUGUSTUS", "AUGUSTUS (3.5.0) is a gene prediction tool.", "3.5.0"),
        ("SNAP", "SNAP - Semi-HMM-based Nucleic Acid Parser (version 2006-07-28)", "2006-07-28"),
        ("ARAGORN", "\nARAGORN v1.2.41 Dean Laslett\n", "1.2.41"),
        ("FUNCTIONAL_ANNOTATION", "gt (GenomeTools) 1.6.2 (2023)\nCopyright (c) 2003-2016 G.", "1.6.2"),
        ("STAR_INDEX", "2.7.10b", "2.7.10b"),
        ("HMMSEARCH", "# hmmsearch :: search\n# HMMER 3.3.2 (Nov 2020); http://hmmer.org/", "3.3.2"),
        ("PSAURON", "PSAURON version 1.1.3\nusage: psauron [-h]", "1.1.3"),
        ("INTERPROSCAN", "InterProScan version 5.67-99.0\nInterProScan 64-Bit build", "5.67-99.0"),
        ("EGGNOG_MAPPER", "emapper-2.1.12 / Expected eggNOG DB version: 5.0.2", "2.1.12"),
        ("KINSHIP", "error: libhts.so not there", "unknown"),
    ],
)
def test_versions_are_read_as_doctor_reads_them(process, printed, version, tmp_path, monkeypatch):
    tool = next(tool for tool in tools() if process in tool["processes"] and tool["name"] != "linnaea")
    program = tool["command"].split()[0]
    assert "/" not in program
    path = tmp_path / program
    for stream in (1, 2):
        path.write_text(f"#!/bin/sh\ncat >&{stream} <<'END'\n{printed}\nEND\nexit 1\n")
        path.chmod(0o755)
        assert versions(tmp_path, process) == [[tool["name"], version]]
        monkeypatch.setattr(doctor, "program_of", lambda tool: str(path))
        assert (doctor.version_of(tool) or "unknown") == version


def test_what_a_program_says_on_stdout_comes_before_its_warnings(tmp_path):
    (tmp_path / "cooler").write_text(
        "#!/bin/sh\necho warning: python3.11 >&2\nsleep 0.1\necho cooler, version 0.10.4\n"
    )
    (tmp_path / "cooler").chmod(0o755)
    assert ["cooler", "0.10.4"] in versions(tmp_path, "COOLER_MCOOL")
