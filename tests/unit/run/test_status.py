import os
import time
from datetime import timedelta

import pytest
from launched import LaunchFolder, lock_held, own_pid_is_an_engine

from linnaea.base.errors import InputError
from linnaea.run.launch import read_launch, refuse_second_run
from linnaea.run.status import duration, screen, stage

READS, HIFIASM = "ASSEMBLY:READS:FASTP", "ASSEMBLY:ASSEMBLE:HIFIASM"


def cells(text):
    return [line.split() for line in text.splitlines()]


def test_running(tmp_path, monkeypatch):
    run = LaunchFolder(tmp_path, own_pid_is_an_engine(monkeypatch))
    run.task("aa/000001", f"{READS} (ilAusBus1 run1)")
    run.task("aa/000002", f"{READS} (ilAusBus1 run2)", state="cached")
    run.task("aa/000003", f"{HIFIASM} (ilAusBus1)", exit="137", retried=True)
    run.task("aa/000004", f"{HIFIASM} (ilAusBus1)", state="begun")
    run.task("aa/000005", f"{HIFIASM} (ilCusDus1)", state="submitted")
    run.task("aa/000006", "POPGEN:READS:MAP_MODERN (s1)")
    run.task("aa/000007", "REPORTS:MULTIQC")
    text = screen(read_launch(run.write("-")))
    rows = cells(text)
    assert "running since" in text and f"process {os.getpid()} on" in text
    assert ["ilAusBus1", "reads", "0", "0", "2", "0"] in rows
    assert ["ilAusBus1", "assemble", "0", "1", "0", "0"] in rows
    assert ["ilCusDus1", "assemble", "1", "0", "0", "0"] in rows
    assert ["populations", "reads", "0", "0", "1", "0"] in rows
    assert ["all", "reports", "0", "0", "1", "0"] in rows
    assert "retried: 1" in text
    assert "time left: not known yet" in text


def test_time_left_is_that_of_the_plan_at_the_pace_so_far(tmp_path, monkeypatch):
    run = LaunchFolder(tmp_path, own_pid_is_an_engine(monkeypatch))
    for number in range(4):
        run.task(f"aa/00000{number}", f"{READS} (a {number})")
    run.task("aa/000009", f"{HIFIASM} (a)", state="submitted")
    rows = [f"raw data\t{READS}\t25\n"] * 4 + [f"contigs\t{HIFIASM}\t300\n", "odd\n"]
    (tmp_path / "results/pipeline_info/plan.tsv").write_text("stage\tprocess\tcore_s\n" + "".join(rows))
    launch = read_launch(run.write("-"))
    text = screen(launch, launch.started + timedelta(minutes=10))
    assert "time left according to the plan: about 30 min" in text
    assert ["a", "raw", "data", "0", "0", "4", "0"] in cells(text)


def test_finished_failed_and_gone(tmp_path):
    run = LaunchFolder(tmp_path / "a")
    run.task("aa/000001", f"{READS} (a)")
    assert "finished: started" in screen(read_launch(run.write("OK")))
    run = LaunchFolder(tmp_path / "b")
    run.task("aa/000001", f"{READS} (a)", exit="1")
    run.task("aa/000002", f"{READS} (b)", state="begun")
    page = tmp_path / "b/results/pipeline_info/failure.md"
    page.write_text("# The run failed\n")
    os.utime(page, (time.time() + 5, time.time() + 5))
    text = screen(read_launch(run.write("ERR")))
    assert "\nfailed: started" in text
    assert f"failed: {READS} (a)" in text
    assert str(page) in text
    assert ["b", "reads", "0", "0", "0", "0"] in cells(text)
    os.utime(page, (1, 1))
    text = screen(read_launch(run.write("-")))
    assert "\ngone: started" in text
    assert "ended without a word" in text


def test_no_launch_directory(tmp_path):
    with pytest.raises(InputError, match="has no log of a run"):
        read_launch(tmp_path)


def test_logs_of_other_commands_are_passed_over(tmp_path):
    run = LaunchFolder(tmp_path)
    run.task("aa/000001", f"{READS} (a)")
    (run.write() / ".nextflow.log").rename(tmp_path / ".nextflow.log.1")
    (tmp_path / ".nextflow.log").write_text("Nov-28 08:37:29.643 [main] DEBUG x - $> nextflow log\n")
    assert len(read_launch(tmp_path).tasks) == 1


def test_five_thousand_tasks(tmp_path, monkeypatch):
    run = LaunchFolder(tmp_path, own_pid_is_an_engine(monkeypatch))
    for number in range(20):
        run.task(f"{number % 256:02x}/f{number:05x}", f"{READS} (a s{number})", state="begun")
    run.log_tasks(READS, 5000)
    run.write("-")
    assert "5000" in screen(read_launch(tmp_path))


@pytest.mark.parametrize(
    ("process", "name"),
    [("ASSEMBLY:READS:FASTP", "reads"), ("POPGEN:INDEX_VCF", "popgen"), ("X", "x"), ("A:B:C:D", "b")],
)
def test_stage(process, name):
    assert stage(process) == name


@pytest.mark.parametrize(
    ("seconds", "text"), [(4, "4 s"), (90, "2 min"), (7260, "2 h 1 min"), (200_000, "2 d 7 h")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_an_engine_is_at_work_for_all_but_itself(tmp_path):
    """The check of an engine's input need not be its child: a container's engine may stand between."""
    folder = LaunchFolder(tmp_path).write("-")
    refuse_second_run(folder, own=os.getppid())
    with lock_held(folder) as engine:
        refuse_second_run(folder, own=engine)
        with pytest.raises(InputError, match=rf"another run is active in \S+ \(process {engine}\)"):
            refuse_second_run(folder, own=os.getppid())
