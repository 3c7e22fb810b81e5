"""A launch directory: what the engine's log, trace and work directories say of its last run."""

import os
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.tables import read_unfinished_table

LOG = ".nextflow.log"
_TASK_FOLDER = r"[0-9a-f]{2}/[0-9a-f]{30}"
_LINE = re.compile(
    r"(?:\[(?P<hash>[0-9a-f]{2}/[0-9a-f]{6})\] (?:(?P<event>(?:Re-s|S)ubmitted|Cached) process > (?P<name>.*)"
    r"|NOTE: .*(?P<retried>-- Execution is retried|-- Error is ignored).*))"
    r"|Task completed > TaskHandler\[.*?name: (?P<done>.*?); status: (?P<status>\w+); exit: (?P<exit>\S+); "
    rf"error: (?P<error>.*?); workDir: (?P<workdir>.+?/{_TASK_FOLDER})"
)
_STARTED = re.compile(r"\$> (.*)")
_PROCESS = re.compile(r"^ +Process: (\d+)@(\S+)")
_SESSION = re.compile(r"Session UUID: ([0-9a-f-]{36})")
_WORK = re.compile(r"Work-dir: (.+) \[[^\]]*\]$")
_TRACE = re.compile(r"Workflow started -- trace file: (.+)")
_BYTES = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40, "PB": 2**50}
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
# What of a log is read: its last part.
END_BYTES = 64 << 10
_STAMP = re.compile(r"^([A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d)")


@dataclass
class TaskAttempt:
    """An attempt of a task; `state` is submitted, cached, done or failed, `exit` "-" where none is known."""

    hash: str
    name: str
    state: str = "submitted"
    exit: str = "-"
    workdir: Path | None = None
    # Whether the engine went on after its failure: tried it again, or ignored it.
    retried: bool = False

    @property
    def process(self) -> str:
        """`ASSEMBLY:READS:FASTP`, without the tag."""
        return self.name.split(" (")[0]

    @property
    def tag(self) -> str:
        """What a process calls the task, "" where it gives it no tag."""
        return self.name[len(self.process) + 2 : -1]


@dataclass
class Launch:
    """The last run of a launch directory."""

    folder: Path
    log: Path
    command: str = ""
    pid: int | None = None
    host: str = ""
    session: str = ""
    work: Path | None = None
    trace: Path | None = None
    started: datetime | None = None
    last: datetime | None = None
    complete: bool = False
    tasks: dict[str, TaskAttempt] = field(default_factory=dict)

    @property
    def outdir(self) -> Path | None:
        """The results directory, as the place of the trace tells it."""
        return self.trace.parents[1] if self.trace else None

    @property
    def failure(self) -> Path | None:
        """The page that says why this run failed, None where there is none."""
        page = self.outdir / "pipeline_info" / "failure.md" if self.outdir else None
        if page and page.is_file() and self.started and page.stat().st_mtime >= self.started.timestamp():
            return page
        return None

    @property
    def state(self) -> str:
        """`running`, `finished`, `failed`, or `gone` when the engine ended without a word."""
        if self.complete:
            return "finished" if self.outcome == "OK" else "failed"
        if self.alive:
            return "running"
        return "failed" if self.failure else "gone"

    @property
    def outcome(self) -> str:
        """OK or ERR of the engine's history, "-" while it runs."""
        rows = history(self.folder)
        return next((row[3] for row in reversed(rows) if row[5] == self.session), "-")

    @property
    def alive(self) -> bool:
        """Whether the engine's process is there; on another host, whether it holds its cache or wrote."""
        if self.pid is None:
            return False
        if self.host.split(".")[0] == socket.gethostname().split(".")[0]:
            return _is_engine(self.pid)
        silent = datetime.now().timestamp() - self.log.stat().st_mtime
        held = self.session and lock_holder(self.folder, self.session) is not None
        return bool(held) or silent < 600


def history(folder: Path) -> list[list[str]]:
    """Rows of the engine's history: date, duration, run name, outcome, revision, session, command."""
    path = folder / ".nextflow" / "history"
    if not path.is_file():
        return []
    rows = [line.split("\t") for line in path.read_text(errors="replace").splitlines()]
    return [row for row in rows if len(row) >= 7]


