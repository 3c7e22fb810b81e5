"""bin/checked_task.sh: the shell of every task."""

import gzip
import os
import subprocess
import time

import pytest

from linnaea.base.paths import ROOT

SHELL = ROOT / "bin" / "checked_task.sh"
CGROUP_1 = ("9:name=systemd:/\n4:memory:/job\n0::/\n", "memory/job/memory.oom_control", "under_oom 0\n")
CGROUP_2 = ("0::/job\n", "job/memory.events", "oom 7\n")
IN_CONTAINER = ("4:memory:/docker/ab\n", "memory/memory.oom_control", "")


def task(folder, script, cgroups=None, more=()):
    (folder / ".command.sh").write_text(script)
    return subprocess.run(
        ["bash", "-euo", "pipefail", SHELL, ".command.sh", *more],
        cwd=folder,
        env=os.environ | {"LINNAEA_CGROUPS": str(cgroups or folder / "none")},
        capture_output=True,
        text=True,
        input="in\n",
    )


@pytest.fixture
def uncounted(tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "cgroup").write_text("0::/\n")
    return tmp_path


def test_script_keeps_its_input_output_and_exit_code(uncounted):
    answer = task(uncounted, "cat; echo complaint >&2; exit 7")
    assert (answer.returncode, answer.stdout, answer.stderr) == (7, "in\n", "complaint\n")


@pytest.mark.parametrize("script", ["false\ntrue", "false | true", "echo $unset_variable"])
def test_script_is_strict(uncounted, script):
    assert task(uncounted, script).returncode == 1


@pytest.mark.parametrize(("own", "counter", "start"), [CGROUP_1, CGROUP_2, IN_CONTAINER])
@pytest.mark.parametrize(("killed", "end"), [(0, 0), (0, 3), (1, 0), (1, 1)])
def test_killed_child_fails_the_task_as_memory(tmp_path, own, counter, start, killed, end):
    cgroups = tmp_path / "cgroups"
    (cgroups / counter).parent.mkdir(parents=True)
    (cgroups / "cgroup").write_text(own)
    (cgroups / counter).write_text(f"{start}oom_kill 4\n")
    script = f"echo 'oom_kill {4 + killed}' > {cgroups / counter}; exit {end}"
    answer = task(tmp_path, script, cgroups)
    assert answer.returncode == (137 if killed else end)
    assert ("killed for want of memory" in answer.stderr) == bool(killed)


BGZIP = "printf 'a\\n' | bgzip -c"


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (f"{BGZIP} > a.gz; {BGZIP} | head -c 40 > b.vcf.gz", "b.vcf.gz"),
        (f"mkdir d; {BGZIP} | head -c 30 > 'd/-x y.gz'", "d/-x y.gz"),
        ("echo text > a.bam", "a.bam"),
        ("echo text > a.bcf", "a.bcf"),
        (f"{BGZIP} | head -c 45 > a.bcf.csi", "a.bcf.csi"),
    ],
)
def test_cut_output_fails_the_task(uncounted, script, named):
    answer = task(uncounted, script)
    assert answer.returncode == 1
    assert f"error: {named} ended too early" in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "script",
    [
        f"{BGZIP} > a.bam; {BGZIP} > 'odd name.gz'",
        "touch a.bam b.bcf c.vcf.gz",
        "echo text > a.bam.txt",
        "printf 'BCF\\2\\2' > plain.bcf",
        f"{BGZIP} | head -c 40 > staged; ln -s staged in.bam",
        f"mkdir inputs; {BGZIP} | head -c 40 > inputs/staged; ln -s staged inputs/in.bam; ln -s inputs more",
    ],
)
def test_whole_empty_and_staged_files_pass(uncounted, script):
    answer = task(uncounted, script)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_plain_gzip_has_no_mark_of_its_end(uncounted):
    (uncounted / "a.fastq.gz").write_bytes(gzip.compress(b"@r\n")[:-4])
    assert task(uncounted, "true").returncode == 0


def test_wrapper_of_the_engine_is_run_as_it_is(uncounted):
    answer = task(uncounted, "echo text > a.bam; echo $1", more=["nxf_trace"])
    assert (answer.returncode, answer.stdout) == (0, "nxf_trace\n")


def test_a_change_of_the_shell_does_not_reach_tasks_that_run(uncounted):
    own = uncounted / "shell.sh"
    own.write_bytes(SHELL.read_bytes())
    (uncounted / "task.sh").write_text(f"echo 'echo changed; exit 9' > {own}")
    answer = subprocess.run(
        ["bash", "-euo", "pipefail", own, "task.sh"], cwd=uncounted, capture_output=True, text=True
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_outputs_are_not_writable_for_everybody(uncounted):
    before = os.umask(0)
    try:
        task(uncounted, "touch a; mkdir b")
    finally:
        os.umask(before)
    assert [(uncounted / name).stat().st_mode & 0o777 for name in "ab"] == [0o664, 0o775]


def test_what_a_killed_engine_left_is_removed_but_inputs(uncounted, tmp_path):
    (tmp_path / "reads.fastq").write_text("@r\n")
    folder = tmp_path / "task"
    (folder / "buckets").mkdir(parents=True)
    (folder / "buckets" / "1.bin").touch()
    (folder / "kept").mkdir()
    (folder / "kept" / "reads.fastq").symlink_to("../reads.fastq")
    (folder / ".command.out").touch()
    (folder / ".command.begin").write_text("begun\n")
    earlier = time.time() - 5
    for left in ("buckets/1.bin", "kept/reads.fastq"):
        os.utime(folder / left, (earlier, earlier), follow_symlinks=False)
    (folder / ".command.begin").touch()
    (folder / "given").mkdir()
    (folder / "given" / "reads.fastq").symlink_to(tmp_path / "reads.fastq")
    answer = task(folder, "cat given/reads.fastq; mkdir buckets kept", uncounted / "none")
    assert (answer.returncode, answer.stdout) == (0, "@r\n"), answer.stderr
    assert sorted(path.name for path in folder.rglob("*")) == [
        ".command.begin", ".command.out", ".command.sh", "buckets", "given", "kept", "reads.fastq",
    ]  # fmt: skip
    assert (folder / ".command.begin").read_text() == "begun\nbegun\ndone\n"


def test_a_task_that_ended_well_for_an_earlier_run_is_not_repeated(uncounted):
    assert task(uncounted, "echo once > result").returncode == 0
    answer = task(uncounted, "exit 9")
    assert (answer.returncode, (uncounted / "result").read_text()) == (0, "once\n")
    assert "ended well for an earlier run" in answer.stderr


def test_a_task_that_failed_is_repeated(uncounted):
    folder = uncounted / "task"
    folder.mkdir()
    assert task(folder, "exit 3", uncounted / "none").returncode == 3
    assert task(folder, "exit 4", uncounted / "none").returncode == 4


def test_a_task_that_is_still_at_work_is_waited_for(uncounted):
    (uncounted / ".command.sh").write_text("sleep 2; echo first >> result")
    environment = os.environ | {"LINNAEA_CGROUPS": str(uncounted / "none")}
    command = ["bash", "-euo", "pipefail", SHELL, ".command.sh"]
    first = subprocess.Popen(command, cwd=uncounted, env=environment)
    while not (uncounted / ".command.begin").exists() or not (uncounted / ".command.begin").read_text():
        pass
    second = subprocess.run(command, cwd=uncounted, env=environment, capture_output=True, text=True)
    assert (first.wait(), second.returncode) == (0, 0)
    assert "waiting for its end" in second.stderr
    assert (uncounted / "result").read_text() == "first\n"
