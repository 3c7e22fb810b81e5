"""A launch directory as the engine leaves it, made by hand."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SESSION = "908b50ba-8cd3-40bf-addf-1405a3b5da65"


class LaunchFolder:
    """Writes log, history, trace and work directories of a run; the times of the log are now."""

    def __init__(self, folder: Path, pid: int = 1 << 22, work: Path | None = None) -> None:
        self.folder, self.work, self.trace = folder, work or folder / "work", []
        folder.mkdir(parents=True, exist_ok=True)
        self.lines = [
            self.stamped(
                "main] DEBUG nextflow.cli.Launcher - $> nextflow run /opt/linnaea --input genomes.yml"
            ),
            self.stamped(f"main] DEBUG nextflow.Session - Session UUID: {SESSION}"),
            f"  Process: {pid}@{socket.gethostname()} [127.0.0.1]",
            self.stamped(f"main] DEBUG nextflow.Session - Work-dir: {self.work} [ext2/ext3]"),
            self.stamped(
                "main] DEBUG nextflow.trace.TraceFileObserver - Workflow started -- trace file: "
                f"{folder}/results/pipeline_info/trace.tsv"
            ),
        ]
        (folder / "results/pipeline_info").mkdir(parents=True, exist_ok=True)

    @staticmethod
    def stamped(text: str) -> str:
        from datetime import datetime

        return f"{datetime.now():%b-%d %H:%M:%S}.643 [{text}"

    def task(self, short: str, name: str, exit: str = "0", retried: bool = False, state: str = "") -> Path:
        """An attempt; `state` "submitted", "begun" or "cached" where it did not run to its end now."""
        folder = self.work / short[:2] / (short[3:] + "0" * (30 - len(short[3:])))
        folder.mkdir(parents=True)
        (folder / "data.txt").write_bytes(bytes(5000))
        word = "Cached" if state == "cached" else "Submitted"
        self.lines.append(
            self.stamped(f"Task submitter] INFO  nextflow.Session - [{short}] {word} process > {name}")
        )
        if state != "submitted":
            (folder / ".command.begin").touch()
        if state in ("submitted", "begun"):
            return folder
        (folder / ".exitcode").write_text(exit)
        if state != "cached":
            self.lines.append(
                self.stamped(
                    f"Task monitor] DEBUG n.processor.TaskPollingMonitor - Task completed > TaskHandler["
                    f"jobId: 7; id: 4; name: {name}; status: COMPLETED; exit: {exit}; error: -; "
                    f"workDir: {folder} started: 1; exited: 2; ]"
                )
            )
        if retried:
            self.lines.append(
                self.stamped(
                    f"TaskFinalizer-1] INFO  nextflow.processor.TaskProcessor - [{short}] NOTE: Process "
                    f"`{name}` terminated with an error exit status ({exit}) -- Execution is retried (1)"
                )
            )
        return folder

    def log_tasks(self, process: str, number: int) -> None:
        """Lines of the log for tasks that ended well, without their work directories."""
        begun = self.stamped("x] INFO  nextflow.Session - [")
        ended = self.stamped(
            "x] DEBUG n.processor.TaskPollingMonitor - Task completed > TaskHandler[id: 1; name: "
        )
        for task in range(number):
            short, name = f"{task % 256:02x}/{task:06x}", f"{process} (a s{task})"
            work = f"{self.work}/{short}{'0' * 24}"
            self.lines += [
                f"{begun}{short}] Submitted process > {name}",
                f"{ended}{name}; status: COMPLETED; exit: 0; error: -; workDir: {work}]",
            ]

    def write(self, outcome: str = "OK") -> Path:
        """Write the log; outcome OK or ERR, "-" of a run that did not end."""
        end = self.stamped("main] DEBUG nextflow.script.ScriptRunner - > Execution complete -- Goodbye")
        lines = [*self.lines, *([] if outcome == "-" else [end])]
        (self.folder / ".nextflow.log").write_text("\n".join(lines) + "\n")
        lock = self.folder / ".nextflow/cache" / SESSION / "db/LOCK"
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()
        row = ["2026-11-28 08:37:29", "1m", "odd_name", outcome, "rev", SESSION, "nextflow run"]
        (self.folder / ".nextflow/history").write_text("\t".join(row) + "\n")
        return self.folder


@contextmanager
def lock_held(folder: Path) -> Iterator[int]:
    """The session's cache is locked by another process, whose number is given."""
    lock = folder / ".nextflow/cache" / SESSION / "db/LOCK"
    code = (
        f"import fcntl; handle = open({str(lock)!r}, 'r+'); fcntl.lockf(handle, fcntl.LOCK_EX); "
        "print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as engine:
        engine.stdout.readline()
        yield engine.pid
        engine.communicate("\n")


def own_pid_is_an_engine(monkeypatch) -> int:
    """Let this process count as the engine's."""
    from linnaea.run import launch

    monkeypatch.setattr(launch, "_is_engine", lambda pid: pid == os.getpid())
    return os.getpid()
