import re
import subprocess
import sys

import pytest

from linnaea.catalogue import software

pytestmark = pytest.mark.slow

PROCESSES = {
    name: re.sub(r"onHead\(\[.*?\]\)", "", body.split("stub:")[0])  # that runs outside
    for path in (software.ROOT / "modules").rglob("*.nf")
    for name, body in re.findall(r"(?ms)^process (\w+) \{(.*?)^\}", path.read_text())
}
OPTIONAL = {name: used for name, used in software.processes().items() if software.published_image(used)}
OWN_STEPS = {path.name for path in (software.ROOT / "bin").glob("*.py")}


def test_every_process_has_its_software():
    assert PROCESSES.keys() - {"GVCF_FOLDER", "CHECKSUMS"} == software.processes().keys()  # coreutils alone


@pytest.mark.parametrize("name", sorted(software.processes()))
def test_a_process_lists_our_package_when_it_runs_our_steps(name):
    own = OWN_STEPS & set(re.findall(r"\b\w+\.py\b", PROCESSES[name]))
    listed = "linnaea" in {tool["name"] for tool in software.processes()[name]}
    assert listed >= bool(own)


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_an_optional_tool_runs_alone_in_its_image(name):
    script = PROCESSES[name].split("script:")[1]
    assert OWN_STEPS & set(re.findall(r"\b\w+\.py\b", script)) <= {"tool_metrics.py"}
    helpers = {"samtools", "bcftools"} if name in ("HAPLOTYPECALLER", "GENOTYPE_GVCFS", "GLNEXUS") else set()
    others = {"bgzip", "samtools", "bcftools", "bedtools", "seqkit"} - helpers
    assert set(re.findall(r"(?<![\w/.]) *\b(\w+) +-", re.sub(r"#.*", "", script))).isdisjoint(others)


def test_what_runs_in_another_image_needs_the_standard_library_alone():
    command = [sys.executable, "-S", "-B", software.ROOT / "bin/tool_metrics.py", "busco", "--help"]
    assert subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("tool", software.tools(), ids=lambda tool: tool["name"])
def test_versions_are_pinned_and_image_and_conda_agree(tool):
    specs = [spec for spec in [tool.get("bioconda"), *tool.get("libraries", [])] if spec]
    for spec in specs:
        assert re.fullmatch(r"(bioconda|conda-forge)::[\w.-]+=[\w.]+", spec)
    image = tool.get("image")
    if not image:
        return
    name, tag = re.fullmatch(r"[\w.]+/[\w-]+/([\w-]+):([\w.-]+)", image).groups()
    assert tag != "latest"
    if "/biocontainers/" in image:
        assert tool["bioconda"].split("::") in [
            [channel, f"{name}={tag.split('--')[0]}"] for channel in ("bioconda", "conda-forge")
        ]


def test_without_a_reason_no_optional_tool_lacks_an_image():
    text = software.LIST.read_text()
    blocks = re.split(r"(?m)^(?=- name: )", text)[1:]
    lacking = [block for block in blocks if "role: test" not in block and "\n  image: q" not in block]
    for block in lacking:
        assert re.search(r"\n  image: (null  # .+|(ghcr|docker)\.io/.+|community\..+)", block), block[:40]


def test_images_are_listed_under_the_names_that_nextflow_looks_for(tmp_path):
    (tmp_path / "apptainer").write_text('#!/bin/sh\necho "$3 $4" >> pulled.txt\n')
    (tmp_path / "apptainer").chmod(0o755)
    (tmp_path / "images").mkdir()
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NXF_APPTAINER_LIBRARYDIR": str(tmp_path / "images")}
    subprocess.run([software.ROOT / "containers/pull.sh", "hifiasm"], env=environment, check=True)
    pulled = (tmp_path / "images/pulled.txt").read_text()
    image = next(tool["image"] for tool in software.tools() if tool["name"] == "hifiasm")
    assert pulled == f"{image.replace('/', '-').replace(':', '-')}.img docker://{image}\n"


@pytest.mark.parametrize("engine", ["conda", "apptainer", "docker", "podman", "charliecloud"])
def test_a_profile_turns_on_its_engine_alone(engine):
    answer = subprocess.run(
        ["nextflow", "config", "-flat", "-profile", engine, software.ROOT], capture_output=True, text=True
    )
    settings = dict(line.split(" = ", 1) for line in answer.stdout.splitlines() if " = " in line)
    enabled = {name.split(".")[0] for name in settings if name.endswith(".enabled")}
    assert enabled - {"trace", "report", "timeline"} == {engine}
    assert settings["params.check_tools"] == "false"
    assert settings.get("process.container", "null") == settings["params.image"]
    assert (settings["params.image"] == "null") == (engine == "conda")
