import os
import platform
import stat
import subprocess
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from linnaea import cli
from linnaea.base.errors import InputError
from linnaea.catalogue import software
from linnaea.install import doctor, engine

pytestmark = pytest.mark.slow


def executable(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def only_path(tmp_path, monkeypatch):
    """An empty folder that is the whole PATH (besides the shell's own)."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


TOOL = {"name": "flye", "role": "option", "command": "flye --version", "step": "assembly"}
MINIMAP2 = {"name": "minimap2", "role": "embedded", "command": "minimap2 --version", "step": "mapping"}
TROUBLE = {"version": "2.9.1", "with": {"minimap2": "2.24"}, "why": "an option it lacks", "remedy": "newer"}


def test_doctor_knows_missing_from_found(only_path):
    executable(only_path / "flye", "echo 2.9.5-b1801")
    executable(only_path / "apt-get", "")
    found, missing = doctor.examine([TOOL, MINIMAP2 | {"debian": "minimap2"}])
    assert (found.state, found.version) == ("found", "2.9.5")
    assert (missing.state, missing.remedy) == ("missing", doctor.as_root("apt-get install minimap2"))


def test_doctor_tells_what_does_not_start_from_what_is_missing(only_path):
    executable(only_path / "flye", "echo No module named pipes >&2; exit 1")
    (finding,) = doctor.examine([TOOL])
    assert finding.state == "broken" and "`flye --version`" in finding.remedy


def test_a_tool_called_with_a_variable_is_not_taken_for_env(only_path):
    executable(only_path / "env", 'exec /usr/bin/env "$@"')
    tool = TOOL | {"command": "env USER=anyone ch-run --version", "homepage": "x"}
    (finding,) = doctor.examine([tool])
    assert finding.state == "missing"


def test_doctor_finds_what_set_up_put_into_the_python_environment(only_path):
    cutadapt = next(tool for tool in software.tools() if tool["name"] == "cutadapt")
    assert doctor.examine([cutadapt])[0].state == "found"


@pytest.mark.parametrize(
    ("user", "apt", "release", "remedy"),
    [
        (0, True, "12", "apt-get install old"), (1000, True, "12", "sudo apt-get install old"),
        (1000, True, "13", "sudo apt-get install new"), (1000, False, "13", "conda install bioconda::tool=1"),
    ],
)  # fmt: skip
def test_a_remedy_is_for_this_machine(only_path, monkeypatch, user, apt, release, remedy):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian", "VERSION_ID": release})
    if apt:
        executable(only_path / "apt-get", "")
    tool = {"name": "tool", "debian": "old", "debian_13": "new", "bioconda": "bioconda::tool=1"}
    assert doctor.how_to_get(tool) == remedy


def test_a_machine_without_apt_hears_of_containers_conda_and_modules(only_path, capsys):
    executable(only_path / "podman", "")
    assert cli.main(["doctor", "--missing"]) == 0
    said = capsys.readouterr().out
    assert "kmc" in said and "apt-get" not in said
    assert "-profile podman (on this machine)" in said
    assert "-profile conda" in said and "modules" in said


def test_doctor_says_nothing_of_missing_programs_where_none_is(capsys):
    assert cli.main(["doctor", "--missing"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("minimap2", "state"), [("2.24-r1122", "broken"), ("2.28-r1209", "found")])
def test_doctor_finds_flye_broken_only_with_old_minimap2(only_path, minimap2, state):
    executable(only_path / "flye", "echo 2.9.1-b1780")
    executable(only_path / "minimap2", f"echo {minimap2}")
    finding = doctor.examine([TOOL | {"broken": [TROUBLE]}, MINIMAP2])[0]
    assert finding.state == state


def test_doctor_fails_when_an_embedded_default_is_missing(only_path, capsys):
    executable(only_path / "apt-get", "")
    assert cli.main(["doctor", "--role", "embedded"]) == 1
    assert doctor.as_root("apt-get install kmc") in capsys.readouterr().out


def test_doctor_passes_on_this_machine(capsys):
    assert cli.main(["doctor", "--role", "embedded", "--role", "test"]) == 0
    assert {line.split()[2] for line in capsys.readouterr().out.splitlines()[1:]} == {"found"}


def test_every_process_of_the_list_exists():
    text = "".join(path.read_text() for path in (software.ROOT / "modules").rglob("*.nf"))
    named = {process for tool in software.tools() for process in tool["processes"]}
    assert {name for name in named if f"process {name} {{" not in text} == set()


def test_made_files_are_up_to_date():
    assert cli.main(["software", "--check"]) == 0
    assert cli.main(["docs", "--check"]) == 0


def test_old_nextflow_of_the_user_is_not_taken(only_path):
    executable(only_path / "nextflow", "echo 'nextflow version 23.04.1.5866'")
    assert engine.users_nextflow(only_path / "venv") is None
    executable(only_path / "nextflow", "echo 'nextflow version 25.10.2.10555'")
    assert engine.users_nextflow(only_path / "venv") == str(only_path / "nextflow")


def test_launcher_runs_offline_with_the_engine_of_set_up():
    answer = subprocess.run(["nextflow", "-v"], capture_output=True, text=True, env=os.environ)
    version = tuple(map(int, answer.stdout.split()[2].split(".")[:2]))
    assert version >= engine.OLDEST


def test_a_collector_of_the_user_takes_the_place_of_ours():
    for options in ("", "-XX:+UseG1GC -Xmx1g"):
        environment = os.environ | {"NXF_OPTS": options}
        answer = subprocess.run(["nextflow", "-v"], capture_output=True, text=True, env=environment)
        assert answer.returncode == 0, answer.stderr


def test_a_resolver_without_result_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="could not be resolved from Maven Central"):
        engine.resolve(tmp_path / "jars", engine.java_home(), ["no.such.group:nothing:0"])
    assert not (tmp_path / "jars").exists()


def test_schema_and_defaults_agree():
    answer = subprocess.run(["nextflow", "config", "-flat", "."], capture_output=True, text=True, check=True)
    set_to = dict(
        line.removeprefix("params.").split(" = ", 1)
        for line in answer.stdout.splitlines()
        if line.startswith("params.")
    )
    import json

    groups = json.loads((software.ROOT / "nextflow_schema.json").read_text())["$defs"].values()
    entries = {name: entry for group in groups for name, entry in group["properties"].items()}
    assert set_to.keys() == entries.keys()
    for name, entry in entries.items():
        given = set_to[name].strip("'")
        default = entry.get("default")
        expected = default if isinstance(default, str) else json.dumps(default)
        assert given == expected, name


def test_the_suite_runs_every_test_file():
    parts = (software.ROOT / "tests/run.sh").read_text().split()
    files = [*software.ROOT.glob("tests/cluster/test_*"), *software.ROOT.glob("tests/workflows/test_*")]
    assert len(files) > 15
    assert {str(path.relative_to(software.ROOT)) for path in files} - set(parts) == set()


def set_up(folder, script):
    """Run set-up where only these programs and those of the folder are on PATH."""
    for program in ("bash", "cat", "dirname", "env", "grep", "id", "sed", "sha256sum", "touch", "true"):
        (folder / program).symlink_to(f"/usr/bin/{program}")
    environment = {"PATH": str(folder), "HOME": str(folder)}
    return subprocess.run([script, "test"], capture_output=True, text=True, env=environment)


def test_set_up_without_dpkg_names_what_is_missing_and_ends_well(tmp_path):
    # of a module that set-up itself does not import
    byte_code = Path(cache_from_source(str(software.ROOT / "bin/linnaea/population/pca.py")))
    byte_code.unlink(missing_ok=True)
    answer = set_up(tmp_path, software.ROOT / "containers/setup.sh")
    assert answer.returncode == 0, answer.stderr
    assert byte_code.exists()
    assert "not on this machine: " in answer.stdout and "kmc" in answer.stdout
    assert "-profile conda" in answer.stdout and "apt-get" not in answer.stdout + answer.stderr


def test_set_up_with_an_old_python_says_which_it_needs(tmp_path):
    (tmp_path / "checkout/containers").mkdir(parents=True)
    script = tmp_path / "checkout/containers/setup.sh"
    script.write_text((software.ROOT / "containers/setup.sh").read_text())
    script.chmod(0o755)
    (tmp_path / "bin").mkdir()
    executable(tmp_path / "bin/python3", '[ "$1" = --version ] && echo Python 3.9.18; exit 1')
    answer = set_up(tmp_path / "bin", script)
    assert answer.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed, and python3 is Python 3.9.18" in answer.stderr
