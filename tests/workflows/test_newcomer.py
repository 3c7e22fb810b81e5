"""The commands of the README and the tutorials on a minimal Debian, as a newcomer runs them after cloning."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tutorial import PAGES, commands

from linnaea.catalogue import software

# The tests run on Debian 12: its minimal root is set up at each change, and runs the README each night.
RELEASES = [pytest.param("bookworm", marks=pytest.mark.nightly), "trixie"]
# What the README asks for.
BEFORE = ["python3", "python3-venv", "make", "git", "ca-certificates"]
# A species and populations of it that run in minutes.
SPECIES = [
    "--size", "240000", "--chromosomes", "2", "--hifi-coverage", "24", "--hic-coverage", "8",
    "--rnaseq-pairs", "15000", "--mitochondrion-coverage", "0", "--contaminant-coverage", "0",
    "--symbiont-coverage", "0", "--dropouts", "0",
    "--populations", "--population-coverage", "10",
]  # fmt: skip
# Eight samples: two populations, one of them with a historical sample, and the outgroup.
SAMPLES = ("H1", "N1", "N2", "N3", "O1", "S1", "S2", "S3")
CHECKOUT = "root/linnaea"
# What a machine without a compiler lacks; populations run there, too.
COMPILED = ["fastmixture", "pcangsd"]
# How this machine reaches the package registries.
REACH = re.compile(r"(?i)(PIP_(?!FIND_LINKS)\w+|\w+_PROXY|\w*CA_BUNDLE|SSL_CERT_\w+)")
REACH_FILES = [
    "/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt",
    "/root/.m2/settings.xml", "/root/.config/pip/pip.conf",
]  # fmt: skip
# Mounts of a namespace of its own, which go with it.
ENTER = """
set -e
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
mkdir -p "$1/root/.cache/pip" && mount --bind "$2" "$1/root/.cache/pip"
root=$1; shift 2
exec chroot "$root" "$@"
"""


class Root:
    """A Debian in a folder."""

    def __init__(self, release: str, folder: Path, cache: Path):
        self.release, self.folder, self.cache = release, folder, cache

    def run(
        self, command: str, where: str = CHECKOUT, user: int = 0, home: str = "/root", path: str = ""
    ) -> subprocess.CompletedProcess:
        """Run a line of shell in it, in a folder of it."""
        environment = {name: value for name, value in os.environ.items() if REACH.fullmatch(name)}
        environment |= {"HOME": home, "LANG": "C.UTF-8", "TERM": "dumb"}
        environment["PATH"] = path or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", ENTER, "enter",
             self.folder, self.cache, *become, "/usr/bin/env", "-i",
             *(f"{name}={value}" for name, value in environment.items()),
             "/bin/bash", "-c", f"cd /{where} && {command}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip


def readme_commands() -> list[str]:
    """Lines of shell of the README up to the first run on a user's own reads, without those that test."""
    lines = re.findall(r"(?m)^    (\w.*?)(?: +#.*)?$", (software.ROOT / "README.md").read_text())
    before = lines[: next(index for index, line in enumerate(lines) if line.startswith("nextflow run"))]
    return [line for line in before if line not in ("make check", "make test")]


def tutorial_commands() -> list[str]:
    """Lines of shell of the tutorials that the README does not have."""
    return [line for page in PAGES for line in commands(page) if line not in readme_commands()]


@pytest.fixture(scope="module")
def species(tmp_path_factory):
    folder = tmp_path_factory.mktemp("species") / "demo"
    linnaea = Path(sys.executable).with_name("linnaea")
    subprocess.run([linnaea, "simulate", "--out", folder, *SPECIES], check=True)
    sheet = folder / "population/samples.csv"
    header, *rows = sheet.read_text().splitlines(keepends=True)
    sheet.write_text("".join([header, *(row for row in rows if row.split(",")[0] in SAMPLES)]))
    return folder


