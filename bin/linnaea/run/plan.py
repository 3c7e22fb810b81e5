"""What a run would cost, before it is submitted: jobs, files, core-hours, time, memory, queues by stage."""

import argparse
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.base.tables import write_table
from linnaea.base.text import printable
from linnaea.catalogue.sites import Site, SiteLimits, site
from linnaea.input.options import all_parameters, given_option, words
from linnaea.input.run_input import RunInput
from linnaea.install.engine import configuration
from linnaea.run.expected_tasks import ExpectedTask, expected_tasks
from linnaea.run.schedule import critical_path, waits_for, wall_on

COLUMNS = (
    "stage", "process", "tag", "cpus", "memory_gb", "hours", "queue", "size", "core_s", "wall_s",
    "work_files", "result_files", "perhaps",
)  # fmt: skip
# The command line is that of `nextflow run`: words that this one does not know are in `args.words`.
TAKES_WORDS = True
# Coefficients fitted to the traces of this place, used when there.
OWN_COSTS = ROOT / "conf" / "costs.yml"


@dataclass(frozen=True)
class LocalSite:
    """One machine, as a site: no queue, every core is one."""

    limits: SiteLimits

    def queue(self, cpus: int, memory_gb: float, time_h: float) -> str:
        return "local"

    def billed_cores(self, cpus: int, memory_gb: float) -> float:
        return cpus


def site_of(parameters: Mapping[str, Any], profiles: Sequence[str]) -> Site | LocalSite:
    """The cluster of a run; without one, this machine, or what the demo takes of it."""
    cluster = site(given_option(parameters, "config_profile_name"))
    if cluster:
        return cluster
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    limits = SiteLimits(cores, memory, 240)
    if "demo" in profiles:
        text = (ROOT / "conf" / "demo.config").read_text()
        given = re.search(r"resourceLimits = \[cpus: (\d+), memory: (\d+)\.GB, time: (\d+)\.h\]", text)
        if given is None:
            raise ValueError("conf/demo.config: no resourceLimits")
        limits = SiteLimits(min(cores, int(given[1])), min(memory, float(given[2])), float(given[3]))
    return LocalSite(limits)


@dataclass(frozen=True)
class Plan:
    """The expected tasks of a run and what they come to."""

    tasks: Sequence[ExpectedTask]
    site: Site | LocalSite
    path_s: float
    path: Sequence[ExpectedTask]
    # On one machine: its time; None where a scheduler has many.
    machine_s: float | None

    @property
    def perhaps(self) -> int:
        """Tasks that only the run can tell of."""
        return sum(bool(task.perhaps) for task in self.tasks)

    def queue(self, task: ExpectedTask) -> str:
        return self.site.queue(task.cpus, task.memory_gb, task.hours) or "default"


def make_plan(
    checked: RunInput,
    parameters: Mapping[str, Any],
    profiles: Sequence[str] = (),
    stub: bool = False,
    costs: Mapping[str, Mapping[str, float]] | None = None,
) -> Plan:
    """The plan of a run from its checked input and parameters (see `expected_tasks`)."""
    place = site_of(parameters, profiles)
    if costs is None and OWN_COSTS.exists():
        costs = read_costs(OWN_COSTS)
    tasks = expected_tasks(checked, parameters, place.limits, stub, costs)
    before = waits_for(tasks, {**parameters, "steps": words(parameters, "steps")})
    path_s, path = critical_path(tasks, before)
    local = isinstance(place, LocalSite)
    machine = wall_on(tasks, before, place.limits.cpus, place.limits.memory_gb) if local else None
    return Plan(tasks, place, path_s, [tasks[number] for number in path], machine)


def read_costs(path: Path) -> dict[str, dict[str, float]]:
    """Coefficients that `linnaea calibrate` wrote: process -> s, per."""
    import yaml

    return yaml.safe_load(path.read_text()) or {}


# Words


