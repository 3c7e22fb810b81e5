"""Which alignments of reads racon may polish by."""

import io

import pytest

import overlaps as step

# Of a read of 15 kb and a contig of 100 kb, both by stretch, on the given strand.
END_TO_END = [
    (0, 15_000, "+", 40_000, 55_000),  # the whole read
    (900, 14_100, "-", 40_000, 53_000),
    (6_000, 15_000, "+", 0, 9_000),  # over the start of the contig
    (0, 9_000, "-", 0, 9_000),
    (0, 7_000, "+", 93_000, 100_000),  # over its end
    (8_000, 15_000, "-", 93_000, 100_000),
]
WITHIN = [
    (4_000, 10_000, "+", 40_000, 46_000),  # a copy of 6 kb
    (0, 6_000, "+", 40_000, 46_000),  # on one side only
    (9_000, 15_000, "-", 40_000, 46_000),
    (1_000, 15_000, "+", 40_000, 54_000),
    (0, 9_000, "+", 0, 9_000),  # the read runs on where the contig does
]


def line(start, end, strand, low, high):
    return f"r\t15000\t{start}\t{end}\t{strand}\tc\t100000\t{low}\t{high}\t{end - start}\t{end - start}\t60\n"


@pytest.mark.parametrize("place", END_TO_END)
def test_alignments_that_reach_ends_are_kept(place, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(line(*place)))
    assert step.main([]) == 0
    assert capsys.readouterr().out == line(*place)


@pytest.mark.parametrize("place", WITHIN)
def test_alignments_that_stop_within_both_are_left_out(place, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(line(*place)))
    assert step.main([]) == 0
    assert capsys.readouterr().out == ""
