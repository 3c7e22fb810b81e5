"""What a run publishes: the documented list, the index, files and tasks that are not to be trusted."""

import gzip
import json
import os
import re
import shlex
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from linnaea import __version__
from linnaea.base.errors import InputError
from linnaea.base.tables import read_table, read_unfinished_table, write_table
from linnaea.catalogue.outputs import known_outputs
from linnaea.formats.sequences import BAM_END, is_empty
from linnaea.run.cost import account
from linnaea.run.crate import write_crate
from linnaea.run.launch import end_of
from linnaea.run.record import end_run_record

COLUMNS = ("file", "genome", "step", "tool", "version", "bytes", "description")
# What the scheduler writes of a task that went over its memory, at the end of its log.
LOST_CHILD = re.compile(
    rb"oom[_-]kill|^(?:slurmstepd|srun|sbatch):.*(?:out[ -]of[ -]memory|exceeded .*memory limit)",
    re.IGNORECASE | re.MULTILINE,
)
# Larger JSON is not read before it is used.
LARGEST_JSON_BYTES = 16 << 20
# Larger gzip is not read by `damage`.
LARGEST_GZIP_BYTES = 256 << 20
_BGZF = re.compile(rb"\x1f\x8b\x08\x04.{8}BC", re.DOTALL)


def tool_versions(software: Path) -> dict[str, tuple[str, str]]:
    """Process -> (tools, versions), each joined by commas, from a run's software.tsv."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in read_table(software) if software.exists() else ():
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
        rules = [rule for rule in outputs if rule.matches(name)]
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
    write_table(path, COLUMNS, [[row[name] for name in COLUMNS] for row in index_rows(outdir, own_version)])
    return path


def faulty_files(outdir: Path) -> list[str]:
    """Published files that are no results, each with the reason: empty, cut, or no JSON where they say so."""
    outputs = known_outputs()
    faults = []
    for path in sorted(path for path in outdir.rglob("*") if path.is_file()):
        name = path.relative_to(outdir).as_posix()
        rules = [rule for rule in outputs if rule.matches(name) and rule.step != "NEXTFLOW"]
        if rules and name != "index.tsv" and (fault := _fault(path, any(rule.empty for rule in rules))):
            faults.append(f"{name} {fault}")
    return faults


def _fault(path: Path, may_be_empty: bool) -> str:
    size = path.stat().st_size
    if not size:
        return "" if may_be_empty else "is empty"
    if path.suffix == ".json" and size <= LARGEST_JSON_BYTES:
        try:
            json.loads(path.read_bytes())
        except ValueError:
            return "is no JSON"
    with path.open("rb") as handle:
        if _BGZF.match(handle.read(14)):
            handle.seek(-min(size, len(BAM_END)), os.SEEK_END)
            if handle.read() != BAM_END:
                return "is cut"
    try:
        if path.suffix == ".gz" and not may_be_empty and is_empty(path):
            return "is empty"
    except InputError:
        return "is cut"
    return ""


def damage(path: Path) -> str:
    """What is wrong with a file whoever made it ("is empty", "is cut"); "" when nothing is seen.

    gzip of up to `LARGEST_GZIP_BYTES` is read to its end.
    """
    if not path.is_file():
        return ""
    if fault := _fault(path, may_be_empty=False):
        return fault
    if path.suffix != ".gz" or path.stat().st_size > LARGEST_GZIP_BYTES:
        return ""
    try:
        with gzip.open(path) as handle:
            while handle.read(1 << 20):
                pass
    except (EOFError, OSError, zlib.error):
        return "is truncated or damaged"
    return ""


def close_to_others(outdir: Path) -> None:
    """Take the right to write from everybody where the umask of the engine left it."""
    for path in (outdir, *outdir.rglob("*")):
        mode = path.lstat().st_mode
        if mode & stat.S_IWOTH and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~stat.S_IWOTH)


def finished_tasks(trace: Path) -> Iterator[dict[str, str]]:
    """Rows of the trace of tasks that ended well. Attempts that failed were made again, and count no more."""
    for row in read_unfinished_table(trace):
        if not row.get("workdir"):
            raise InputError(
                f"{trace} was overwritten by another run that was started meanwhile, so it is unknown "
                "whether a process of a task was killed for memory; run again with -resume, which "
                "repeats no tasks"
            )
        if row["status"] in ("COMPLETED", "CACHED"):
            yield row


def tasks_that_lost_a_child(trace: Path) -> dict[str, Path]:
    """Tasks of a run (process and tag) that ended well but whose log reports a process killed for memory.

    SLURM writes `oom_kill` into the log of a task even when the task itself ends with 0. The values are the
    work directories.
    """
    return {
        f"{row['process']} ({row['tag']})": Path(row["workdir"])
        for row in finished_tasks(trace)
        if LOST_CHILD.search(end_of(Path(row["workdir"]) / ".command.log"))
    }


def makers_of_faults(faults: Iterable[str], trace: Path) -> list[Path]:
    """Work directories of tasks whose own copy of a faulty published file (`faulty_files`) is faulty, too."""
    names = {Path(fault.split()[0]).name for fault in faults}
    folders = (Path(row["workdir"]) for row in finished_tasks(trace))
    return [
        folder
        for folder in folders
        if any(damage(folder / name) for name in names if not (folder / name).is_symlink())
    ]


def _removal(folders: Iterable[Path]) -> str:
    return f"`rm -r {' '.join(shlex.quote(str(folder)) for folder in folders)}`"


def finish_run(
    *,
    outdir: Path,
    stub: bool = False,
    engine: str = "{}",
) -> None:
    """After a run: index and cost; refuse it when a task lost a child process or a file is no result.

    stub: of a stub run, whose files are empty
    engine: what the engine knows of the run (JSON: nextflow, name, session, command, start, complete)
    """
    trace = outdir / "pipeline_info" / "trace.tsv"
    lost = tasks_that_lost_a_child(trace)
    if lost:
        raise InputError(
            "a process was killed for memory in a task that continued, so these results are not reliable: "
            f"{', '.join(lost)}; give that process more memory (`withName` in a file for -c), delete what "
            f"the task wrote ({_removal(lost.values())}) and run again with -resume"
        )
    faults = [] if stub else faulty_files(outdir)
    if faults:
        more = f" and {len(faults) - 10} more" if len(faults) > 10 else ""
        makers = makers_of_faults(faults, trace)
        remove = "delete these files" + (
            f" and what their steps wrote ({_removal(makers)})" if makers else ""
        )
        raise InputError(
            f"published files are not valid results: {'; '.join(faults[:10])}{more}; free space where the "
            f"disk or quota is full, {remove} and run again with -resume; if it happens again, the step that "
            "writes them has a bug"
        )
    # that of an earlier attempt
    (outdir / "pipeline_info" / "failure.md").unlink(missing_ok=True)
    try:
        account(outdir)
    except (InputError, ValueError) as fault:  # the results stand without
        print(f"note: the cost of this run could not be calculated: {fault}", file=sys.stderr)
    try:
        end_run_record(outdir, json.loads(engine))
        write_crate(outdir, index_rows(outdir, __version__))
    except (InputError, ValueError) as fault:
        print(f"note: the provenance of this run could not be written: {fault}", file=sys.stderr)
    close_to_others(outdir)
    write_index(outdir, __version__)
    for report in sorted(outdir.glob("*/report.html")):
        print(f"report: {report}")
