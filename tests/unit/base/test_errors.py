import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from linnaea import cli
from linnaea.base import errors
from linnaea.catalogue import software

CALLS = [
    ["--help"], ["--version"], ["status"], ["doctor", "--role", "test"], ["doctor", "--missing"],
    *([command, "--help"] for command in cli.COMMANDS),
]  # fmt: skip


def without_reader(command, folder, stderr=subprocess.PIPE):
    """Run a command whose standard output nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(command, stdout=writer, stderr=stderr, cwd=folder, text=True)
    finally:
        os.close(writer)


def test_a_command_whose_reader_stops_says_nothing(tmp_path):
    def end(arguments):
        program = "import sys; from linnaea.cli import main; sys.exit(main())"
        return without_reader([sys.executable, "-c", program, *arguments], tmp_path)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(end, CALLS))
    for arguments, answer in zip(CALLS, answers, strict=True):
        assert "Traceback" not in answer.stderr and "BrokenPipe" not in answer.stderr, arguments
        assert answer.returncode in (errors.READER_GONE, 0, 1), arguments
    assert answers[CALLS.index(["doctor", "--role", "test"])].returncode == errors.READER_GONE


def test_a_reader_of_both_streams_may_stop(tmp_path):
    program = "import sys; from linnaea.base import errors\nsys.exit(errors.run(lambda: print('x' * 99999)))"
    answer = without_reader([sys.executable, "-c", program], tmp_path, subprocess.STDOUT)
    assert answer.returncode == errors.READER_GONE


def test_a_broken_pipe_to_another_program_is_no_reader_that_stopped():
    def write():
        child = subprocess.Popen(["true"], stdin=subprocess.PIPE)
        child.wait()
        child.stdin.write(b"x")
        child.stdin.flush()

    with pytest.raises(BrokenPipeError):
        errors.run(write)


@pytest.mark.parametrize("path", sorted((software.ROOT / "bin").glob("*.py")), ids=lambda path: path.stem)
def test_every_step_ends_by_the_one_way(path):
    assert "\n    sys.exit(run(main))\n" in path.read_text()
