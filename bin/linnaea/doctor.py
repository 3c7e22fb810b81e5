"""Say which tools of containers/software.yml this machine has, which version, and what is missing."""

import argparse
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

from linnaea.software import tools

ANY_VERSION = r"(\d+\.\d+(?:\.\d+)*)"


@dataclass(frozen=True)
class Finding:
    """What was seen of one tool: `state` is found, missing or broken; `version` None when unknown."""

    tool: dict[str, Any]
    state: str
    version: str | None
    remedy: str


def version_of(tool: dict[str, Any]) -> str | None:
    """Version the tool's own command prints; None when it is absent or prints none."""
    command = shlex.split(tool["command"])
    if shutil.which(command[0]) is None:
        return None
    try:
        answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(tool.get("pattern", ANY_VERSION), answer.stdout + answer.stderr)
    return found[1] if found else None


def how_to_get(tool: dict[str, Any]) -> str:
    """The command that installs a tool on a plain machine, or where to find it."""
    if tool.get("debian"):
        return f"sudo apt-get install {tool['debian']}"
    if tool.get("pypi"):
        return f"pip install {tool['pypi']}"
    if tool.get("bioconda"):
        return f"conda install {tool['bioconda']}"
    return f"see {tool['homepage']}"


def examine(listed: list[dict[str, Any]]) -> list[Finding]:
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
        if version is None:
            findings.append(Finding(tool, "missing", None, how_to_get(tool)))
        elif trouble:
            findings.append(Finding(tool, "broken", version, f"{trouble['why']}: {trouble['remedy']}"))
        else:
            findings.append(Finding(tool, "found", version, ""))
    return findings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--role` limits the look to one group of tools."""
    parser.add_argument(
        "--role", action="append", choices=["embedded", "option", "test"],
        help="only tools of this role (may be repeated)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Print a table of all tools; 1 when an embedded default is missing or broken."""
    listed = tools()
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
    return int(any(f.state != "found" and f.tool["role"] == "embedded" for f in findings))
