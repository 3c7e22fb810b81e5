"""What a run asked for, used and was planned to use, from its trace and its plan."""

import argparse
import html
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.tables import read_unfinished_table, write_table
from linnaea.catalogue.resources import processes, stages
from linnaea.report.placeholders import COST, COST_LINK, fill
from linnaea.run.launch import bytes_of, seconds_of
from linnaea.run.plan import aligned, core_hours

COLUMNS = (
    "stage", "process", "jobs", "planned_jobs", "failed_attempts", "used_core_h", "planned_core_h",
    "asked_core_h", "wasted_core_h", "peak_memory_gb", "asked_memory_gb", "longest_h", "asked_h", "advice",
)  # fmt: skip
# A request is far off when a task of at least so many core-seconds used less than this share of it.
WORTH_SAYING_S, FAR_OFF = 600, 0.35
# The least memory that is worth asking for less than.
LEAST_GB = 4


@dataclass(frozen=True)
class Attempt:
    """One row of the trace. Used time is CPU time (%cpu times real time), asked for cpus times real time."""

    workflow: str
    process: str
    tag: str
    status: str
    cpus: int
    real_s: float
    used_s: float
    memory_gb: float
    peak_gb: float

    @property
    def failed(self) -> bool:
        return self.status not in ("COMPLETED", "CACHED")

    @property
    def asked_s(self) -> float:
        return self.cpus * self.real_s


def read_trace(path: Path) -> list[Attempt]:
    """The attempts of a run; InputError when the file is no trace."""
    rows = read_unfinished_table(path)
    if rows and not {"process", "status", "cpus", "realtime", "%cpu", "peak_rss"} <= rows[0].keys():
        raise InputError(f"{path} is not a trace of this pipeline; give pipeline_info/trace.tsv of a run")
    attempts = []
    for row in rows:
        places = row["process"].split(":")
        real = seconds_of(row["realtime"])
        share = row["%cpu"].rstrip("%")
        used = real * float(share) / 100 if share.replace(".", "").isdigit() else 0.0
        attempts.append(
            Attempt(
                places[0].lower(), places[-1], row["tag"], row["status"], int(row["cpus"]), real, used,
                bytes_of(row["memory"]) / 2**30, bytes_of(row["peak_rss"]) / 2**30,
            )
        )  # fmt: skip
    return attempts


def stage_of(attempt: Attempt) -> str:
    """The stage of the table that an attempt belongs to; its process where the table does not know it."""
    entry = processes().get(attempt.process)
    if entry is None:
        return attempt.workflow
    own = [use.stage for use in entry.uses if use.workflow == attempt.workflow]
    return (own or [use.stage for use in entry.uses])[0]


@dataclass
class Line:
    """A stage or process of the comparison; times in core-seconds, memory in GB."""

    stage: str
    process: str
    jobs: int = 0
    failed: int = 0
    used: float = 0.0
    asked: float = 0.0
    wasted: float = 0.0
    peak: float = 0.0
    memory: float = 0.0
    longest: float = 0.0
    hours: float = 0.0
    planned_jobs: int = 0
    planned: float = 0.0
    advice: list[str] = field(default_factory=list)


def compare(attempts: Sequence[Attempt], plan: Sequence[Mapping[str, str]]) -> list[Line]:
    """One line per process, in the order of the table, then of the trace."""
    lines: dict[tuple[str, str], Line] = {}
    for row in plan:
        line = lines.setdefault((row["stage"], row["process"]), Line(row["stage"], row["process"]))
        line.planned_jobs += 1
        line.planned += float(row["core_s"])
        line.hours = max(line.hours, float(row["hours"]))
    for attempt in attempts:
        stage = stage_of(attempt)
        line = lines.setdefault((stage, attempt.process), Line(stage, attempt.process))
        if attempt.failed:
            line.failed += 1
            line.wasted += attempt.asked_s
            continue
        line.jobs += 1
        line.used += attempt.used_s
        line.asked += attempt.asked_s
        line.peak = max(line.peak, attempt.peak_gb)
        line.memory = max(line.memory, attempt.memory_gb)
        line.longest = max(line.longest, attempt.real_s)
    order = {stage: place for place, stage in enumerate(stages())}
    found = sorted(lines.values(), key=lambda line: order.get(line.stage, len(order)))
    for line in found:
        line.advice = _advice(line)
    return found


def _advice(line: Line) -> list[str]:
    """What to change, in words; nothing of what is small."""
    said = []
    if line.failed:
        said.append(f"{line.failed} attempts failed and were repeated")
    if line.asked >= WORTH_SAYING_S:
        if line.used < FAR_OFF * line.asked:
            said.append(f"kept {line.used / line.asked:.0%} of its cores busy: request fewer cpus")
        if line.memory >= LEAST_GB and line.peak < FAR_OFF * line.memory:
            said.append(f"used {line.peak:.1f} of {line.memory:.0f} GB: request less memory")
        if line.planned and not 0.5 <= line.used / line.planned <= 2:
            said.append(f"{line.used / line.planned:.1f} times the plan: `linnaea calibrate` fits it")
    if line.peak > 0.9 * line.memory > 0:
        said.append(f"used {line.peak:.1f} of {line.memory:.0f} GB: request more memory")
    return said


