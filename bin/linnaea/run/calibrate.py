"""Fit the costs of conf/resources.yml to the traces of runs."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.tables import read_table
from linnaea.catalogue.resources import processes
from linnaea.run.cost import read_trace

# Sizes must differ by this factor, in so many tasks, before a base and a slope can be distinguished.
SPREAD, LEAST_TASKS = 3.0, 4
# Times shorter than this (core-seconds) say more of the machine than of the process.
SHORTEST_S = 0.05


@dataclass(frozen=True)
class Point:
    """A task that was planned and has run: its size (in the unit of its cost) and core-seconds."""

    size: float
    core_s: float


def points_of(folder: Path) -> dict[str, list[Point]]:
    """Process -> points of a run, found by process and tag; `folder` is its results or launch directory."""
    info = next(
        (path for path in (folder / "pipeline_info", folder / "results" / "pipeline_info") if path.is_dir()),
        None,
    )
    if info is None or not (info / "plan.tsv").exists() or not (info / "trace.tsv").exists():
        raise InputError(f"{folder} has no pipeline_info with trace.tsv and plan.tsv; give that of a run")
    planned: dict[tuple[str, str], list[float]] = {}
    counts: dict[str, int] = {}
    for row in read_table(info / "plan.tsv"):
        planned.setdefault((row["process"], row["tag"]), []).append(float(row["size"]))
        counts[row["process"]] = counts.get(row["process"], 0) + 1
    found: dict[str, list[Point]] = {}
    attempts = [attempt for attempt in read_trace(info / "trace.tsv") if not attempt.failed]
    for attempt in attempts:
        sizes = planned.get((attempt.process, attempt.tag))
        if sizes is None and counts.get(attempt.process) == 1:
            sizes = next(sizes for (process, _), sizes in planned.items() if process == attempt.process)
        if sizes and attempt.used_s >= SHORTEST_S:
            found.setdefault(attempt.process, []).append(Point(sizes[0], attempt.used_s))
    return found


def fitted(points: Sequence[Point], base_s: float, per: float) -> tuple[float, float, str]:
    """Base (s) and slope of core-seconds by size, and how they were found.

    With sizes far enough apart Theil and Sen's slope (the median of those of all pairs), which single odd
    tasks do not move; else the shares of base and slope stay as they are, and both are scaled by the median
    ratio of what was used to what they give.
    """
    sizes = sorted({point.size for point in points if point.size > 0})
    if len(points) >= LEAST_TASKS and len(sizes) > 1 and sizes[-1] >= SPREAD * sizes[0]:
        ordered = sorted(points, key=lambda point: point.size)
        step = max(1, len(ordered) // 300)
        kept = ordered[::step]
        slopes = [
            (b.core_s - a.core_s) / (b.size - a.size)
            for place, a in enumerate(kept)
            for b in kept[place + 1 :]
            if b.size > a.size
        ]
        slope = max(0.0, median(slopes))
        base = median(point.core_s - slope * point.size for point in points)
        if base >= 0:
            return base, slope, "intercept and slope"
        return 0.0, median(point.core_s / point.size for point in points if point.size > 0), "slope"
    expected = [base_s + per * point.size for point in points]
    if not all(expected):
        return median(point.core_s for point in points), per, "base"
    scale = median(point.core_s / value for point, value in zip(points, expected, strict=True))
    return scale * base_s, scale * per, "scale"


def calibrate(runs: Mapping[str, Mapping[str, Sequence[Point]]]) -> dict[str, dict[str, Any]]:
    """Process -> {s, per, n, fitted, from} of the points of runs (name -> process -> points)."""
    table = {}
    for name, process in processes().items():
        if not process.cost or name != next(iter(_same(name))):
            continue
        points = [point for run in runs.values() for other in _same(name) for point in run.get(other, ())]
        if not points:
            continue
        base, slope, how = fitted(points, process.cost.get("s", 0), process.cost.get("per", 0))
        sources = [run for run, found in runs.items() if any(other in found for other in _same(name))]
        for other in _same(name):
            table[other] = {
                "s": float(f"{base:.3g}"), "per": float(f"{slope:.3g}"), "n": len(points), "fitted": how,
                "from": ", ".join(sources),
            }  # fmt: skip
    return table


def _same(name: str) -> list[str]:
    """All names of a process."""
    cost = processes()[name].cost
    return [other for other, process in processes().items() if process.cost is cost]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Takes folders of runs and the file to write."""
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="launch directory or results of a run"
    )
    parser.add_argument("--out", type=Path, default=Path("costs.yml"), help="default: costs.yml")


def run(args: argparse.Namespace) -> int:
    """Write the coefficients, and say how they are used."""
    import yaml

    table = calibrate({str(folder.resolve()): points_of(folder) for folder in args.runs})
    if not table:
        raise InputError("no task of these runs is in their plans; were these runs made with this version?")
    with complete_file(args.out) as handle:
        handle.write(
            "# By `linnaea calibrate`: core-seconds of a task are s + per * size (of conf/resources.yml).\n"
        )
        for name, entry in table.items():
            handle.write(
                f"{name}: {yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=999)}"
            )
    scaled = sum(entry["fitted"] == "scale" for entry in table.values())
    print(
        f"wrote {args.out}: {len(table)} processes, {scaled} of them only scaled, because their tasks have "
        f"one size. Use it once with `linnaea plan --costs {args.out} ...`; as conf/costs.yml it is used by "
        "every plan of this checkout.",
        file=sys.stderr,
    )
    return 0