def _hours(seconds: float) -> str:
    """A time for people, with two digits that count."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def core_hours(seconds: float) -> str:
    """Core-hours for people, from core-seconds."""
    hours = seconds / 3600
    return f"{hours:,.0f}" if hours >= 10 else f"{hours:.2g}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            word.ljust(width) if place in (0, len(row) - 1) else word.rjust(width)
            for place, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(name: str, tasks: Sequence[ExpectedTask], plan: Plan) -> list[str]:
    largest = max(tasks, key=lambda task: task.memory_gb)
    return [
        name,
        f"{len(tasks):,}",
        f"{sum(task.work_files for task in tasks):,.0f}",
        f"{sum(task.result_files for task in tasks):,.0f}",
        core_hours(sum(task.core_s for task in tasks)),
        core_hours(sum(task.cpus * task.wall_s for task in tasks)),
        _hours(max(task.wall_s for task in tasks)),
        f"{largest.memory_gb:.0f} GB",
        ", ".join(dict.fromkeys(plan.queue(task) for task in tasks)),
    ]


HEADER = ["stage", "jobs", "work files", "results", "core-h used", "asked", "longest", "memory", "queue"]


def table(plan: Plan) -> str:
    """The plan for one screen: a line per stage, the totals, and what they mean."""
    stages: dict[str, list[ExpectedTask]] = {}
    for task in plan.tasks:
        stages.setdefault(task.stage, []).append(task)
    if not stages:
        return "No tasks are left to run.\n"
    rows = [HEADER, *(_row(stage, tasks, plan) for stage, tasks in stages.items())]
    rows.append(_row("all", plan.tasks, plan))
    lines = aligned(rows)
    largest = max(plan.tasks, key=lambda task: task.memory_gb)
    longest = max(plan.tasks, key=lambda task: task.wall_s)
    billed = sum(plan.site.billed_cores(task.cpus, task.memory_gb) * task.wall_s for task in plan.tasks)
    lines += ["", f"jobs          {len(plan.tasks):,}" + _doubts(plan)]
    lines.append(f"core-hours    {core_hours(billed)} billed")
    path = f"wall time     {_hours(plan.path_s)} on the longest path, with enough free nodes and no queueing"
    if plan.machine_s is not None:
        path = f"wall time     {_hours(plan.machine_s)} on this machine ({plan.site.limits.cpus} cores)"
    lines.append(path)
    lines.append(f"memory        {largest.memory_gb:.0f} GB requested by {largest.process} ({largest.tag})")
    lines.append(f"longest task  {_hours(longest.wall_s)}, {longest.process} ({longest.tag})")
    beyond = [task for task in plan.tasks if task.wall_s > 3600 * task.hours]
    if beyond:
        names = ", ".join(dict.fromkeys(f"{task.process} ({task.tag})" for task in beyond[:3]))
        lines.append(f"too long      {len(beyond)} tasks may not end within the time they request: {names}")
    return "\n".join([*lines, ""])


def _doubts(plan: Plan) -> str:
    if not plan.perhaps:
        return ""
    why = "; ".join(dict.fromkeys(task.perhaps for task in plan.tasks if task.perhaps))
    return f", {plan.perhaps:,} of them conditional ({why})"


def one_line(plan: Plan) -> str:
    """The plan in a sentence."""
    used = sum(task.core_s for task in plan.tasks)
    wall = plan.path_s if plan.machine_s is None else plan.machine_s
    files = sum(task.work_files + task.result_files for task in plan.tasks)
    return (
        f"{len(plan.tasks):,} jobs, about {core_hours(used)} core-hours, {_hours(wall)}, {files:,.0f} files; "
        "`--plan` shows more"
    )


def write_plan(path: Path, plan: Plan) -> None:
    """Write the plan as TSV, one row per task (times in seconds; `size` in the unit of its cost)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        (
            task.stage, task.process, task.tag, task.cpus, f"{task.memory_gb:g}", f"{task.hours:g}",
            plan.queue(task), f"{task.size:.6g}", f"{task.core_s:.4g}", f"{task.wall_s:.4g}",
            f"{task.work_files:g}", f"{task.result_files:g}", task.perhaps,
        )
        for task in plan.tasks
    ]  # fmt: skip
    write_table(path, COLUMNS, rows)


