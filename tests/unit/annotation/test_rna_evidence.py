"""Introns, strandedness and mapping rate of alignments that were written by hand."""

import json
import subprocess
import sys

import numpy as np
import pysam
import pytest

from linnaea.annotation.hints import read_hints
from linnaea.annotation.rna_evidence import library_record, read_alignments, strandedness
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT

BIN = ROOT / "bin"
PLUS, MINUS, ODD, SHORT = (100, 200), (400, 500), (700, 800), (900, 915)


@pytest.fixture
def genome(tmp_path):
    """c1 with a GT-AG intron, one on the reverse strand, one without splice sites, and a very short one."""
    letters = bytearray(b"A" * 1200)
    for (start, end), sites in ((PLUS, b"GTAG"), (MINUS, b"CTAC"), (SHORT, b"GTAG")):
        letters[start : start + 2], letters[end - 2 : end] = sites[:2], sites[2:]
    path = tmp_path / "genome.fa"
    path.write_bytes(b">c1\n" + bytes(letters) + b"\n>c2\n" + bytes(letters) + b"\n")
    return path


def write_bam(path, reads):
    """`reads` are (sequence number or None, start, cigar, flag)."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": n, "LN": 1200} for n in ("c1", "c2")]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for number, (sequence, start, cigar, flag) in enumerate(reads):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag = f"r{number}", flag
            if sequence is not None:
                read.reference_id, read.reference_start, read.cigarstring = sequence, start, cigar
                read.mapping_quality = 60
            size = read.infer_query_length() or 50
            read.query_sequence = "A" * size
            out.write(read)
    return path


def spliced(intron, flag=0, sequence=0, overhang=20):
    length = intron[1] - intron[0]
    return sequence, intron[0] - overhang, f"{overhang}M{length}N{overhang}M", flag


REVERSE, UNMAPPED, PAIRED, FIRST, SECOND, SECONDARY, SUPPLEMENTARY = 16, 4, 1, 64, 128, 256, 2048


def test_introns_are_counted_on_the_strand_of_their_splice_sites(tmp_path, genome):
    reads = [
        *[spliced(PLUS)] * 3,
        *[spliced(MINUS, REVERSE)] * 2,
        spliced(ODD),
        spliced(SHORT),
        spliced(PLUS, sequence=1),
        (0, 80, "5S10M5D5M2I100N10M300N10M", 0),  # two introns, the second beginning at 210: 80+10+5+5
        (0, 10, "50M", 0),
        spliced(PLUS, SECONDARY),
        spliced(PLUS, SUPPLEMENTARY),
        (None, 0, None, UNMAPPED),
    ]
    hints, counts = read_alignments(write_bam(tmp_path / "a.bam", reads), genome)
    assert hints.of["E"]["intron"] == {
        ("c1", *PLUS, "+"): 4,
        ("c1", *MINUS, "-"): 2,
        ("c2", *PLUS, "+"): 1,
    }
    assert (counts["reads"], counts["mapped_reads"], counts["spliced_reads"]) == (11, 10, 9)
    assert counts["odd_sites"] == 2 and counts["agreeing"] == 7
    record = library_record(counts, hints, None)
    assert record["introns"] == 3 and record["introns_canonical_pct"] == pytest.approx(100 * 7 / 9)
    assert record["mapped_pct"] == pytest.approx(100 * 10 / 11)


def library(kind, number=120):
    """Pairs over both introns as a stranded or unstranded kit makes them."""
    reads = []
    rng = np.random.default_rng(1)
    for index in range(number):
        intron, minus = ((PLUS, False), (MINUS, True))[index % 2]
        # of a forward library the first mate reads as the transcript does
        first_as_transcript = {"forward": True, "reverse": False}.get(kind, bool(rng.random() < 0.5))
        for mate in (FIRST, SECOND):
            as_transcript = first_as_transcript == (mate == FIRST)
            flag = PAIRED | mate | (REVERSE if as_transcript == minus else 0)
            reads.append(spliced(intron, flag))
    return sorted(reads, key=lambda read: read[1])


@pytest.mark.parametrize("kind", ["forward", "reverse", "unstranded"])
def test_strandedness_is_seen_in_pairs(tmp_path, genome, kind):
    hints, counts = read_alignments(write_bam(tmp_path / "a.bam", library(kind)), genome)
    record = library_record(counts, hints, None)
    assert record["strandedness"] == kind and record["warnings"] == []
    assert hints.of["E"]["intron"] == {("c1", *PLUS, "+"): 120, ("c1", *MINUS, "-"): 120}


def test_few_spliced_reads_say_nothing_of_strandedness(tmp_path, genome):
    hints, counts = read_alignments(write_bam(tmp_path / "a.bam", library("reverse", 20)), genome)
    assert library_record(counts, hints, None)["strandedness"] == "unknown"
    declared = library_record(counts, hints, "forward")
    assert declared["strandedness"] == "forward" and declared["warnings"] == []


@pytest.mark.parametrize(
    ("agreeing", "opposite", "expected"),
    [
        (49, 0, "unknown"), (50, 0, "forward"), (80, 20, "forward"), (79, 21, "unknown"), (61, 39, "unknown"),
        (60, 40, "unstranded"), (40, 60, "unstranded"), (39, 61, "unknown"), (20, 80, "reverse"),
        (0, 50, "reverse"),
    ],
)  # fmt: skip
def test_bounds_of_strandedness(agreeing, opposite, expected):
    assert strandedness(agreeing, opposite) == expected


def test_a_wrong_declaration_is_told(tmp_path, genome):
    hints, counts = read_alignments(write_bam(tmp_path / "a.bam", library("reverse")), genome)
    record = library_record(counts, hints, "forward")
    assert record["strandedness"] == "reverse" and record["strandedness_declared"] == "forward"
    (warning,) = record["warnings"]
    assert warning.startswith("declared forward, but spliced reads show reverse (0.0 %")
    assert library_record(counts, hints, "reverse")["warnings"] == []


def test_reads_that_hardly_map_and_cross_nothing_are_warned_of(tmp_path, genome):
    reads = [(0, 10, "50M", 0)] * 2 + [(None, 0, None, UNMAPPED)] * 18
    hints, counts = read_alignments(write_bam(tmp_path / "a.bam", reads), genome)
    record = library_record(counts, hints, None)
    assert record["mapped_pct"] == 10 and record["introns_canonical_pct"] is None
    assert record["reads_in_direction_pct"] is None and record["spliced_reads"] == 0
    low, none = record["warnings"]
    assert low.startswith("only 10.0 % of the reads map") and none.startswith("no read crosses an intron")


def test_an_empty_library_is_refused(tmp_path, genome):
    hints, counts = read_alignments(write_bam(tmp_path / "a.bam", []), genome)
    with pytest.raises(InputError, match="has no reads"):
        library_record(counts, hints, None)


def test_the_script_writes_hints_and_record(tmp_path, genome):
    write_bam(tmp_path / "a.bam", library("reverse"))
    command = [sys.executable, str(BIN / "rna_evidence.py"), "a.bam", "--id", "x", "--library", "leaf"]
    files = ["--genome", genome.name, "--hints", "h.gff", "--out", "r.json"]
    subprocess.run([*command, "--type", "rnaseq", *files], check=True, cwd=tmp_path)
    assert sum(read_hints(tmp_path / "h.gff").of["E"]["intron"].values()) == 240
    record = json.loads((tmp_path / "r.json").read_text())
    assert (record["step"], record["library"], record["type"]) == ("transcript_mapping", "leaf", "rnaseq")
    assert record["strandedness"] == "reverse" and record["introns"] == 2
