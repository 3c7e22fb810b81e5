import os

import pytest
from launched import LaunchFolder, lock_held, own_pid_is_an_engine

from linnaea.cli import main

NAME = "ASSEMBLY:READS:FASTP (a)"


@pytest.fixture
def run(tmp_path):
    """A finished run: a task done, a failed attempt, one of an earlier run, results, traps all around."""
    run = LaunchFolder(tmp_path / "launch")
    run.used = run.task("aa/000001", NAME)
    run.failed = run.task("aa/000002", NAME, exit="137", retried=True)
    run.outside = tmp_path / "outside"
    run.outside.mkdir()
    (run.outside / "precious.txt").write_text("x")
    (run.failed / "in.txt").symlink_to(run.outside / "precious.txt")
    (run.failed / "folder").symlink_to(run.outside)
    (run.failed / "loop").symlink_to(run.failed)
    run.earlier = run.work / "bb" / ("1" * 30)
    run.earlier.mkdir(parents=True)
    (run.earlier / ".exitcode").write_text("0")
    (run.work / "cc").symlink_to(run.outside)
    (run.outside / ("2" * 30)).mkdir()
    (run.work / "aa" / ("3" * 30)).symlink_to(run.outside)
    for name in ("conda/env", "bb/notes", "stage-1/aa/" + "4" * 30):
        (run.work / name).mkdir(parents=True)
    results = run.folder / "results"
    (results / "a.txt").write_text("12345")
    (results / "index.tsv").write_text("file\tbytes\na.txt\t5\n")
    run.write()
    return run


def safe(run):
    return (
        (run.outside / "precious.txt").exists()
        and (run.outside / ("2" * 30)).is_dir()
        and all((run.work / name).exists() for name in ("conda/env", "bb/notes", "stage-1/aa/" + "4" * 30))
    )


def clean(run, *options):
    return main(["clean", str(run.folder), *options])


def test_what_the_last_run_did_not_use_goes(run, capsys):
    assert clean(run, "--dry-run") == 0
    dry = capsys.readouterr().out
    assert run.failed.exists() and run.earlier.exists()
    assert clean(run) == 0
    out = capsys.readouterr().out
    assert run.used.exists() and not run.failed.exists() and not run.earlier.exists()
    assert safe(run)
    assert "7 files" in out and "2 task directories" in out and "resume: as before" in out
    assert dry.replace("would be freed", "freed") == out


def test_all_goes_when_the_results_are_in_place(run):
    assert clean(run, "--all") == 0
    assert not run.used.exists() and not run.failed.exists() and safe(run)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda run: (run.folder / "results/a.txt").unlink(), "a.txt does not exist"),
        (lambda run: (run.folder / "results/a.txt").write_text("123"), "has 3 bytes, the index says 5"),
        (lambda run: (run.folder / "results/index.tsv").unlink(), "has no index.tsv"),
        (lambda run: run.write("ERR"), "did not succeed"),
        (lambda run: run.write("-"), "did not succeed"),
        (
            lambda run: (
                (run.folder / "results/a.txt").unlink(),
                (run.folder / "results/a.txt").symlink_to(run.used / "data.txt"),
            ),
            "is a link",
        ),
    ],
)
def test_all_is_refused(run, spoil, words, capsys):
    spoil(run)
    assert clean(run, "--all") == 1
    assert words in capsys.readouterr().err
    assert run.used.exists() and run.failed.exists()


def test_after_a_failure_only_failed_attempts_go(run):
    running = run.task("dd/000001", NAME, state="begun")
    run.write("ERR")
    assert clean(run) == 0
    assert run.used.exists() and run.earlier.exists() and running.exists()
    assert not run.failed.exists()


def test_results_that_are_links_keep_their_task(run):
    (run.folder / "results/old.txt").symlink_to(run.earlier / ".exitcode")
    assert clean(run) == 0
    assert run.earlier.exists() and not run.failed.exists()


def test_a_shared_work_directory_loses_only_what_this_launch_directory_names(tmp_path):
    run = LaunchFolder(tmp_path / "launch", work=tmp_path / "shared")
    used, failed = run.task("aa/000001", NAME), run.task("aa/000002", NAME, exit="1")
    other = tmp_path / "shared/bb" / ("1" * 30)
    other.mkdir(parents=True)
    run.write()
    assert clean(run) == 0
    assert used.exists() and other.exists() and not failed.exists()


def test_refused_while_a_run_goes_on(tmp_path, monkeypatch, capsys):
    run = LaunchFolder(tmp_path, own_pid_is_an_engine(monkeypatch))
    failed = run.task("aa/000001", NAME, exit="1")
    run.write("-")
    assert clean(run) == 1
    assert "a run is active" in capsys.readouterr().err
    assert failed.exists()


def test_refused_while_the_cache_is_locked(run, capsys):
    with lock_held(run.folder):
        assert clean(run) == 1
        assert "it holds" in capsys.readouterr().err
        assert run.failed.exists()
    assert clean(run) == 0


def test_a_run_without_tasks_tells_nothing(tmp_path, capsys):
    run = LaunchFolder(tmp_path)
    folder = run.work / "bb" / ("1" * 30)
    folder.mkdir(parents=True)
    run.write()
    assert clean(run) == 1
    assert "executed no tasks" in capsys.readouterr().err
    assert folder.exists()


def test_hard_links_free_nothing(run, capsys):
    (run.failed / "data.txt").unlink()
    os.link(run.folder / "results/a.txt", run.failed / "data.txt")
    assert clean(run) == 0
    assert (run.folder / "results/a.txt").read_text() == "12345"
