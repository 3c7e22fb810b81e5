"""What the run of hostile names must not leave."""

import hashlib
from pathlib import Path

import pytest

NAME = "hostile names through real tasks"


@pytest.mark.workflow(NAME)
def test_no_command_was_run(workflow_dir):
    assert not [path for path in workflow_dir.rglob("canary_*") if ".git" not in path.parts]


@pytest.mark.workflow(NAME)
def test_no_token_is_kept(workflow_dir):
    kept = [*workflow_dir.glob(".nextflow*"), workflow_dir / "work", workflow_dir / "results"]
    files = [path for place in kept for path in ([place] if place.is_file() else place.rglob("*"))]
    assert len(files) > 100
    assert not [path for path in files if path.is_file() and b"secret_canary" in path.read_bytes()]


@pytest.mark.workflow(NAME)
def test_results_are_not_writable_for_everybody(workflow_dir):
    results = [workflow_dir / "results", *(workflow_dir / "results").rglob("*")]
    assert not [path for path in results if not path.is_symlink() and path.stat().st_mode & 0o002]


@pytest.mark.workflow(NAME)
def test_the_input_is_as_it_was(workflow_dir):
    for line in (workflow_dir / "sums.txt").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((workflow_dir / name).read_bytes()).hexdigest() == digest, Path(name).name