def lock_holder(folder: Path, session: str) -> int | None:
    """Process that holds the cache of a session, None where nobody does; -1 or 0 for one on another host."""
    import fcntl

    try:
        with (folder / ".nextflow" / "cache" / session / "db" / "LOCK").open("r+") as handle:
            asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack("hhqqi4x", fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    except FileNotFoundError:
        return None
    return None if kind == fcntl.F_UNLCK else pid


def refuse_second_run(folder: Path, own: int) -> None:
    """InputError when an engine other than the process `own` is at work in a launch directory."""
    for lock in sorted(folder.glob(".nextflow/cache/*/db/LOCK")):
        holder = lock_holder(folder, lock.parts[-3])
        if holder not in (None, own):
            where = f"process {holder}" if holder > 0 else "on another machine"
            raise InputError(
                f"another run is active in {folder} ({where}); wait until it ends (`linnaea status`), or "
                "start this one in another directory: two runs would overwrite each other's results"
            )


def _is_engine(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    command = Path(f"/proc/{pid}/cmdline")
    # a number that another program has by now
    return not command.exists() or b"nextflow" in command.read_bytes()


def run_log(folder: Path) -> Path:
    """The newest log of a `nextflow run` in a folder; other commands of the engine write logs as well."""
    logs = [folder / LOG, *(folder / f"{LOG}.{number}" for number in range(1, 10))]
    for path in logs:
        if path.is_file():
            with path.open(errors="replace") as handle:
                if re.search(r"\$> .*\brun\b", handle.readline()):
                    return path
    raise InputError(
        f"{folder} has no log of a run ({LOG}); give the directory where `nextflow run` was started"
    )


def read_launch(folder: Path, log: Path | None = None) -> Launch:
    """Read the last run of a launch directory from its log."""
    launch = Launch(folder, log or run_log(folder))
    for line in _lines(launch.log):
        if found := _LINE.search(line):
            _note_task(launch, found)
        elif "Execution complete -- Goodbye" in line:
            launch.complete = True
        elif launch.trace is None:
            _note_start(launch, line)
        if stamp := _STAMP.match(line):
            launch.last = _date(stamp[1], launch.log)
            launch.started = launch.started or launch.last
    # what was wrong with a task whose exit code was 0 (a missing output) is known to the trace only
    for row in read_unfinished_table(launch.trace):
        if row.get("status") == "FAILED" and row.get("hash") in launch.tasks:
            launch.tasks[row["hash"]].state = "failed"
    return launch


def _lines(path: Path) -> Iterator[str]:
    with path.open(errors="replace") as handle:
        for line in handle:
            yield line.rstrip("\n")


def _note_start(launch: Launch, line: str) -> None:
    if found := _STARTED.search(line):
        launch.command = launch.command or found[1]
    elif found := _PROCESS.match(line):
        launch.pid, launch.host = int(found[1]), found[2]
    elif found := _SESSION.search(line):
        launch.session = found[1]
    elif found := _WORK.search(line):
        launch.work = Path(found[1])
    elif found := _TRACE.search(line):
        launch.trace = Path(found[1])


def _note_task(launch: Launch, found: re.Match[str]) -> None:
    if found["event"]:
        state = "cached" if found["event"] == "Cached" else "submitted"
        launch.tasks[found["hash"]] = TaskAttempt(found["hash"], found["name"], state)
    elif found["retried"]:
        if found["hash"] in launch.tasks:
            launch.tasks[found["hash"]].retried = True
    else:
        workdir = Path(found["workdir"])
        short = f"{workdir.parent.name}/{workdir.name[:6]}"
        task = launch.tasks.setdefault(short, TaskAttempt(short, found["done"]))
        good = found["status"] == "COMPLETED" and found["exit"] == "0" and found["error"] == "-"
        task.state, task.exit, task.workdir = "done" if good else "failed", found["exit"], workdir


def _date(stamp: str, log: Path) -> datetime:
    """A date of the log, which has no year: the year of the file, or the one before."""
    written = datetime.fromtimestamp(log.stat().st_mtime)
    date = datetime.strptime(f"{written.year} {stamp}", "%Y %b-%d %H:%M:%S")
    return date.replace(year=written.year - 1) if (date - written).days > 1 else date


def task_folder(work: Path, short: str) -> Path | None:
    """The work directory of a task from the start of its hash (`ab/cdef12`)."""
    return next((work / short[:2]).glob(f"{short[3:]}*"), None) if (work / short[:2]).is_dir() else None


def bytes_of(text: str) -> float:
    """Bytes of the engine's `1.2 GB`; 0 where the text is no size."""
    found = re.fullmatch(r"([\d.]+) ?([KMGTP]?B)", text.strip())
    return float(found[1]) * _BYTES[found[2]] if found else 0.0


def seconds_of(text: str) -> float:
    """Seconds of the engine's `1h 2m 3.4s`; 0 where the text is no duration."""
    parts = re.findall(r"([\d.]+) ?(ms|s|m|h|d)\b", text)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def end_of(path: Path) -> bytes:
    """The last part of a log, b"" where there is none."""
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, os.fstat(handle.fileno()).st_size - END_BYTES))
            return handle.read()
    except FileNotFoundError:
        return b""