@pytest.fixture(scope="module")
def debian(request, tmp_path_factory):
    """A minimal root of a release that reaches the registries as this machine does, with a clone in it."""
    folder = tmp_path_factory.mktemp(request.param) / "root"
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", "--skip=output/dev", f"--include={','.join(BEFORE)}",
         request.param, folder], check=True,
    )  # fmt: skip
    for name in filter(os.path.exists, REACH_FILES):
        (folder / name[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, folder / name[1:])
    settings = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    reach = "\n".join(line for line in settings.splitlines() if line.startswith("Acquire::http"))
    (folder / "etc/apt/apt.conf.d/99reach").write_text(reach + "\n")
    pip = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True)
    own = folder.parent / "pip"
    cache = Path(pip.stdout.strip()) if request.param == "bookworm" and pip.returncode == 0 else own
    cache.mkdir(parents=True, exist_ok=True)
    clone(folder / CHECKOUT)
    yield Root(request.param, folder, cache)
    shutil.rmtree(folder.parent)


def clone(place: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{software.ROOT}", place], check=True)


def test_the_readme_names_its_commands():
    assert readme_commands() == [
        "make demo",
        "make demo-popgen",
        "source .venv/bin/activate",
        "linnaea doctor",
    ]


@pytest.mark.parametrize("debian", ["bookworm"], indirect=True)
def test_an_ordinary_user_without_dpkg(debian):
    """As on a cluster of another Linux: `make setup` makes what it can and says what is missing."""
    home = debian.folder / "home/guest"
    (home / "bin").mkdir(parents=True)
    for program in (debian.folder / "usr/bin").iterdir():
        if not re.match(r"dpkg|apt|sudo", program.name):
            (home / "bin" / program.name).symlink_to(f"/usr/bin/{program.name}")
    clone(home / "linnaea")
    subprocess.run(["chown", "-R", "1000:1000", home], check=True)
    guest = {"where": "home/guest/linnaea", "user": 1000, "home": "/home/guest", "path": "/home/guest/bin"}

    answer = debian.run("make setup", **guest)
    assert answer.returncode == 0, answer.stdout
    assert re.search("not on this machine: .*\\bkmc, ", answer.stdout)
    for word in ("-profile apptainer", "-profile conda", "modules", "pcangsd==", "C++ compiler"):
        assert word in answer.stdout
    assert "apt-get" not in answer.stdout

    answer = debian.run("source .venv/bin/activate && linnaea doctor", **guest)
    assert answer.returncode == 1
    assert "conda install bioconda::kmc=" in answer.stdout and "apt-get" not in answer.stdout
    assert re.search(r"(?m)^cutadapt +embedded +found", answer.stdout)
    shutil.rmtree(home)


@pytest.mark.parametrize("debian", RELEASES, indirect=True)
def test_the_commands_of_the_readme(debian, species):
    shutil.copytree(species, debian.folder / CHECKOUT / "demo")
    done = []
    for command in readme_commands():
        if command == "source .venv/bin/activate":
            done = [command]
            continue
        without = COMPILED if command == "make demo-popgen" and debian.release == "bookworm" else []
        hide = [f"mv .venv/bin/{program} /tmp" for program in without]
        bring_back = [f"mv /tmp/{program} .venv/bin" for program in without]
        answer = debian.run(" && ".join([*done, *hide, command, *bring_back]))
        assert answer.returncode == 0, f"{command}: {answer.stdout[-5000:]}"
        for program in without:
            assert f"note: {program} is not installed on this machine" in answer.stdout
        if command.startswith("make demo"):
            report = re.search(r"The report: (/\S+)", answer.stdout)[1]
            assert (debian.folder / report[1:]).stat().st_size > 100_000
    found = re.findall(r"(?m)^\S+ +embedded +(\w+)", answer.stdout)
    assert len(found) > 30 and set(found) == {"found"}
    for command in tutorial_commands():
        answer = debian.run(f"source .venv/bin/activate && {command}")
        assert answer.returncode == 0, f"{command}: {answer.stdout[-5000:]}"
        assert answer.stdout.strip()