# The command


def _value(text: str) -> Any:
    """A parameter as the engine reads it: true, false, null, numbers, text."""
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@dataclass(frozen=True)
class Call:
    """The words of `nextflow run .` that matter for a plan."""

    parameters: Mapping[str, Any]
    profiles: Sequence[str]
    configs: Sequence[str]


def read_call(given: Sequence[str]) -> Call:
    """Read `nextflow run`'s words: --name [value], -profile, -c, -params-file; others are passed over."""
    parameters: dict[str, Any] = {}
    profiles: list[str] = []
    configs: list[str] = []
    rest = list(given)
    while rest:
        word = rest.pop(0)
        bare, _, joined = word.partition("=")
        if word.startswith("--"):
            name = re.sub(r"-(\w)", lambda match: match[1].upper(), bare[2:]) if "-" in bare[2:] else bare[2:]
            if joined:
                parameters[name] = _value(joined)
            else:
                parameters[name] = (
                    _value(rest.pop(0)) if rest and not re.match(r"-[a-zA-Z-]", rest[0]) else True
                )
        elif word in ("-profile", "-c", "-config", "-params-file"):
            if not rest:
                raise InputError(f"option {word}: its value is missing")
            argument = rest.pop(0)
            if word == "-profile":
                profiles = [name for name in argument.split(",") if name]
            elif word == "-params-file":
                parameters = {**_params_file(argument), **parameters}
            else:
                configs.append(argument)
    return Call(parameters, profiles, configs)


def _params_file(path: str) -> dict[str, Any]:
    import yaml

    text = Path(path).read_text()
    return (json.loads(text) if path.endswith(".json") else yaml.safe_load(text)) or {}


def configured(call: Call) -> dict[str, Any]:
    """Parameters of the profiles and configs of a call, as the engine resolves them in this folder."""
    if not shutil.which("nextflow"):
        if call.profiles or call.configs:
            raise InputError(
                "nextflow is not on PATH, but is needed to read the profile; `make setup` installs it"
            )
        return {}
    given = [word for path in call.configs for word in ("-c", path)]
    found = {}
    for name, text in configuration(given, ",".join(call.profiles)).items():
        if name.startswith("params."):
            quoted = re.fullmatch(r"'(.*)'", text)
            found[name.removeprefix("params.")] = quoted[1].replace("\\'", "'") if quoted else _value(text)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Takes the words of `nextflow run .`, and coefficients of costs."""
    parser.usage = "%(prog)s [--costs FILE] [--tsv FILE] -profile SITE --input genomes.yml [...]"
    parser.add_argument("--costs", type=Path, help="costs of `linnaea calibrate` instead of the shipped ones")
    parser.add_argument("--tsv", type=Path, help="also write the tasks to this file")


def print_messages(lines: Iterable[str], kind: str) -> None:
    """Print messages on stderr, none of which can steer a terminal."""
    for line in lines:
        print(f"{kind}: {printable(line)}", file=sys.stderr)


def run(args: argparse.Namespace) -> int:
    """Print the plan of a run; 1 when its input is refused."""
    from linnaea.input.check import check_run_input

    call = read_call(args.words)
    parameters = all_parameters({**configured(call), **call.parameters, "check_tools": False, "plan": True})
    checked, notes, faults = check_run_input(parameters)
    print_messages(faults, "error")
    if faults:
        return 1
    print_messages(notes, "note")
    plan = make_plan(checked, parameters, call.profiles, costs=read_costs(args.costs) if args.costs else None)
    print(table(plan), end="")
    if args.tsv:
        write_plan(args.tsv, plan)
    return 0
