"""Tracks of a contact map against places that are known."""

import gzip
import random

import numpy as np
import pytest

from linnaea.assembly.curation_tracks import (
    coverage_track,
    haplotig_track,
    repeat_track,
    sequence_tracks,
    write_bedgraph,
)
from linnaea.base.errors import InputError

LENGTHS = {"a": 25_000, "b": 9_500}


def intervals(track, name):
    return [tuple(int(value) for value in row) for row in zip(*track[name], strict=True)]


@pytest.fixture
def fasta(tmp_path):
    """a has telomeres at both ends, one inside, gaps of 1 and 200 bp; b has nothing."""
    rng = random.Random(3)
    a = rng.choices("ACGT", k=LENGTHS["a"])
    a[:600] = "CCCTAA" * 100
    a[-1200:] = "TTAGGG" * 200
    a[12_000:12_600] = "ttaggg" * 100
    a[5_000:5_200] = "N" * 200
    a[7_000] = "n"
    # the letters around arrays and gaps must not lengthen them
    for place in (600, 11_999, 12_600, LENGTHS["a"] - 1201):
        a[place] = "C" if place != 600 else "G"
    b = rng.choices("ACGT", k=LENGTHS["b"])
    path = tmp_path / "x.fa"
    path.write_text(f">a\n{''.join(a)}\n>b\n{''.join(b)}\n")
    return path


@pytest.mark.parametrize("motif", ["auto", "TTAGGG", "CCCTAA"])
def test_gaps_and_telomeres_are_where_they_are(fasta, motif):
    gaps, arrays, unit = sequence_tracks(fasta, motif)
    assert unit == "TTAGGG"
    assert intervals(gaps, "a") == [(5000, 5200, 200), (7000, 7001, 1)]
    assert intervals(arrays, "a") == [(0, 600, 600), (12_000, 12_600, 600), (23_800, 25_000, 1200)]
    assert intervals(gaps, "b") == intervals(arrays, "b") == []


def test_no_telomere_track_without_a_motif(tmp_path):
    letters = "".join(random.Random(4).choices("ACGT", k=5000))
    (tmp_path / "x.fa").write_text(f">a\n{letters}\n")
    assert sequence_tracks(tmp_path / "x.fa")[1:] == ({}, None)


def test_coverage_is_rounded_and_has_the_names_of_the_map(tmp_path):
    (tmp_path / "d1").write_text("s\t0\t1000\t2.51\ns\t1000\t1500\t0.20\n")
    (tmp_path / "d2").write_bytes(gzip.compress(b"s\t0\t700\t7.00\n"))
    names = {("hap1", "s"): "s_hap1", ("hap2", "s"): "s_hap2"}
    track = coverage_track({"hap1": tmp_path / "d1", "hap2": tmp_path / "d2"}, names)
    assert intervals(track, "s_hap1") == [(0, 1000, 3), (1000, 1500, 0)]
    assert intervals(track, "s_hap2") == [(0, 700, 7)]
    with pytest.raises(InputError, match="s is not in the assembly of hap3"):
        coverage_track({"hap3": tmp_path / "d1"}, names)


def test_repeats_are_masked_bases_of_10_kb(tmp_path):
    (tmp_path / "r").write_text(">a\n9990 - 10009\n24999 - 24999\n>b\n0 - 9499\n")
    track = repeat_track(tmp_path / "r", LENGTHS)
    assert intervals(track, "a") == [(0, 10_000, 10), (10_000, 20_000, 10), (20_000, 25_000, 1)]
    assert intervals(track, "b") == [(0, 9500, 9500)]


def test_alignments_count_on_both_haplotypes(tmp_path):
    def row(query, start, end, target, target_start, target_end):
        columns = (query, 9500, start, end, "+", target, 25_000, target_start, target_end, 1, 1, 60)
        return "\t".join(map(str, columns)) + "\n"

    rows = row("q", 0, 6000, "t", 10_000, 16_000) + row("q", 2000, 8000, "t", 10_000, 16_000)
    rows += row("q", 0, 900, "t", 0, 900)  # a shared repeat
    (tmp_path / "paf").write_text(rows)
    (tmp_path / "alternate").write_text(row("alt", 0, 9000, "t", 0, 9000))
    pafs = {"hap2": tmp_path / "paf", "alternate": tmp_path / "alternate"}
    track = haplotig_track(pafs, "hap1", {("hap1", "t"): "a", ("hap2", "q"): "b"}, LENGTHS)
    depth_a = np.array([value for *_, value in intervals(track, "a")])
    assert depth_a.tolist() == [1] * 9 + [0] + [2] * 6 + [0] * 9
    assert [value for *_, value in intervals(track, "b")] == [1, 1, 2, 2, 2, 2, 1, 1, 0, 0]


def test_bedgraph_has_whole_numbers_and_tabs(tmp_path):
    track = {"b": ([0], [5], [2]), "a": (np.array([3]), np.array([9]), np.array([6]))}
    write_bedgraph(track, ["a", "b", "c"], tmp_path / "x.gz")
    assert gzip.decompress((tmp_path / "x.gz").read_bytes()) == b"a\t3\t9\t6\nb\t0\t5\t2\n"
