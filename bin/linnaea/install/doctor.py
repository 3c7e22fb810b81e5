"""Say which tools of containers/software.yml this machine has, which version, and what is missing."""

import argparse
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.catalogue.software import ANY_VERSION, Tool, compiled_packages, tools

# Container engines that have a profile, by their program.
ENGINES = {"apptainer": "apptainer", "docker": "docker", "podman": "podman", "ch-run": "charliecloud"}


@dataclass(frozen=True)
class Finding:
    """What was seen of one tool: `state` is found, missing or broken; `version` None when unknown."""

    tool: Tool
    state: str
    version: str | None
    remedy: str


def program_of(tool: Tool) -> str | None:
    """Path of the tool's own program: of PATH, or of the Python environment of this command, as in a task."""
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    words = (word for word in shlex.split(tool["command"]) if word != "env" and "=" not in word)
    return shutil.which(next(words), path=os.pathsep.join(folders))


def version_of(tool: Tool) -> str | None:
    """Version the tool's own command prints; None when it is absent or prints none."""
    program = program_of(tool)
    if program is None:
        return None
    environment = os.environ | {"PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        answer = subprocess.run(
            shlex.split(tool["command"]), capture_output=True, text=True, errors="replace", timeout=120,
            env=environment,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(tool.get("pattern", ANY_VERSION), answer.stdout + answer.stderr)
    return found[1] if found else None


def debian_packages_of(tool: Tool) -> str:
    """The Debian packages of a tool in this machine's release; "" without apt or where there are none."""
    if not shutil.which("apt-get"):
        return ""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    newer = release.get("ID") == "debian" and int(release.get("VERSION_ID", "13")) >= 13
    return (tool.get("debian_13", tool.get("debian")) if newer else tool.get("debian")) or ""


def as_root(command: str) -> str:
    """A command as this user has to type it."""
    return command if os.geteuid() == 0 else f"sudo {command}"


def how_to_get(tool: Tool) -> str:
    """The command that installs a tool on this machine, or where to find it."""
    if packages := debian_packages_of(tool):
        return as_root(f"apt-get install {packages}")
    if tool.get("fetch"):
        return f"linnaea fetch {tool['fetch']}"
    if tool.get("pypi") in compiled_packages():
        return "make setup, on a machine with a C++ compiler and the headers of Python"
    if tool.get("pypi"):
        return "make setup"
    if tool.get("bioconda"):
        return f"conda install {tool['bioconda']}"
    return f"see {tool['homepage']}"


def ways(missing: Sequence[Tool]) -> str:
    """What a user of a machine without these tools can do."""
    names = ", ".join(tool["name"] for tool in missing)
    lines = [f"not on this machine: {names}. The ways to get them:"]
    packages = " ".join(sorted({word for tool in missing for word in debian_packages_of(tool).split()}))
    if packages:
        lines.append(f"  Debian      {as_root('apt-get update')} && {as_root(f'apt-get install {packages}')}")
    if any(tool.get("pypi") in compiled_packages() for tool in missing):
        lines.append(
            "  compiler    install a C and C++ compiler with the headers of Python (Debian: g++ libc6-dev "
            "python3-dev), then make setup"
        )
    here = [profile for program, profile in ENGINES.items() if shutil.which(program)]
    lines += [
        f"  containers  -profile {' or '.join(here or ENGINES.values())}"
        + (" (on this machine)" if here else ", where one of these is installed")
        + ": tasks run in the image, none of them is needed here",
        "  conda       -profile conda: the run makes environments, so none of them is needed here",
        "  modules     load the cluster's modules for them before the run",
    ]
    return "\n".join(lines)


def examine(listed: list[Tool]) -> list[Finding]:
    """Look for every tool; a found tool that is known not to work with another found one is broken."""
    versions = {tool["name"]: version_of(tool) for tool in listed}
    findings = []
    for tool in listed:
        version = versions[tool["name"]]
        trouble = next(
            (
                case
                for case in tool.get("broken", [])
                if version == case["version"]
                and all((versions.get(name) or "").startswith(bad) for name, bad in case["with"].items())
            ),
            None,
        )
        if version is None and program_of(tool):
            why = f"`{tool['command']}` prints no version: run it to see why, and reinstall the tool"
            findings.append(Finding(tool, "broken", None, why))
        elif version is None:
            findings.append(Finding(tool, "missing", None, how_to_get(tool)))
        elif trouble:
            findings.append(Finding(tool, "broken", version, f"{trouble['why']}: {trouble['remedy']}"))
        else:
            findings.append(Finding(tool, "found", version, ""))
    return findings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--role` limits the look to one group of tools, `--missing` the answer to what is not there."""
    parser.add_argument(
        "--role", action="append", choices=["embedded", "option", "test"],
        help="only tools of this role (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--missing", action="store_true",
        help="only list the missing programs of the default set-up, and the ways to get them",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Print a table of all tools; 1 when an embedded default is missing or broken."""
    listed = tools()
    if args.missing:
        missing = [tool for tool in listed if tool["role"] == "embedded" and not program_of(tool)]
        if missing:
            print(ways(missing))
        return 0
    findings = examine(listed)
    if args.role:
        findings = [finding for finding in findings if finding.tool["role"] in args.role]
    rows = [("tool", "role", "state", "version", "needed for", "remedy")] + [
        (f.tool["name"], f.tool["role"], f.state, f.version or "-", f.tool["step"], f.remedy)
        for f in findings
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        print(
            "  ".join(
                [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]
            ).rstrip()
        )
    missing = [f.tool for f in findings if f.state == "missing" and f.tool["role"] == "embedded"]
    if missing:
        print(f"\n{ways(missing)}")
    return int(any(f.state != "found" and f.tool["role"] == "embedded" for f in findings))
