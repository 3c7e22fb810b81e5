"""Faults of disks, files and the head process on one machine: what is said, what -resume repeats."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

STEPS = ("--steps", "reads")


def ran(said):
    """Processes that were submitted, in their order."""
    return re.findall(r"Submitted process > \S+:(\w+)", said)


def cached(said):
    return re.findall(r"Cached process > \S+:(\w+)", said)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 6 MB; `small_disk.grow()` makes it 200 MB."""

    class Disk:
        path = tmp_path / "disk"

        def grow(self):
            subprocess.run(["mount", "-o", "remount,size=200m", self.path], check=True)

    disk = Disk()
    disk.path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk.path], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk.path], check=True)


def test_disk_full_in_work(launch, small_disk, undisturbed):
    code, said = launch.run(*STEPS, "-w", small_disk.path)
    assert code == 1
    assert "No room was left on the disk" in (launch.folder / "results/pipeline_info/failure.md").read_text()
    assert not (launch.folder / "results/index.tsv").exists()
    done = ran(said)
    small_disk.grow()
    code, said = launch.run(*STEPS, "-w", small_disk.path, "-resume")
    assert code == 0, said
    assert launch.records() == undisturbed.records()
    assert set(cached(said)) <= set(done)


def test_disk_full_in_outdir(launch, small_disk, undisturbed):
    outdir = small_disk.path / "results"
    (small_disk.path / "fill").write_bytes(os.urandom(6 * 2**20 - 200_000))
    code, said = launch.run(*STEPS, "--outdir", outdir)
    assert code == 1
    assert "No space left on device" in said
    assert not (outdir / "index.tsv").exists()
    (small_disk.path / "fill").unlink()
    small_disk.grow()
    code, said = launch.run(*STEPS, "--outdir", outdir, "-resume")
    assert code == 0, said
    assert launch.records(outdir) == undisturbed.records()
    # the file that the disk cut
    histogram = "xxLinDemo1/01_reads/xxLinDemo1.kmer_histogram.txt"
    assert (outdir / histogram).read_text() == (undisturbed.folder / "results" / histogram).read_text()


def test_a_second_run_is_refused_and_the_first_killed_with_9_goes_on_by_resume(launch, undisturbed):
    launch.plant(kmc="pause")
    first = launch.start(*STEPS)
    deadline = time.monotonic() + 300
    while not (launch.faults / "paused").exists():
        assert time.monotonic() < deadline
        time.sleep(0.5)
    code, said = launch.run(*STEPS)
    assert code == 1
    assert f"another run is at work in {launch.folder} (process {first.pid}); wait for its end" in said
    assert ran(said) == []

    first.send_signal(signal.SIGKILL)
    first.wait()
    # the task that the killed run forgot goes on and ends
    (launch.faults / "go").touch()
    # the session of the killed run: the refused one is the last of the history
    session = (launch.folder / ".nextflow/history").read_text().splitlines()[0].split("\t")[5]
    code, said = launch.run(*STEPS, "-resume", session)
    assert code == 0, said
    assert ran(said) == ["KMC_COUNT", "GENOME_PROFILE", "COVERAGE_CAP"]
    assert set(cached(said)) == {"CUTADAPT_HIFI", "READ_STATISTICS"}
    (forgotten,) = (row["workdir"] for row in launch.trace() if row["process"] == "KMC_COUNT")
    assert "for an earlier run" in (Path(forgotten) / ".command.err").read_text()
    assert launch.records() == undisturbed.records()


def test_an_empty_output_with_exit_0_and_a_corrupt_intermediate_are_told_and_made_anew(launch, undisturbed):
    launch.plant(kmc_tools="empty")
    code, said = launch.run(*STEPS)
    assert code == 1
    page = (launch.folder / "results/pipeline_info/failure.md").read_text()
    assert "GENOME_PROFILE" in page
    assert "kmer_histogram.txt" in page
    # the page names the work directory that holds the bad file
    folder = re.search(r"rm -r (\S+/work/[0-9a-f]{2}/[0-9a-f]{30})", page)[1]
    assert (Path(folder) / "xxLinDemo1.kmer_histogram.txt").exists()
    shutil.rmtree(folder)
    # meanwhile a file between two steps is cut on the disk
    (clean,) = (path for path in launch.folder.glob("work/*/*/*.clean.fastq.gz") if not path.is_symlink())
    clean.write_bytes(clean.read_bytes()[: clean.stat().st_size // 2])
    code, said = launch.run(*STEPS, "-resume")
    assert code == 1
    page = (launch.folder / "results/pipeline_info/failure.md").read_text()
    folder = re.search(r"rm -r (\S+/work/[0-9a-f]{2}/[0-9a-f]{30})", page)[1]
    assert Path(folder) == clean.parent
    shutil.rmtree(folder)
    code, said = launch.run(*STEPS, "-resume")
    assert code == 0, said
    assert "CUTADAPT_HIFI" in ran(said)
    assert launch.records() == undisturbed.records()


def test_an_empty_published_file_fails_the_run_at_its_end(launch):
    launch.plant(coverage_cap__py="empty")
    code, said = launch.run(*STEPS)
    assert code == 1
    assert "published files are no results" in said
    assert "xxLinDemo1.coverage.json" in said
    assert not (launch.folder / "results/index.tsv").exists()


def test_an_input_that_changed_or_went_away_between_runs(undisturbed):
    library = undisturbed.reads.parent / "reads/hifi.fastq.gz"
    away = library.with_suffix(".away")
    library.rename(away)
    try:
        code, said = undisturbed.run(*STEPS, "-resume")
        assert code == 1
        assert "hifi.fastq.gz does not exist" in said
        assert ran(said) == []
        library.write_bytes(2 * away.read_bytes())
        code, said = undisturbed.run(*STEPS, "-resume", "--outdir", "changed")
        assert code == 0, said
        assert cached(said) == []
    finally:
        away.replace(library)
    reads = undisturbed.records()["hifi1.raw.json"]["reads"]
    assert undisturbed.records("changed")["hifi1.raw.json"]["reads"] == 2 * reads
