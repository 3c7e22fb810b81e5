"""What each site's profile makes of requests: headers and modules of jobs, recorded by stand-ins on PATH."""

import csv
import os
import re
import subprocess
from pathlib import Path

import pytest

from linnaea.base.paths import ROOT
from linnaea.catalogue.resources import input_dependent
from linnaea.catalogue.sites import sites

HERE = Path(__file__).parent
SITES = sorted(path.stem for path in (ROOT / "conf" / "site").glob("*.config") if path.stem != "local")
HOURS = re.compile(r"-t (\d+):")


def expected(site):
    """Request -> header of the site, from headers.tsv."""
    with (HERE / "headers.tsv").open() as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        return {row["request"]: row["header"] for row in rows if row["site"] == site}


def requests():
    """Request -> cpus, memory in GB, time in h."""
    with (HERE / "requests.tsv").open() as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            memory, unit = row["memory"].split()
            memory_gb = float(memory) * (1024 if unit == "TB" else 1)
            yield row["request"], int(row["cpus"]), memory_gb, float(row["time"].split()[0])


@pytest.mark.parametrize("site", SITES)
def test_headers_of_jobs(site, tmp_path):
    (tmp_path / "headers").mkdir()
    # the profile as another pipeline would include it
    (tmp_path / "run.config").write_text(
        f"includeConfig '{ROOT}/conf/site/{site}.config'\n"
        "executor.pollInterval = '1 sec'\nexecutor.submitRateLimit = null\n"
    )
    stand_ins = {"HEADERS": str(tmp_path / "headers"), "PATH": f"{HERE}/stand_ins:{os.environ['PATH']}"}
    answer = subprocess.run(
        ["nextflow", "-C", "run.config", "run", HERE / "probe.nf", "--requests", HERE / "requests.tsv",
         "--project", "naiss2026-1-234", "--cluster_options=--qos=high", "-ansi-log", "false"],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | stand_ins,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout
    seen = {
        re.sub(r"nf-(PROBE_\()?|\)$", "", path.name): " ".join(path.read_text().split())
        for path in (tmp_path / "headers").iterdir()
    }
    assert seen == expected(site)
    loaded = {path.read_text() for path in tmp_path.glob("work/*/*/.command.modules")}
    assert loaded == ({"PDC\napptainer\n"} if site == "dardel" else set())


@pytest.mark.parametrize("site", SITES)
def test_no_header_is_over_the_limits_and_the_plan_knows_the_queue(site):
    known = sites()[site]
    headers = expected(site)
    for request, cpus, memory_gb, time_h in requests():
        cpus, memory_gb, time_h = (
            min(asked, limit) for asked, limit in zip((cpus, memory_gb, time_h), known.limits, strict=True)
        )
        header = headers[request]
        found = re.search(r"-p (\S+)", header)
        assert known.queue(cpus, memory_gb, time_h) == (found[1] if found else "")
        assert f"--mem {memory_gb * 1024:.0f}M" in header
        assert int(HOURS.search(header)[1]) == time_h


@pytest.mark.parametrize("site", SITES)
def test_profile_is_a_valid_config(site):
    answer = subprocess.run(
        ["nextflow", "config", "-flat", "-profile", f"{site},apptainer", ROOT], capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert "process.executor = 'slurm'" in answer.stdout
    assert f"params.config_profile_name = '{site}'" in answer.stdout
    assert "executor.submit.retry.reason" in answer.stdout
    assert "apptainer.enabled = true" in answer.stdout
    assert ("apptainer.runOptions" in answer.stdout) == (site != "slurm")
    assert "executor.retry.reason" in answer.stdout
    # the tools of the checkout stay on PATH
    assert re.search(r"process.beforeScript = .*\.venv/bin", answer.stdout)


def test_arrays_change_nothing_but_what_they_name():
    def settings(*profiles):
        answer = subprocess.run(
            ["nextflow", "config", "-flat", *profiles, ROOT], capture_output=True, text=True, check=True
        )
        return {line for line in answer.stdout.splitlines() if "withName" in line}

    alone, arrays = settings(), settings("-profile", "arrays")
    assert alone - arrays == set()
    assert all(re.search(r"\.(array|memory) = ", line) for line in arrays - alone)
    assert len(arrays - alone) == 3


def test_no_array_asks_for_memory_by_its_tasks_inputs():
    selectors = re.findall(r"withName: '(.+)' \{\n(.+\n)(.+\n)", (ROOT / "conf/arrays.config").read_text())
    named = {name for names, _, second in selectors if "memory" not in second for name in names.split("|")}
    assert len(named) > 5
    assert named.isdisjoint(input_dependent())
