"""No reader of a pipe stops before its writer ends: SIGPIPE (exit code 141) and pipefail lose the task."""

import re
import subprocess

import pytest

from linnaea.base.paths import ROOT

SHELL = sorted(
    path
    for pattern in ("modules/**/*.nf", "workflows/**/*.nf", "bin/*.sh", "containers/*.sh", "assets/**/*.sh")
    for path in ROOT.glob(pattern)
)
# Behind a pipe these end at their first match, row or interval. What reads on is put behind them in braces.
EARLY = re.compile(
    r"(?<!\|)\|\s*(?:head\b|read\b|seqkit head\b|samtools head\b|grep\s(?:-\S+\s+)*-[A-Za-z]*[qlm]"
    r"|sed\s[^|]*\bq\b|sed\s[^|]*\dq|[gm]?awk\s[^|]*\bexit\b|bedtools \w+ [^|;]*-sorted)"
)
SORTED = re.compile(r"\|\s*(\{ bedtools [^}]*-sorted[^}]*\}|bedtools [^|]*-sorted[^|]*)")


def commands(path):
    """Lines of a file without comments, continued ones joined, the engine's variables by their names."""
    text = path.read_text().replace("\\\\\n", " ").replace("\\\n", " ")
    text = re.sub(r"\$\{(\w+)\}", r"\1", text)
    return [line for line in text.splitlines() if not line.lstrip().startswith(("//", "#"))]


def test_no_reader_of_a_pipe_stops_early():
    early = [f"{path.relative_to(ROOT)}: {line.strip()}" for path in SHELL for line in commands(path)
             if EARLY.search(line)]  # fmt: skip
    assert early == []
    assert len(SHELL) > 60


@pytest.mark.parametrize(
    "line",
    ["zcat a | head -1", "cut -f 1 a | grep -qvxFf b", "cut -f 1 a | grep -v -m 1 b", "x | sed -n '1p;1q'",
     "cat a | awk 'NR == 2 { exit }'", "x | bedtools intersect -sorted -a - -b b | y", "x | read a"],
)  # fmt: skip
def test_readers_that_stop_early_are_seen(line):
    assert EARLY.search(line)


def sorted_readers():
    return [match[1] for path in SHELL for line in commands(path) for match in SORTED.finditer(line)]


@pytest.mark.parametrize("reader", sorted_readers())
@pytest.mark.parametrize("last", ["one\t0\t5", "one\t0\t1000000", "two\t0\t1"])
def test_intersections_read_on_behind_the_last_interval(tmp_path, reader, last):
    (tmp_path / "fai").write_text("one\t1000000\nthree\t1000000\ntwo\t1000000\n")
    (tmp_path / "sites.bed").write_text(f"{last}\n")
    rows = ((name, start) for name in ("one", "three", "two") for start in range(0, 10**6, 10))
    (tmp_path / "a.bed").write_text("".join(f"{name}\t{start}\t{start + 10}\n" for name, start in rows))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"cat a.bed | {reader} | sort | uniq | wc -l"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == {"one\t0\t5": 1, "one\t0\t1000000": 100_000, "two\t0\t1": 1}[last]


def test_an_error_of_the_reader_is_not_hidden(tmp_path):
    (tmp_path / "a.bed").write_text("one\t0\t5\n")
    (reader,) = sorted_readers()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"cat a.bed | {reader} | cat"],
        cwd=tmp_path, capture_output=True,
    )  # fmt: skip
    assert done.returncode not in (0, 141)
