"""What a failed run says of itself."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from linnaea.base.paths import ROOT
from linnaea.install.engine import configuration
from linnaea.run import failure
from linnaea.run.failure import Failure, bigger, page, reason, site_limits
from linnaea.run.launch import Launch, TaskAttempt
from linnaea.run.task_log import pipes

PYTHON = sys.executable

OWN_TRACEBACK = f"""\
Traceback (most recent call last):
  File "{ROOT}/bin/pca.py", line 9, in <module>
    sys.exit(run(main))
  File "/x/.venv/lib/python3.11/site-packages/numpy/core.py", line 3, in f
KeyError: 'a'
"""
TOOL_TRACEBACK = """\
Traceback (most recent call last):
  File "/x/.venv/bin/pairtools", line 5, in <module>
    from pairtools.cli import cli
ModuleNotFoundError: No module named 'pipes'
"""
MODULE_TRACEBACK = """\
Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "/usr/lib/python3.11/runpy.py", line 2, in run
  File "/usr/lib/python3/dist-packages/whatshap/__main__.py", line 3, in main
ValueError: no reads
"""
CHAINED_TRACEBACK = f"""\
Traceback (most recent call last):
  File "{ROOT}/bin/pca.py", line 9, in <module>
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "{ROOT}/bin/pca.py", line 9, in <module>
ValueError: x
"""
PIPE = "exit codes along the pipe at line 3: {}\n"
COMMAND = "nextflow run /opt/linnaea --input genomes.yml -profile arrhenius"
SUBMIT = """Failed to submit process to grid scheduler for execution

Command executed:

  sbatch .command.run

Command output:
  sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"""


@pytest.mark.parametrize(
    ("code", "text", "cause", "kind", "words"),
    [
        ("137", "Killed", "", "memory", "memory"),
        ("247", "", "", "memory", "memory"),
        ("1", "terminate called after throwing an instance of 'std::bad_alloc'", "", "memory", "memory"),
        ("1", "java.lang.OutOfMemoryError: Java heap space", "", "memory", "memory"),
        ("134", "fork: Cannot allocate memory", "", "memory", "memory"),
        ("1", "slurmstepd: error: Detected 1 oom_kill event in StepId=1.batch", "", "memory", "memory"),
        ("140", "", "", "time", "time limit"),
        ("143", "slurmstepd: error: *** JOB 7 CANCELLED AT x DUE TO TIME LIMIT ***", "", "time", "time"),
        ("-", "", "Process exceeded running time limit (4h)", "time", "time limit"),
        ("-", "", "", "vanished", "left the scheduler"),
        ("2147483647", "CANCELLED AT x DUE TO PREEMPTION", "", "vanished", "PREEMPTION"),
        ("1", "samtools sort: write failed: No space left on device", "", "disk", "No space left"),
        ("137", "OSError: [Errno 122] Disk quota exceeded", "", "disk", "quota"),
        ("127", "/w/.command.sh: line 2: hifiasm: command not found", "", "program", "hifiasm"),
        ("127", "/usr/bin/env: ‘perl6’: No such file or directory", "", "program", "perl6"),
        ("127", "", "", "program", "was not found"),
        ("1", "x\nerror: ab: no HiFi reads are left\n", "", "input", "ab: no HiFi reads are left"),
        ("0", "", "Missing output file(s) `x.json` expected by process `X (ab)`", "output", "x.json"),
        ("-", "", SUBMIT, "submit", "Invalid account"),
        ("0", "", "Failed to publish file: /w/a; to: /r/a [copy] -- See log", "publish", "/r/a"),
        ("1", OWN_TRACEBACK, "", "bug", "the script pca.py has a bug: KeyError: 'a'"),
        ("1", TOOL_TRACEBACK, "", "tool", "pairtools failed (exit code 1): ModuleNotFoundError: No module"),
        ("1", MODULE_TRACEBACK, "", "tool", "whatshap failed (exit code 1): ValueError: no reads"),
        ("1", CHAINED_TRACEBACK, "", "bug", "the script pca.py has a bug: ValueError: x"),
        ("1", "[E::hts_open] fail\nerror: ab: no reads\n", "", "input", "ab: no reads"),
        ("1", "error: first\nerror: second\n", "", "input", "first"),
        ("2", "note\nFailed to read from x.vcf: unknown type\n", "", "tool", "Failed to read from x.vcf"),
        ("141", PIPE.format("141 0"), "", "bug", "exit code 141"),
        ("1", PIPE.format("137 1"), "", "memory", "memory"),
        ("1", PIPE.format("139 1"), "", "bug", "segmentation fault"),
        ("139", "", "", "bug", "segmentation fault"),
        ("3", "odd", "", "bug", "exit code 3"),
    ],
)
def test_reason(code, text, cause, kind, words):
    why = reason(code, text, cause)
    assert why.kind == kind
    assert words in why.words
    assert why.remedy or kind in ("memory", "time", "input")


def run_task(folder, script):
    """The exit code of a script under the shell of tasks, which leaves its log and script in the folder."""
    (folder / ".command.sh").write_text(f"#!/bin/bash -euo pipefail\n{script}\n")
    with (folder / ".command.err").open("w") as log:
        shell = ["bash", "-euo", "pipefail", ROOT / "bin/checked_task.sh", ".command.sh"]
        path = f"{ROOT}/bin:{os.environ['PATH']}"
        answer = subprocess.run(shell, cwd=folder, stderr=log, stdout=log, env=os.environ | {"PATH": path})
    return str(answer.returncode)


@pytest.mark.parametrize(
    ("script", "kind", "words", "absent"),
    [
        # the tool fails first, the consumer complains of what it gets
        ("bcftools view none.bcf | bcftools query -f '%POS\\n' | wc -l", "tool",
         "bcftools failed (exit code 255): ", "wc"),
        ("samtools view none.bam \\\n    | tool_metrics.py fastp /dev/stdin --id a --out x", "tool",
         "samtools failed (exit code 1): ", "tool_metrics"),
        # our script fails first, a tool complains of what it gets
        ("echo x | gff3_sort.py none.gff3 --lengths none.fai --out /dev/stdout | bcftools view", "input",
         "none.fai", "bcftools"),
        # the consumer fails, SIGPIPE ends the writer
        ("yes | (read -r x; echo 'error: x is no VCF' >&2; exit 1) | cat", "input", "x is no VCF", "yes"),
        ("yes | gff3_sort.py none.gff3 --lengths none.fai --out y", "input", "none.fai", "yes"),
        ("yes | head -1", "bug", "head stopped reading before yes had written everything", ""),
        ("x=$(yes | head -1)\ntrue", "bug", "exit code 141", ""),
        (f"{PYTHON} -c 'import no_such_module' | cat", "tool",
         "failed (exit code 1): ModuleNotFoundError: No module named 'no_such_module'", "Linnaea"),
        ("bash -c 'kill -SEGV $$' | cat\n", "bug", "crashed (exit code 139, segmentation fault)", ""),
        (": 'a|b'; echo x | awk '{ exit 3 }' | cat", "bug", "awk ended with exit code 3", ""),
    ],
)  # fmt: skip
def test_the_first_program_of_a_pipe_that_failed_is_named(tmp_path, script, kind, words, absent):
    code = run_task(tmp_path, script)
    why = reason(code, failure.log_text(tmp_path), folder=tmp_path)
    assert (why.kind, words in why.words) == (kind, True), why
    assert not absent or absent not in why.words
    assert why.remedy or kind == "input"


def test_commands_of_a_script_and_their_pipes():
    script = """\
