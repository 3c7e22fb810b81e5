"""The tasks that a checked input and its parameters come to: what each asks for and should cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linnaea.catalogue.resources import Process, Use, stages, value
from linnaea.catalogue.sites import SiteLimits
from linnaea.input.run_input import RunInput
from linnaea.input.task_units import Facts, TaskUnits

# Facts that say which thing a task is of; a task waits for those of the same things.
KEYS = ("genome", "haplotype", "library", "sample", "region")


@dataclass(frozen=True)
class ExpectedTask:
    """One expected task. `size` is what its cost goes by; `core_s` and `wall_s` are of one attempt."""

    stage: str
    process: str
    tag: str
    keys: Mapping[str, str]
    cpus: int
    memory_gb: float
    hours: float
    size: float
    core_s: float
    wall_s: float
    work_files: float
    result_files: float
    # Why it may not come to this task, "" when it will.
    perhaps: str
    use: Use


def expected_tasks(
    checked: RunInput,
    parameters: Mapping[str, Any],
    limits: SiteLimits,
    stub: bool = False,
    costs: Mapping[str, Mapping[str, float]] | None = None,
) -> list[ExpectedTask]:
    """All tasks of a run.

    `checked` is the input as its check returns it, `parameters` those of the run, `costs` coefficients
    (process -> s, per) instead of those of the table.
    """
    units = TaskUnits(checked, parameters, stub)
    tasks = []
    for process, use in units.uses():
        cost = {**process.cost, **(costs or {}).get(process.name, {})}
        tasks += [
            _task(process, use, cost, facts, limits) for facts in units.of(use.each) if value(use.when, facts)
        ]
    order = {stage: place for place, stage in enumerate(stages())}
    return sorted(tasks, key=lambda task: order[task.stage])


def _task(
    process: Process, use: Use, cost: Mapping[str, Any], facts: Facts, limits: SiteLimits
) -> ExpectedTask:
    cpus = min(process.asks["cpus"], limits.cpus)
    size = float(value(cost.get("size", 0), facts) or 0)
    serial, spread = cost.get("s", 0), cost.get("per", 0) * size
    files = process.files
    return ExpectedTask(
        use.stage,
        process.name,
        facts["tag"],
        {key: facts[key] for key in KEYS if key in facts},
        cpus,
        min(process.memory_gb(facts, cpus), limits.memory_gb),
        min(process.asks["hours"], limits.time_h),
        size,
        serial + spread,
        serial + spread / min(cpus, cost.get("cores", 1)),
        float(value(files.get("work", 0), facts)),
        float(value(files.get("results", 0), facts)),
        value(use.perhaps, facts) or "",
        use,
    )
