"""The BED of purge_dups as decisions, and what it is given to read."""

import gzip
import io
import json

import pytest

import purge_dups as step
from linnaea.assembly import purge_dups
from linnaea.assembly.decisions import read_decisions
from linnaea.assembly.purge_duplicates import WINDOW_BP, Coverage, Depth
from linnaea.assembly.read_depth import WindowedDepth
from linnaea.base.errors import InputError
from linnaea.formats.sequences import fasta_records

LENGTHS = {"ctg-1": 200_000, "ctg:2": 90_000, "c1": 60_000, "d": 15_000}


def depth_of(lengths, reads):
    windows = WindowedDepth(lengths, WINDOW_BP)
    for name, times in reads.items():
        for _ in range(times):
            windows.add(name, 0, lengths[name])
    return Depth(windows)


def judged(tmp_path, *rows):
    """(sequence, start, end, action, kind or type) of the decisions on a BED."""
    path = tmp_path / "dups.bed"
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    depth = depth_of(LENGTHS, dict.fromkeys(LENGTHS, 10))
    made = purge_dups.decide(purge_dups.read_bed(path, LENGTHS), depth, Coverage(10.0, 2))
    return [
        (one.sequence, one.start, one.end, one.action, one.evidence.get("kind", one.evidence["type"]))
        for one in made
    ]


def test_cutoffs_follow_from_the_depth_of_a_haplotype():
    """calcuts -l 5 -m 30 -u 120 writes the same line."""
    assert purge_dups.cutoffs(Coverage(20.0, 2)) == "5\t29\t29\t30\t30\t120\n"
    assert purge_dups.cutoffs(Coverage(2.0, 2)).split()[0] == "1"


def test_whole_contigs_and_ends_are_removed(tmp_path):
    rows = [
        ("c1", 150_000, 195_000, "OVLP", "c2"),
        ("c2", 0, 90_000, "HAPLOTIG", "c1"),
        ("c3", 1, 60_000, "JUNK"),
    ]
    assert judged(tmp_path, *rows) == [
        ("ctg-1", 150_000, 200_000, "trim", "overlap"),
        ("ctg:2", 0, 90_000, "remove", "haplotig"),
        ("c1", 0, 60_000, "remove", "low_depth"),
    ]


def test_a_contig_of_which_little_would_stay_is_removed_as_a_whole(tmp_path):
    assert judged(tmp_path, ("c4", 0, 4_000, "OVLP", "c1")) == [("d", 0, 4_000, "trim", "overlap")]
    assert judged(tmp_path, ("c4", 0, 5_000, "OVLP", "c1")) == [("d", 0, 15_000, "remove", "overlap")]
    ends = [("c3", 0, 25_000, "OVLP", "c1"), ("c3", 34_000, 60_000, "OVLP", "c2")]
    assert judged(tmp_path, *ends) == [("c1", 0, 60_000, "remove", "overlap")]


def test_repeats_and_overlaps_inside_contigs_are_for_a_person(tmp_path):
    rows = [
        ("c1", 50_000, 80_000, "OVLP", "c2"),
        ("c2", 0, 90_000, "REPEAT", "c1"),
        ("c3", 1, 60_000, "HIGHCOV"),
    ]
    assert [row[3:] for row in judged(tmp_path, *rows)] == [
        ("review", "OVLP"), ("review", "REPEAT"), ("review", "HIGHCOV"),
    ]  # fmt: skip


def test_a_bed_of_another_assembly_is_refused(tmp_path):
    rows = [("c9", 0, 10, "JUNK"), ("c4", 0, 15_001, "HAPLOTIG", "c1"), ("c4", 0, 15_000, "NEW")]
    with pytest.raises(InputError) as raised:
        judged(tmp_path, *rows)
    for words in ("line 1: c9 0 to 10", "line 2: c4 0 to 15001", "line 3: type NEW"):
        assert words in str(raised.value)