# a | b
X=1 one 'a | b' "c | d" | two \\
    | three $(four | five) |
    six
cat <<'END' > x
{"seven": "a | b"}
END
if eight | nine; then ten; fi
(eleven | twelve) || thirteen && fourteen &
fifteen 2>&1 | sixteen
"""
    found = [(first, last, parts) for first, last, parts in pipes(script) if len(parts) > 1]
    assert found == [
        (2, 4, ["one", "two", "three", "six"]), (8, 8, ["eight", "nine"]), (10, 10, ["fifteen", "sixteen"]),
    ]  # fmt: skip
    assert [parts for _, _, parts in pipes(script) if len(parts) == 1][:2] == [["cat"], ["ten"]]


def test_a_damaged_result_that_is_named_can_be_made_again(tmp_path):
    maker, task = tmp_path / "work/ab" / ("c" * 30), tmp_path / "work/de" / ("f" * 30)
    (maker / "kept").mkdir(parents=True)
    (task / "given").mkdir(parents=True)
    reads = maker / "kept/reads.fastq.gz"
    (tmp_path / "own.fasta").touch()
    (task / "given/reads.fastq.gz").symlink_to(reads)
    (task / "own.fasta").symlink_to(tmp_path / "own.fasta")
    whole = gzip.compress(os.urandom(10000))
    reads.write_bytes(whole)
    assert failure.suspect_inputs(task, "error: reads.fastq.gz has no reads") == {}
    reads.write_bytes(whole[:5000])
    assert failure.suspect_inputs(task, "error: reads.fastq.gz is cut, so is own.fasta") == {
        maker: "reads.fastq.gz is cut"
    }
    assert failure.suspect_inputs(task, "error: more_reads.fastq.gz and reads.fastq.gz.fai") == {}
    reads.write_bytes(b"")
    assert failure.suspect_inputs(task, "reads.fastq.gz: no data") == {maker: "reads.fastq.gz is empty"}
    assert failure.suspect_inputs(task, "error: own.fasta is cut") == {}
    assert failure.suspect_inputs(None, "") == {}


def test_the_page_names_the_files_of_the_user(failed, tmp_path):
    run = failed(code="1", err="error: joined.gff3, line 3: ID g1 is used twice; genome.fa has it once\n")
    (task,) = (task.workdir for task in run.launch.tasks.values() if task.workdir)
    maker = tmp_path / "work/01" / ("a" * 30)
    run.launch.tasks["01/aaaaaa"] = TaskAttempt("01/aaaaaa", "ASSEMBLY:X (a)", "done", "0", maker)
    maker.mkdir(parents=True)
    for name in ("made.fa", "my genes.gff3"):
        ((maker if name == "made.fa" else tmp_path) / name).write_text("x")
    (task / "genes.gff3").symlink_to(tmp_path / "my genes.gff3")
    (task / "genome.fa").symlink_to(maker / "made.fa")
    (task / "joined.gff3").write_text("x")
    text = " ".join(page(run).split())
    assert f"joined.gff3 was made in this step from {tmp_path}/my genes.gff3" in text
    assert "genome.fa is a result of ASSEMBLY:X (a)" in text
    assert "rm -r" not in text


def test_a_program_that_died_of_a_full_disk_without_a_word(tmp_path, monkeypatch):
    assert reason("1", "", folder=tmp_path).kind == "bug"
    full = os.statvfs_result((4096, 4096, 1500, 20, 20, 1500, 1400, 1400, 0, 255))
    monkeypatch.setattr(failure.os, "statvfs", lambda folder: full)
    assert reason("1", "", folder=tmp_path).words.endswith("(0.1 MB are free)")
    assert reason("137", "Killed", folder=tmp_path).kind == "memory"
    few = os.statvfs_result((4096, 4096, 1500, 900, 900, 1500, 14, 14, 0, 255))
    monkeypatch.setattr(failure.os, "statvfs", lambda folder: few)
    assert "14 more files" in reason("1", "", folder=tmp_path).words


def test_an_input_that_went_away_is_named(tmp_path):
    (tmp_path / "reads.fastq.gz").symlink_to(tmp_path / "gone.fastq.gz")
    why = reason("1", "cannot open file", folder=tmp_path)
    assert (why.kind, str(tmp_path / "gone.fastq.gz") in why.words) == ("removed", True)
    assert "Put the file back" in why.remedy
    (tmp_path / "reads.fastq.gz").unlink()
    (tmp_path / "reads.fastq.gz").symlink_to(tmp_path / "work/ab" / ("c" * 30) / "gone.fastq.gz")
    assert "which -resume repeats" in reason("1", "cannot open file", folder=tmp_path).remedy


@pytest.mark.parametrize(
    ("kind", "asked", "limits", "wanted", "at_limit"),
    [
        ("memory", "32 GB", {"memory": "755 GB"}, "64.GB", False),
        ("memory", "500 GB", {"memory": "755 GB"}, "755.GB", False),
        ("memory", "512 MB", {}, "1.GB", False),
        ("memory", "755 GB", {"memory": "755 GB"}, "", True),
        ("memory", "23.5 GB", {"memory": "23.5 GB"}, "", True),
        ("memory", "12 GB", {"memory": "23.5 GB"}, "23.GB", False),
        ("time", "8h", {"time": "3d"}, "16h", False),
        ("time", "1d 16h", {"time": "72h"}, "72h", False),
        ("time", "3d", {"time": "72h"}, "", True),
        ("time", "-", {"time": "72h"}, "", False),
    ],
)
def test_twice_what_was_asked_within_the_limit(kind, asked, limits, wanted, at_limit):
    given, said = bigger(kind, asked, limits)
    assert given.replace(".h", "h") == wanted
    assert bool(said) == at_limit


@pytest.fixture
def failed(tmp_path, monkeypatch):
    """Builds a failed run of one task; the limits of the site are given, the engine is not asked."""
    monkeypatch.setattr(failure, "site_limits", lambda *_: {"memory": "755 GB", "time": "3d"})

    def build(code="137", err="Killed\n", name="ASSEMBLY:ASSEMBLE:HIFIASM (ilAusBus1)", memory="64 GB"):
        folder = tmp_path / "work/ab" / ("cdef12" + 24 * "0")
        folder.mkdir(parents=True)
        (folder / ".command.err").write_text(err)
        launch = Launch(tmp_path, tmp_path / ".nextflow.log", trace=tmp_path / "trace.tsv")
        launch.tasks["ab/cdef12"] = TaskAttempt("ab/cdef12", name, "failed", code, folder)
        launch.tasks["00/000000"] = TaskAttempt(
            "00/000000", "ASSEMBLY:READS:X (b)", "failed", "137", None, True
        )
        launch.trace.write_text(f"hash\tattempt\tmemory\ttime\nab/cdef12\t3\t{memory}\t3d\n")
        report = f"Error executing process > '{name}'\n\nCaused by:\n  x\n\nWork dir:\n  {folder}\n\nTip: y"
        return Failure(launch, tmp_path, COMMAND, report)

    return build


def test_screen_has_sample_step_reason_log_override_and_command(failed):
    text = page(failed(err="".join(f"line {n}\n" for n in range(50))))
    for part in (
        "- Sample:  ilAusBus1\n",
        "- Step:    ASSEMBLY:ASSEMBLE:HIFIASM, attempt 3\n",
        "It needed more memory than it was given (64 GB).",
        "    line 49\n",
        "        withName: 'HIFIASM' { memory = 128.GB }",
        f"    {COMMAND} -c override.config -resume\n",
    ):
        assert part in text
    assert "line 41" not in text
    assert len(text.splitlines()) < 40
    assert "ASSEMBLY:READS:X" not in text  # it was tried again


def test_at_the_limit_there_is_no_override(failed):
    text = page(failed(memory="755 GB"))
    assert "755 GB is the maximum of this site for one task" in text
    assert "withName" not in text
    assert f"    {COMMAND} -resume\n" in text


def test_other_failed_tasks_are_named(failed):
    run = failed()
    for number in range(8):
        short = f"0{number}/aaaaaa"
        run.launch.tasks[short] = TaskAttempt(short, f"POPGEN:CALL (r{number})", "failed", "127")
    text = page(run)
    assert "POPGEN:CALL (r4): a program was not found" in text
    assert "and 3 more" in text


def test_a_log_cannot_steer_the_terminal(failed):
    assert "\x1b" not in page(failed(err="\x1b[2J\x1b]0;title\x07gone\n"))


def test_faults_of_the_engine(tmp_path):
    log = tmp_path / ".nextflow.log"
    launch = Launch(tmp_path, log)
    assert "gave no reason" in page(Failure(launch, tmp_path, COMMAND))
    assert "stopped from outside" in page(Failure(launch, tmp_path, COMMAND, "SIGINT"))
    log.write_text(
        "Nov-28 08:37:29.643 [PublishDir-1] ERROR nextflow.processor.PublishDir - Failed to publish file: "
        "/w/a; to: /results/a [copy] -- See log file for details\n"
    )
    assert "could not be written to /results/a" in page(Failure(launch, tmp_path, COMMAND, "/results/a"))
    with log.open("a") as handle:
        handle.write("java.io.IOException: No space left on device\n")
    assert "no space was left" in page(Failure(launch, tmp_path, COMMAND, "x")).lower()


def test_script_without_trace_or_log_still_speaks(tmp_path):
    answer = subprocess.run(
        [sys.executable, "bin/run_failure.py", "--outdir", tmp_path / "r", "--launch-dir", tmp_path,
         "--command", COMMAND, "--complaint", "published files are not valid results: a is empty"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "Why:     published files are not valid results: a is empty" in answer.stdout
    assert (tmp_path / "r/pipeline_info/failure.md").read_text() in answer.stdout


@pytest.mark.slow
def test_limits_are_those_that_the_engine_reads(tmp_path):
    assert site_limits("nextflow run . -profile demo -ansi-log false", tmp_path)["memory"] == "4 GB"
    (tmp_path / "my.config").write_text("process.resourceLimits = [memory: 7.GB, time: 2.h]\n")
    limits = site_limits("nextflow run . -profile demo -c my.config", tmp_path)
    assert limits == {"memory": "7 GB", "time": "2h"}
    assert not list(Path(tmp_path).glob(".nextflow.log*"))
    assert site_limits("no-such-engine run .", tmp_path) == {}


@pytest.mark.slow
def test_the_shell_of_tasks_can_be_turned_off(tmp_path):
    assert "checked_task.sh" in configuration([], "", tmp_path)["process.shell"]
    assert "checked_task.sh" not in configuration([], "plain_shell", tmp_path)["process.shell"]


@pytest.mark.slow
def test_override_is_read_by_the_engine(failed, tmp_path):
    snippet = re.search(r"^    process \{.*?^    \}", page(failed(memory="1 GB")), re.DOTALL | re.MULTILINE)
    (tmp_path / "override.config").write_text(snippet[0])
    answer = subprocess.run(
        ["nextflow", "-log", tmp_path / "log", "-c", "override.config", "config", "-flat", Path.cwd()],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert "process.'withName:HIFIASM'.memory = '2 GB'" in answer.stdout
