"""The image, and a bundle with it, in a namespace without network."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from linnaea import software

NO_NETWORK = ["unshare", "--net"]
LINNAEA = [Path(sys.executable).with_name("linnaea")]
SEEN = """
import json
from linnaea import doctor, software
embedded = [tool for tool in software.tools() if tool["role"] == "embedded" and tool["name"] != "linnaea"]
print(json.dumps({f.tool["name"]: [f.state, f.version] for f in doctor.examine(embedded)}))
"""


@pytest.fixture(scope="module")
def environment():
    """Nothing of this machine's set-up but what Debian has."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    return kept | {"PATH": "/usr/bin:/bin", "USER": "root", "NXF_HOME": "/nowhere"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("offline")


@pytest.fixture(scope="module")
def site(folder, environment):
    """A bundle, taken where no network is: checked, unpacked, set up."""
    subprocess.run([software.ROOT / "containers/image.sh"], check=True)
    subprocess.run([*LINNAEA, "bundle", "--out", folder / "bundle.tar"], check=True)
    subprocess.run(
        [*NO_NETWORK, *LINNAEA, "bundle", "--unpack", folder / "bundle.tar", "--to", folder], check=True
    )
    (folder / "bundle.tar").unlink()
    (unpacked,) = folder.glob("linnaea-*")
    subprocess.run([*NO_NETWORK, "./set_up.sh"], cwd=unpacked, check=True, env=environment)
    return unpacked


def test_every_embedded_tool_answers_inside_with_its_version(site, environment):
    answer = subprocess.run(
        [*NO_NETWORK, site / "code/.venv/bin/python", "-c", SEEN],
        cwd=site / "code/bin", env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = json.loads(answer.stdout)
    versions = {tool["name"]: str(tool["version"]) for tool in software.tools()}
    assert seen == {name: ["found", versions[name]] for name in seen}
    assert len(seen) > 30


def test_the_demo_of_a_smaller_species_runs_inside_the_image_without_network(site, folder, environment):
    subprocess.run(
        [*LINNAEA, "simulate", "--out", "demo", "--size", "300000", "--chromosomes", "1",
         "--hifi-coverage", "20", "--hic-coverage", "10", "--rnaseq-pairs", "0",
         "--mitochondrion-coverage", "0", "--contaminant-coverage", "0"],
        cwd=folder, check=True,
    )  # fmt: skip
    answer = subprocess.run(
        [*NO_NETWORK, site / "engine/nextflow", "run", site / "code", "-profile", "demo,charliecloud",
         "--workflow", "assembly", "-ansi-log", "false"],
        cwd=folder, env=environment | {"NXF_HOME": str(folder / "nextflow")}, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    with (folder / "results/pipeline_info/trace.tsv").open() as handle:
        tasks = list(csv.DictReader(handle, delimiter="\t"))
    assert {task["status"] for task in tasks} == {"COMPLETED"}
    assert {"CUTADAPT_HIFI", "KMC_COUNT", "WTDBG2", "RACON", "HIC_PAIRS", "COOLER_MCOOL", "MULTIQC"} <= {
        task["process"].split(":")[-1] for task in tasks
    }
    for task in tasks:
        wrapper = (folder / task["workdir"] / ".command.run").read_text()
        assert f"{site}/code/build/linnaea -- " in wrapper
    assert (folder / "results/xxLinDemo1/report.html").stat().st_size > 100_000
    answer = subprocess.run(
        [*NO_NETWORK, site / "engine/linnaea", "status"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "finished" in answer.stdout
