"""Faults of jobs, nodes and controller on a Slurm of two nodes: one run survives them and loses nothing."""

import os
import threading
import time

import pytest
from launches import HERE, Launch

LOST = "2147483647"  # what the engine gives a job that left no exit code; "-" in the trace
ON_SLURM = ("-profile", "slurm", "--project", "test", "-c", HERE / "fast.config", "-c", "limits.config")


def launch_on(slurm, folder, reads):
    """A launch directory whose jobs go to the private Slurm."""
    places = {"SLURM_CONF": f"{slurm}/slurm.conf", "CLUSTER": str(slurm), "SLURM_SH": str(HERE / "slurm.sh")}
    return Launch(folder, reads, places)


def allow_again(log, refused):
    """Take submissions again ten seconds after one was refused."""
    while not log.exists() or "AssocMaxSubmitJobLimit" not in log.read_text():
        time.sleep(1)
    time.sleep(10)
    refused.unlink()


@pytest.fixture(scope="module")
def survived(slurm, reads, tmp_path_factory):
    """The run, with each of its faults planted."""
    launch = launch_on(slurm, tmp_path_factory.mktemp("survived") / "run", reads)
    launch.plant(
        seqkit="cancel",
        read_statistics__py="kill",
        kmc="drain long",
        genome_profile__py="resume oom",
        coverage_cap__py="node",
        report__py="controller",
    )
    # the first attempt asks for less time than its planted fault takes
    (launch.folder / "limits.config").write_text(
        "process { resourceLimits = [cpus: 2, memory: 6.GB, time: 1.h]\n"
        "withName: 'KMC_COUNT' { time = { 1.min * (task.exitStatus == 140 ? 5 : 1) } } }\n"
    )
    refused = slurm / "refuse"
    refused.touch()
    threading.Thread(target=allow_again, args=(launch.folder / ".nextflow.log", refused), daemon=True).start()
    launch.code, launch.said = launch.run(*ON_SLURM)
    return launch


def test_the_run_ends_well_with_the_results_of_an_undisturbed_one(survived, undisturbed):
    assert survived.code == 0, survived.said
    assert survived.records() == undisturbed.records()
    assert (survived.folder / "results/xxLinDemo1/report.html").stat().st_size > 100_000


def test_submissions_refused_for_a_while_are_made_again(survived):
    assert "AssocMaxSubmitJobLimit" in survived.said
    assert "Job violates accounting/QOS policy" in survived.said


def test_a_cancelled_job_runs_again(survived):
    first, second = survived.attempts("CUTADAPT_HIFI")
    assert first[0] == "FAILED"
    assert second == ("COMPLETED", "0")


def test_a_killed_tool_runs_again_with_more_memory(survived):
    rows = [row for row in survived.trace() if row["process"] == "READ_STATISTICS"]
    (killed,) = (row for row in rows if row["exit"] == "137")
    (again,) = (row for row in rows if row["tag"] == killed["tag"] and row["status"] == "COMPLETED")
    assert (killed["memory"], again["memory"]) == ("2 GB", "4 GB")


def test_wall_time_reached_gives_more_time_on_the_node_that_is_not_drained(survived):
    assert survived.attempts("KMC_COUNT") == [("FAILED", "140"), ("COMPLETED", "0")]


def test_a_child_killed_for_memory_unseen_makes_its_task_run_again(survived):
    assert survived.attempts("GENOME_PROFILE") == [("FAILED", "137"), ("COMPLETED", "0")]


def test_a_lost_node_loses_no_task(survived, slurm):
    (status, code), second = survived.attempts("COVERAGE_CAP")
    assert status == "FAILED"
    assert code in ("-", LOST)
    assert second == ("COMPLETED", "0")


def test_a_controller_that_is_down_is_waited_for(survived):
    assert survived.attempts("MULTIQC") == [("COMPLETED", "0")]
    assert "Unable to contact slurm controller" in survived.said


def test_a_job_that_no_node_can_run_is_not_tried_again(slurm, reads, tmp_path):
    launch = launch_on(slurm, tmp_path / "run", reads)
    (launch.folder / "limits.config").write_text(
        "process { resourceLimits = [cpus: 2, memory: 64.GB, time: 1.h]\n"
        "withName: 'CUTADAPT_HIFI|READ_STATISTICS' { memory = 32.GB } }\n"
    )
    code, said = launch.run(*ON_SLURM)
    assert code == 1
    page = (launch.folder / "results/pipeline_info/failure.md").read_text()
    assert "The scheduler refused the job: sbatch: error:" in page
    assert "Submitted process" not in said
    assert "- attempt :" not in said


def test_nothing_else_ran_twice(survived):
    assert sorted(row["process"] for row in survived.trace() if row["status"] == "FAILED") == [
        "COVERAGE_CAP", "CUTADAPT_HIFI", "GENOME_PROFILE", "KMC_COUNT", "READ_STATISTICS",
    ]  # fmt: skip


def test_times_in_the_future_make_nothing_run_again(survived):
    later = time.time() + 7200
    for path in [*survived.reads.parent.glob("reads/*"), *survived.folder.glob("work/*/*/*")]:
        if not path.is_symlink():
            os.utime(path, (later, later))
    code, said = survived.run(*ON_SLURM, "-resume")
    assert code == 0, said
    assert "Submitted process" not in said
    tasks = {(row["process"], row["tag"]) for row in survived.trace()}
    assert said.count("Cached process") == len(tasks) == 8
