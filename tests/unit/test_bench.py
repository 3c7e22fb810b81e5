"""The benchmark runs to its end, and the suite itself measures no speed."""

import re
import runpy
import sys

import pytest

from linnaea.base.paths import ROOT

BENCH = """
from timing import {imports}

def limits(folder, runs):
    {body}
"""


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """Runs benches given as name = (imports, body); the exit code."""

    def run(**benches):
        for name, (imports, body) in benches.items():
            (tmp_path / f"{name}.py").write_text(BENCH.format(imports=imports, body=body))
        main = runpy.run_path(str(ROOT / "bench" / "__main__.py"))["main"]
        main.__globals__["BENCHES"] = tuple(benches)
        return main([])

    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    yield run
    sys.modules.pop("timing", None)


def test_all_benches_run_and_what_falls_short_is_named_last(bench, capsys):
    code = bench(
        broken=("apart", "raise ChildProcessError('peer failed with exit code 3')"),
        slow=("at_most", "return [at_most(2, 5, 2, 'ours', 'the peer')]"),
        good=("at_most, below", "return [at_most(2, 3, 2, 'ours', 'the peer'), below(10, 9, 'ours')]"),
    )
    holds, short = capsys.readouterr().out.split("Falls short (2 of 4)")
    assert code == 1
    assert "broken stopped: ChildProcessError: peer failed with exit code 3" in short
    assert "ours: 5.00 s CPU, 2.50 times the peer (2.00 s); limit 2 times" in short
    assert "ours: 3.00 s CPU, 1.50 times the peer" in holds and "ours: 9 MB; limit 10 MB" in holds


def test_benches_that_hold_exit_with_zero(bench):
    assert bench(good=("below", "return [below(10, 9, 'ours')]")) == 0


def test_a_command_that_fails_is_not_measured(bench, capsys):
    assert bench(failing=("measure", "return measure(['false'], 1)")) == 1
    assert "false failed with exit code 1" in capsys.readouterr().out


def test_no_test_measures_speed():
    clocks = re.compile(r"\b(process_time|perf_counter|thread_time)\b")
    paths = [path for path in (ROOT / "tests").rglob("*.py") if path.name != "test_bench.py"]
    assert len(paths) > 100
    assert not [path.name for path in paths if clocks.search(path.read_text())]
