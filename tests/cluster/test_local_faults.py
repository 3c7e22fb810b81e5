"""Faults of disks, files and the head process on one machine: what is said, what -resume repeats."""

import gzip
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
    """Makes file systems of 6 MB, by name; `grow` makes one 200 MB."""
    mounted = []

    def make(name):
        disk = tmp_path / name
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", disk], check=True)
        mounted.append(disk)
        return disk

    yield make
    for disk in mounted:
        subprocess.run(["umount", "-l", disk], check=True)


def grow(disk):
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)


def test_disks_full_in_work_and_then_in_outdir(launch, small_disk, undisturbed):
    work, disk = small_disk("small"), small_disk("results_disk")
    outdir = disk / "results"
    places = (*STEPS, "-w", work, "--outdir", outdir)
    code, said = launch.run(*places)
    assert code == 1
    assert "No space was left on the disk" in (outdir / "pipeline_info/failure.md").read_text()
    assert not (outdir / "index.tsv").exists()
    done = ran(said)

    grow(work)
    (disk / "fill").write_bytes(os.urandom(shutil.disk_usage(disk).free - 200_000))
    code, said = launch.run(*places, "-resume")
    assert code == 1
    assert "No space left on device" in said
    assert set(cached(said)) <= set(done)
    assert not (outdir / "index.tsv").exists()

    (disk / "fill").unlink()
    grow(disk)
    code, said = launch.run(*places, "-resume")
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
    assert f"another run is active in {launch.folder} (process {first.pid})" in said
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
    assert "published files are not valid results" in said
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
        one_cell = gzip.decompress(away.read_bytes())
        library.write_bytes(gzip.compress(one_cell + one_cell.replace(b"m64001_240501", b"m64001_240502")))
        code, said = undisturbed.run(*STEPS, "-resume", "--outdir", "changed")
        assert code == 0, said
        assert cached(said) == []
    finally:
        away.replace(library)
    reads = undisturbed.records()["hifi1.raw.json"]["reads"]
    assert undisturbed.records("changed")["hifi1.raw.json"]["reads"] == 2 * reads
