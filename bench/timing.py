"""CPU, wall time and memory of programs and functions, and limits relative to a peer measured beside them."""

import importlib
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

BIN = Path(__file__).parents[1] / "bin"


class Usage(NamedTuple):
    """Medians of some runs: CPU seconds (user and system, with children), wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    mb: float


@dataclass(frozen=True)
class Limit:
    """A statement about what was measured, and whether it holds."""

    text: str
    holds: bool


def run_bench(name: str, folder: Path, runs: int) -> list[Limit]:
    """The limits of a bench, `limits` of the module of that name."""
    return importlib.import_module(name).limits(folder, runs)


def apart(function: Callable[..., None], *arguments: object) -> None:
    """Run a function in a process of its own: a program's peak memory counts that of its parent."""
    process = get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise ChildProcessError(f"{function.__name__} failed")


def measure(command: list[str], runs: int) -> Usage:
    """Usage of a command; ChildProcessError when it fails."""
    results = []
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        if process.returncode:
            raise ChildProcessError(f"{command[0]} failed with exit code {process.returncode}")
        results.append((usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024))
    return Usage(*map(statistics.median, zip(*results, strict=True)))


def cpu_of(function: Callable[[], object], runs: int) -> float:
    """Median CPU seconds of a function in this process."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def compare(title: str, commands: dict[str, list[str]], runs: int) -> dict[str, Usage]:
    """Measure and print the programs that are installed."""
    print(f"\n{title}\n{'':28}{'CPU s':>8}{'wall s':>8}{'MB':>8}", flush=True)
    measured = {}
    for name, command in commands.items():
        if not shutil.which(command[0]):
            print(f"{name:28}{'not installed':>24}")
            continue
        measured[name] = usage = measure(command, runs)
        print(f"{name:28}{usage.cpu:8.2f}{usage.wall:8.2f}{usage.mb:8.0f}", flush=True)
    return measured


def compare_functions(title: str, functions: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Measure and print the CPU seconds of functions."""
    print(f"\n{title}\n{'':28}{'CPU s':>8}", flush=True)
    measured = {}
    for name, function in functions.items():
        measured[name] = cpu_of(function, runs)
        print(f"{name:28}{measured[name]:8.3f}", flush=True)
    return measured


def at_most(times: float, ours: float, peer: float, name: str, peer_name: str, what: str = "CPU") -> Limit:
    """`ours` seconds are at most `times` those of the peer."""
    ratio = f"{ours / peer:.2f} times {peer_name} ({peer:.2f} s); limit {times:g} times"
    return Limit(f"{name}: {ours:.2f} s {what}, {ratio}", ours <= times * peer)


def below(limit_mb: float, mb: float, name: str) -> Limit:
    """Peak memory is below a limit."""
    return Limit(f"{name}: {mb:.0f} MB; limit {limit_mb:g} MB", mb < limit_mb)
