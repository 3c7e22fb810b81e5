import json

import pytest

import coverage_cap
from linnaea.assembly.coverage_cap import coverage_record
from linnaea.base.errors import InputError


def test_share_that_reaches_the_cap():
    record = coverage_record("ab", 3_000_000, 20_000, minimum=10, cap=60)
    assert record["coverage_x"] == 150
    assert record["kept_share"] * record["coverage_x"] == pytest.approx(60)


def test_all_reads_are_kept_below_the_cap():
    assert coverage_record("ab", 1_000_000, 20_000, minimum=10, cap=60)["kept_share"] == 1


def test_too_few_reads_are_refused_with_numbers_and_remedy():
    with pytest.raises(InputError, match=r"ab: .* 3\.0x .*needs 10x; sequence more, or lower --min_hifi"):
        coverage_record("ab", 60_000, 20_000, minimum=10, cap=60)


def test_unknown_genome_size_is_refused():
    with pytest.raises(InputError, match="genome size is not known"):
        coverage_record("ab", 60_000, 0, minimum=10, cap=60)


def test_step_prints_the_share_and_writes_the_record(tmp_path, capsys):
    out = tmp_path / "out.json"
    coverage_cap.main(
        ["--id", "ab", "--bases", "1000000", "--genome-size", "20000", "--minimum", "10"]
        + ["--cap", "25", "--out", str(out)]
    )
    assert capsys.readouterr().out == "0.5\n"
    assert json.loads(out.read_text())["coverage_x"] == 50
