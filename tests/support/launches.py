"""Runs of the reads' steps that go wrong when told to."""

import csv
import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parents[1] / "cluster"
ROOT = HERE.parents[1]


class Launch:
    """A launch directory: runs of the reads' steps on a small genome, with tools that go wrong when told."""

    TOOLS = (
        "seqkit", "kmc", "kmc_tools", "read_statistics.py", "genome_profile.py", "coverage_cap.py",
        "report.py",
    )  # fmt: skip

    def __init__(self, folder, reads, environment=None):
        self.folder, self.reads = folder, reads
        self.faults = folder / "faults"
        self.faults.mkdir(parents=True)
        stand_ins = folder / "tools"
        stand_ins.mkdir()
        for tool in self.TOOLS:
            (stand_ins / tool).symlink_to(HERE / "faulty_tool")
        self.environment = os.environ | {
            "PATH": f"{stand_ins}:{os.environ['PATH']}",
            "FAULTS": str(self.faults),
            **(environment or {}),
        }

    def plant(self, **faults):
        """Tool (`__` for a dot) = what goes wrong at its next call."""
        for tool, fault in faults.items():
            program = tool.replace("__", ".")
            assert program in self.TOOLS, f"{program} is not among the tools that can go wrong"
            (self.faults / program).write_text(fault)

    def command(self, *options):
        return [
            "nextflow", "run", str(ROOT), "--input", str(self.reads), "--assembler", "wtdbg2",
            "--steps", "reads,report", "--min_hifi_coverage", "5", "-ansi-log", "false", *map(str, options),
        ]  # fmt: skip

    def start(self, *options):
        """Start a run and leave it running."""
        return subprocess.Popen(
            self.command(*options), cwd=self.folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *options):
        """Run to the end: exit code and what a person saw."""
        process = self.start(*options)
        said, _ = process.communicate(timeout=900)
        (self.folder / "said.txt").write_text(said)
        return process.returncode, said

    def trace(self, outdir="results"):
        """Rows of the trace: process without its workflows, status, exit, attempt, workdir."""
        with (self.folder / outdir / "pipeline_info" / "trace.tsv").open() as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        return [row | {"process": row["process"].split(":")[-1]} for row in rows]

    def attempts(self, process):
        """(status, exit) of each attempt at a process, in their order."""
        rows = [row for row in self.trace() if row["process"] == process]
        return [(row["status"], row["exit"]) for row in sorted(rows, key=lambda row: int(row["task_id"]))]

    def records(self, outdir="results"):
        """Name -> content of every metrics record."""
        paths = (self.folder / outdir).glob("xxLinDemo1/01_reads/*.json")
        return {
            path.name: json.loads(path.read_text())
            for path in paths
            if not path.name.endswith(".cutadapt.json")  # tells when it was made
        }
