"""Duplicates of merged reads, against a plain comparison of all fragments."""

import numpy as np
import pysam

from linnaea.population.merged_duplicates import mark_duplicates

HEADER = pysam.AlignmentHeader.from_references(["1", "2"], [50_000, 50_000])


def read(name, start, length, reverse=False, chromosome=0, quality=30, cigar=None, flag=0):
    made = pysam.AlignedSegment(HEADER)
    made.query_name = name
    made.flag = flag | (16 if reverse else 0)
    made.reference_id, made.reference_start = chromosome, start
    made.mapping_quality = 37
    made.query_sequence = "A" * length
    made.query_qualities = pysam.qualitystring_to_array(chr(33 + quality) * length)
    made.cigarstring = cigar or f"{length}M"
    return made


def duplicates(reads):
    return {made.query_name for made in mark_duplicates(reads) if made.is_duplicate}


def test_both_ends_and_the_strand_have_to_agree():
    assert duplicates([read("a", 100, 50), read("copy", 100, 50, quality=20)]) == {"copy"}
    assert duplicates([read("a", 100, 50), read("longer", 100, 51)]) == set()
    assert duplicates([read("a", 100, 50), read("other strand", 100, 50, reverse=True)]) == set()
    assert duplicates([read("a", 100, 50), read("other chromosome", 100, 50, chromosome=1)]) == set()


def test_the_best_of_many_copies_stays():
    copies = [read(str(quality), 7, 40, quality=quality) for quality in (20, 35, 30, 35, 10)]
    assert [made.is_duplicate for made in mark_duplicates(copies)] == [True, False, True, True, True]


def test_clipped_bases_belong_to_the_fragment():
    assert duplicates([read("a", 100, 50), read("clipped", 105, 50, cigar="5S45M")]) == {"clipped"}


def test_order_is_kept_and_other_records_pass():
    reads = [read("a", 1, 30), read("secondary", 1, 30, flag=256), read("copy", 1, 30), read("b", 9, 30)]
    assert [made.query_name for made in mark_duplicates(reads)] == ["a", "secondary", "copy", "b"]
    assert not reads[1].is_duplicate


def test_a_dense_library_equals_the_comparison_of_all(tmp_path):
    rng = np.random.default_rng(3)
    starts = np.sort(rng.integers(0, 3_000, 4_000))
    lengths, qualities = rng.integers(30, 40, starts.size), rng.integers(2, 40, starts.size)
    strands = rng.integers(2, size=starts.size)
    reads = [
        read(str(i), int(starts[i]), int(lengths[i]), bool(strands[i]), quality=int(qualities[i]))
        for i in range(starts.size)
    ]
    groups = {}
    for made in reads:
        groups.setdefault((made.reference_start, made.reference_end, made.is_reverse), []).append(made)
    expected = set()
    for copies in groups.values():
        kept = max(copies, key=lambda made: sum(made.query_qualities))
        expected |= {made.query_name for made in copies if made is not kept}
    assert expected and duplicates(reads) == expected
