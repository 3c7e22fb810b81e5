"""The image, a bundle with it, and code without set-up, in a namespace without network."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linnaea.catalogue import software
from linnaea.formats.sequences import fasta_records

NO_NETWORK = ["unshare", "--net"]
LINNAEA = [Path(sys.executable).with_name("linnaea")]
SEEN = """
import json
from linnaea.catalogue import software
from linnaea.install import doctor
print(json.dumps({f.tool["name"]: [f.state, f.version] for f in doctor.examine(software.image_tools())}))
"""


@pytest.fixture(scope="module")
def environment():
    """Nothing of this machine's set-up but what Debian has."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    return kept | {"PATH": "/usr/bin:/bin", "USER": "root", "NXF_HOME": "/nowhere"}


@pytest.fixture(scope="module")
def bare_python(folder):
    """A folder for PATH with a python3 that has the standard library alone."""
    program = folder / "bare/python3"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n')
    program.chmod(0o755)
    return program.parent


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


def test_every_tool_of_the_image_answers_inside_with_its_version(site, environment):
    answer = subprocess.run(
        [*NO_NETWORK, site / "code/.venv/bin/python", "-c", SEEN],
        cwd=site / "code/bin", env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = json.loads(answer.stdout)
    versions = {tool["name"]: str(tool.get("version_13", tool["version"])) for tool in software.tools()}
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


def test_code_without_set_up_takes_its_python_from_the_image(site, folder, environment, bare_python):
    shutil.copytree(site / "code", folder / "code", ignore=shutil.ignore_patterns(".venv", "build"))
    answer = subprocess.run(
        [*NO_NETWORK, site / "engine/nextflow", "run", folder / "code", "-profile", "charliecloud",
         "--image", site / "code/build/linnaea", "--input", folder / "demo/genomes.yml",
         "--assembler", "wtdbg2", "--steps", "reads,assemble", "--outdir", "unset",
         "-ansi-log", "false"],
        cwd=folder, capture_output=True, text=True,
        env=environment | {"PATH": f"{bare_python}:/usr/bin:/bin", "NXF_HOME": str(folder / "nextflow")},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    with (folder / "unset/pipeline_info/trace.tsv").open() as handle:
        tasks = {task["process"].split(":")[-1]: task for task in csv.DictReader(handle, delimiter="\t")}
    assert (
        f"{site}/code/build/linnaea -- " in (folder / tasks["WTDBG2"]["workdir"] / ".command.run").read_text()
    )
    assert (folder / "unset/index.tsv").is_file()  # what runs after the last task ran as well
    (contigs,) = (folder / "unset").rglob("*.primary.fasta.gz")
    true = sum(len(letters) for _, letters in fasta_records(folder / "demo/truth/haplotype1.fasta"))
    assert sum(len(letters) for _, letters in fasta_records(contigs)) == pytest.approx(true, rel=0.1)