@pytest.fixture
def folder(tmp_path):
    letters = {"a-b": "ACGT" * 5_000 + "N" * 7 + "ACGT" * 5_000, "x:y": "GGCA" * 4_000}
    (tmp_path / "assembly.fa").write_text("".join(f">{name}\n{text}\n" for name, text in letters.items()))
    profile = {"kmer_size": 21, "ploidy_model": 2, "error_rate_pct": 0, "haploid_kmer_coverage": 2.0}
    (tmp_path / "profile.json").write_text(json.dumps({"id": "x", "step": "genome_profile"} | profile))
    return tmp_path


def options(folder, *names):
    return [word for name in names for word in (f"--{name.split('.')[0]}", str(folder / name))]


def test_contigs_are_numbered_and_cut_at_unknown_bases(folder):
    words = options(folder, "contigs.fa", "split.fa", "out.cutoffs")
    given = ["--assembly", str(folder / "assembly.fa"), "--profile", str(folder / "profile.json")]
    assert step.main(["prepare", *given, *words]) == 0
    before = dict(fasta_records(folder / "assembly.fa"))
    assert dict(fasta_records(folder / "contigs.fa")) == {"c1": before["a-b"], "c2": before["x:y"]}
    assert dict(fasta_records(folder / "split.fa")) == {
        "c1:1-20000": b"ACGT" * 5_000,
        "c1:20008-40007": b"ACGT" * 5_000,
        "c2:1-16000": before["x:y"],
    }
    assert (folder / "out.cutoffs").read_text() == "1\t2\t2\t3\t3\t12\n"
    record = json.loads((folder / "profile.json").read_text())
    (folder / "profile.json").write_text(json.dumps(record | {"ploidy_model": None}))
    assert step.main(["prepare", *given, *words]) == 0
    assert (folder / "out.cutoffs").read_text() == ""


@pytest.mark.parametrize(("duplication_pct", "left"), [(12.0, {"a-b"}), (1.0, {"a-b", "x:y"})])
def test_the_bed_is_carried_out_where_kmers_show_duplication(folder, monkeypatch, duplication_pct, left):
    """Four reads on the first contig and two on the second, under the numbers that purge_dups is given."""
    (folder / "dups.bed").write_text("c2\t0\t16000\tHAPLOTIG\tc1\n")
    entries = [{"haplotype": "primary", "false_duplication_pct": duplication_pct}]
    kmers = {"id": "x", "step": "kmer_evaluation", "haplotypes": entries}
    (folder / "evaluation.json").write_text(json.dumps(kmers))
    rows = [(f"r{number}", "c1", 40_007) for number in range(4)] + [
        ("r4", "c2", 16_000),
        ("r5", "c2", 16_000),
    ]
    lines = [
        f"{read}\t{size}\t0\t{size}\t+\t{name}\t{size}\t0\t{size}\t{size}\t{size}\t60\n"
        for read, name, size in rows
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(lines)))
    words = options(folder, "assembly.fa", "dups.bed", "profile.json", "evaluation.json", "out.fa.gz")
    words += options(folder, "removed.fa.gz", "agp.agp", "decisions.tsv", "metrics.json")
    assert step.main(["apply", "--id", "x", "--haplotype", "primary", *words]) == 0
    with gzip.open(folder / "out.fa.gz", "rt") as handle:
        assert {line[1:].strip() for line in handle if line.startswith(">")} == left
    record = json.loads((folder / "metrics.json").read_text())
    assert record["tool"] == "purge_dups"
    assert record["bases_in_bp"] == record["bases_out_bp"] + record["removed_bp"]
    made = read_decisions(folder / "decisions.tsv")
    assert (record["nothing_removed_because"] is None) == bool(made) == (len(left) == 1)
    for one in made:
        assert (one.sequence, one.action, one.tool) == ("x:y", "remove", "purge_dups")
        assert one.evidence["partner"] == "a-b" and float(one.evidence["depth_x"]) == 2