def by_stage(lines: Sequence[Line]) -> list[Line]:
    """The sums of stages, then of all."""
    totals: dict[str, Line] = {}
    for name in (*dict.fromkeys(line.stage for line in lines), "all"):
        parts = [line for line in lines if name in (line.stage, "all")]
        total = totals[name] = Line(name, "")
        for key in ("jobs", "failed", "used", "asked", "wasted", "planned_jobs", "planned"):
            setattr(total, key, sum(getattr(part, key) for part in parts))
        for key in ("peak", "memory", "longest", "hours"):
            setattr(total, key, max(getattr(part, key) for part in parts))
        total.advice = [f"{part.process} {said}" for part in parts for said in part.advice]
    return list(totals.values())


HEADER = ["stage", "jobs", "core-h planned", "used", "asked", "wasted", "memory used", "asked"]


def rows_of(totals: Sequence[Line]) -> list[list[str]]:
    """Cells of the table of stages."""
    return [
        [
            line.stage,
            f"{line.jobs:,}",
            core_hours(line.planned) if line.planned_jobs else "-",
            core_hours(line.used),
            core_hours(line.asked),
            core_hours(line.wasted),
            f"{line.peak:.1f} GB",
            f"{line.memory:.0f} GB",
        ]
        for line in totals
    ]


def table(lines: Sequence[Line]) -> str:
    """The comparison for a terminal: stages, totals, and advice."""
    totals = by_stage(lines)
    text = aligned([HEADER, *rows_of(totals)])
    advice = totals[-1].advice
    return "\n".join([*text, *([""] if advice else []), *advice, ""])


def write_cost(path: Path, lines: Sequence[Line]) -> None:
    """Write the comparison as TSV: one row per process."""
    rows = [
        (
            line.stage, line.process, line.jobs, line.planned_jobs, line.failed,
            f"{line.used / 3600:.4g}", f"{line.planned / 3600:.4g}", f"{line.asked / 3600:.4g}",
            f"{line.wasted / 3600:.4g}", f"{line.peak:.3g}", f"{line.memory:.3g}",
            f"{line.longest / 3600:.4g}", f"{line.hours:g}",
            "; ".join(line.advice),
        )
        for line in lines
    ]  # fmt: skip
    write_table(path, COLUMNS, rows)


def section(lines: Sequence[Line]) -> str:
    """The table as a section of a report."""
    totals = by_stage(lines)

    def cells(row: Sequence[str], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in row) + "</tr>"

    advice = "".join(f"<li>{html.escape(said)}</li>" for said in totals[-1].advice)
    body = "".join(cells(row, "td") for row in rows_of(totals))
    return (
        f'<section class="chapter" id="cost"><h2>What the run cost</h2>'
        "<p>Core-hours of all genomes and samples of the run: planned before it, used (CPU time), requested "
        "(cores times time) and wasted in failed attempts; the largest memory of a task, used and "
        "requested.</p>"
        f'<div class="scroll" tabindex="0"><table><thead>{cells(HEADER, "th")}</thead>'
        f"<tbody>{body}</tbody></table></div>"
        f"{f'<ul>{advice}</ul>' if advice else ''}</section>"
    )


def put_into_report(path: Path, section: str) -> bool:
    """Put the section and its link into a report; False when the page has no place for them.

    The page is written anew beside the old one and renamed, so it is never half-written, and a hard link or a
    link to the work directory keeps the page of the task.
    """
    try:
        page = fill(path.read_text(), COST, section)
        page = fill(page, COST_LINK, '<li><a href="#cost">What the run cost</a></li>')
    except ValueError:  # of a stub run, or of an earlier version
        return False
    with complete_file(path) as handle:
        handle.write(page)
    return True


def account(outdir: Path) -> list[Line]:
    """Compare a finished run with its plan: pipeline_info/cost.tsv, and a section in each report."""
    info = outdir / "pipeline_info"
    lines = compare(read_trace(info / "trace.tsv"), read_unfinished_table(info / "plan.tsv"))
    write_cost(info / "cost.tsv", lines)
    text = section(lines)
    for report in sorted(outdir.glob("*/report.html")):
        put_into_report(report, text)
    return lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Takes the directory of results."""
    parser.add_argument(
        "--outdir", type=Path, default=Path("results"), help="results of a run (default: results)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the comparison; pipeline_info/cost.tsv and the reports get it, too."""
    if not (args.outdir / "pipeline_info" / "trace.tsv").exists():
        raise InputError(f"{args.outdir} holds no trace of a run; give its results with --outdir")
    sys.stdout.write(table(account(args.outdir)))
    return 0
