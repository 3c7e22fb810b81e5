"""Say how a run goes: what is queued, running, done and failed by genome and stage, and the time left.

Reads the engine's log, its trace and the work directories of the tasks that are not done; asks nobody.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from linnaea.base.tables import read_unfinished_table
from linnaea.base.text import printable
from linnaea.run.launch import Launch, TaskAttempt, read_launch, task_folder

COUNTS = ("queued", "running", "done", "failed")
# Below this share of the plan done, its pace tells nothing.
LEAST_DONE = 0.02
# Failed tasks that are named.
NAMED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The launch directory, and a log elsewhere."""
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), help="where `nextflow run` was started [.]"
    )
    parser.add_argument("--log", type=Path, help="the engine's log, if not .nextflow.log in that directory")


def run(args: argparse.Namespace) -> int:
    """Print the state; exit code 0 also of a failed run."""
    print(screen(read_launch(args.folder, args.log)))
    return 0


def stage(process: str) -> str:
    """The stage of a process by its place in the workflow: `reads` of `ASSEMBLY:READS:FASTP`."""
    parts = process.split(":")
    return parts[min(1, max(0, len(parts) - 2))].lower()


def situation(task: TaskAttempt, launch: Launch, state: str) -> str:
    """One of COUNTS, or "": of attempts that were made again, and of tasks that their run left behind."""
    if task.state in ("done", "cached"):
        return "done"
    if task.state == "failed":
        return "" if task.retried else "failed"
    if state != "running":
        return ""
    folder = task_folder(launch.work, task.hash) if launch.work else None
    return "running" if folder and (folder / ".command.begin").exists() else "queued"


def table(launch: Launch, state: str, plan: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """Rows of (genome, stage, counts); populations are counted together: they may have 1,000 samples."""
    stages = {
        row["process"].split(":")[-1]: row["stage"] for row in plan if row.get("process") and row.get("stage")
    }
    rows: dict[tuple[str, str], Counter[str]] = {}
    for task in launch.tasks.values():
        process = task.process.split(":")
        genome = "populations" if process[0] == "POPGEN" else task.tag.split(" ")[0] or "all"
        key = (genome, stages.get(process[-1], stage(task.process)))
        rows.setdefault(key, Counter())[situation(task, launch, state)] += 1
    order = {genome: at for at, (genome, _) in reversed(list(enumerate(rows)))}
    return [
        [genome, name, *(str(rows[genome, name][count]) for count in COUNTS)]
        for genome, name in sorted(rows, key=lambda key: order[key[0]])
    ]


def time_left(launch: Launch, plan: Sequence[Mapping[str, str]], now: datetime) -> float | None:
    """Seconds until the end by the plan, at the pace so far; None without a plan, or too early to tell."""
    done, cached = (
        Counter(task.process.split(":")[-1] for task in launch.tasks.values() if task.state == state)
        for state in ("done", "cached")
    )
    costs: dict[str, list[float]] = {}
    for row in plan:
        with suppress(KeyError, TypeError, ValueError):
            cost = float(row["core_s"])
            costs.setdefault(row["process"].split(":")[-1], []).append(cost)
    made = ahead = 0.0
    for process, each in costs.items():
        mean, jobs = sum(each) / len(each), len(each) - min(cached[process], len(each))
        finished = min(done[process], jobs)
        made += mean * finished
        ahead += mean * (jobs - finished)
    if not launch.started or not made or made < LEAST_DONE * (made + ahead):
        return None
    return ahead * (now - launch.started).total_seconds() / made


def duration(seconds: float) -> str:
    """`3 h 20 min`, `2 d 4 h`, `45 s`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def screen(launch: Launch, now: datetime | None = None) -> str:
    """The state in words, the table, failed tasks, the time left."""
    now, state = now or datetime.now(), launch.state
    plan = read_unfinished_table(launch.outdir / "pipeline_info" / "plan.tsv") if launch.outdir else []
    since = f"{launch.started:%Y-%m-%d %H:%M}" if launch.started else "an unknown time"
    spent = duration(
        ((now if state == "running" else launch.last or now) - (launch.started or now)).total_seconds()
    )
    words = {
        "running": f"running since {since}, {spent} (process {launch.pid} on {launch.host})",
        "finished": f"finished: started {since}, took {spent}",
        "failed": f"failed: started {since}, ended after {spent}",
        "gone": f"gone: started {since}; the engine (process {launch.pid} on {launch.host}) ended without a "
        f"word after {spent}. Jobs of a scheduler may still run; continue with the same command and -resume",
    }
    lines = [printable(launch.command), words[state], ""]
    rows = [["genome", "stage", *COUNTS], *table(launch, state, plan)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        texts = [
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(texts).rstrip())
    tried = sum(task.retried for task in launch.tasks.values())
    failed = [task.name for task in launch.tasks.values() if situation(task, launch, "") == "failed"]
    lines.append("")
    if tried:
        lines.append(f"retried: {tried}")
    lines += [f"failed: {name}" for name in failed[:NAMED]]
    if len(failed) > NAMED:
        lines.append(f"failed: {len(failed) - NAMED} more")
    if state == "running":
        left = time_left(launch, plan, now)
        lines.append(
            f"time left according to the plan: about {duration(left)}"
            if left is not None
            else "time left: not known yet"
        )
    if state == "failed" and launch.failure:
        lines.append(f"why, and how to continue: {launch.failure}")
    return "\n".join(lines).rstrip()
