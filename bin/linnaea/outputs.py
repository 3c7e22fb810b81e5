"""What a run publishes: the documented list, the index, and tasks that lost a child process to memory."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from linnaea.metrics import complete_file
from linnaea.software import ROOT

COLUMNS = ("file", "genome", "step", "tool", "version", "bytes", "description")


@dataclass(frozen=True)
class Output:
    """A published file: glob `pattern` below the output directory, the process (`step`) that makes it."""

    pattern: str
    step: str
    description: str


def known_outputs() -> list[Output]:
    """The rows of assets/outputs.tsv."""
    with (ROOT / "assets" / "outputs.tsv").open() as handle:
        return [Output(**row) for row in csv.DictReader(handle, delimiter="\t")]


def tool_versions(software: Path) -> dict[str, tuple[str, str]]:
    """Process -> (tools, versions), each joined by commas, from a run's software.tsv."""
    found: dict[str, list[tuple[str, str]]] = {}
    if software.exists():
        with software.open() as handle:
            for row in csv.DictReader(handle, delimiter="\t"):
                found.setdefault(row["process"], []).append((row["tool"], row["version"]))
    return {
        process: (",".join(tool for tool, _ in used), ",".join(version for _, version in used))
        for process, used in found.items()
    }


def index_rows(outdir: Path, own_version: str) -> Iterator[dict[str, str | int]]:
    """One row for every file below `outdir`, sorted by path; a file no rule knows has step `unknown`."""
    outputs = known_outputs()
    versions = tool_versions(outdir / "pipeline_info" / "software.tsv")
    for path in sorted(path for path in outdir.rglob("*") if path.is_file()):
        name = path.relative_to(outdir).as_posix()
        rules = [rule for rule in outputs if fnmatch(name, rule.pattern.replace("<id>", "*"))]
        # several steps can make a file (one assembler or another): the one that ran did
        output = next((rule for rule in rules if rule.step in versions), rules[0] if rules else None)
        step = output.step if output else "unknown"
        if name == "index.tsv" or step == "NEXTFLOW":  # the engine still writes its own pages
            continue
        tool, version = versions.get(step, ("linnaea", own_version))
        per_genome = output is not None and output.pattern.startswith("<id>/")
        yield {
            "file": name,
            "genome": name.split("/")[0] if per_genome else "",
            "step": step,
            "tool": tool,
            "version": version,
            "bytes": path.stat().st_size,
            "description": output.description if output else "",
        }


def write_index(outdir: Path, own_version: str) -> Path:
    """Write `index.tsv` of everything below `outdir`; returns its path."""
    path = outdir / "index.tsv"
    rows = list(index_rows(outdir, own_version))
    with complete_file(path) as handle:
        writer = csv.DictWriter(handle, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def tasks_that_lost_a_child(trace: Path) -> list[str]:
    """Tasks of a run (name of process and tag) whose log tells of a process killed for memory.

    SLURM writes `oom_kill` into the log of a task even when the task itself ends with 0.
    """
    hit = []
    with trace.open() as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            log = Path(row["workdir"]) / ".command.log"
            if log.exists() and "oom_kill" in log.read_text(errors="replace"):
                hit.append(f"{row['process']} ({row['tag']})")
    return hit
