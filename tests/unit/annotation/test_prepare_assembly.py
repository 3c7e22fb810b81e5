"""Assemblies made fit for gene finders: names, letters, case, masks."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pytest

from linnaea.annotation.mask_repeats import long_stretches, masked_parts, soft_mask
from linnaea.annotation.prepare_assembly import prepare, read_bed, read_bed_by_short_name, read_names
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT

BIN = ROOT / "bin"


def prepared(tmp_path, text, name="own.fa"):
    """Counts, sequences by short name and the table of names of an assembly given as text."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    counts = prepare(path, tmp_path / "g.fa", tmp_path / "n.tsv")
    lines = (tmp_path / "g.fa").read_text().splitlines()
    assert len(lines) % 2 == 0, "one line a sequence"
    return counts, dict(zip(lines[::2], lines[1::2], strict=True)), read_names(tmp_path / "n.tsv")


@pytest.mark.parametrize("name", ["own.fa", "own.fa.gz"])
def test_names_become_short_and_the_table_leads_back(tmp_path, name):
    text = ">ENA|X1|X1.1 chromosome: 1\nACGT\nACG\n\n>scaffold_2\r\nTT\r\n>last\nGGGTTTAAA"
    counts, sequences, names = prepared(tmp_path, text, name)
    assert sequences == {">s1": "ACGTACG", ">s2": "TT", ">s3": "GGGTTTAAA"}
    assert names == {"s1": ("ENA|X1|X1.1", 7), "s2": ("scaffold_2", 2), "s3": ("last", 9)}
    assert counts == {
        "sequences": 3, "bases_bp": 18, "ambiguous_bp": 0, "case": "upper", "given_softmasked_pct": 0.0,
    }  # fmt: skip


def test_letters_of_several_bases_become_n(tmp_path):
    counts, sequences, _ = prepared(tmp_path, ">a\nACGTRYSWKMBDHVNU" + "A" * 84 + "\n")
    assert sequences[">s1"] == "ACGT" + "N" * 11 + "T" + "A" * 84
    assert counts["ambiguous_bp"] == 10


def test_an_assembly_in_lower_case_was_not_masked(tmp_path):
    counts, sequences, _ = prepared(tmp_path, ">a\n" + "acgtr" * 20 + "ACG\n")
    assert counts["case"] == "lower" and counts["given_softmasked_pct"] == 0
    assert sequences[">s1"] == "ACGTN" * 20 + "ACG"


def test_a_soft_masked_assembly_keeps_its_mask(tmp_path):
    counts, sequences, _ = prepared(tmp_path, ">a\n" + "ACGTR" * 15 + "acgtr" * 5 + "\n")
    assert counts["case"] == "soft-masked" and counts["given_softmasked_pct"] == 25
    assert sequences[">s1"] == "ACGTN" * 15 + "acgtn" * 5
    assert dict(masked_parts(tmp_path / "g.fa")) == {"s1": [(75, 100)]}


def test_a_few_lower_case_letters_are_no_mask(tmp_path):
    counts, sequences, _ = prepared(tmp_path, ">a\n" + "ACGT" * 300 + "acgt\n")
    assert counts["case"] == "upper" and sequences[">s1"] == "ACGT" * 301


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (">a\nACGT\n>b\nAC\n>a\nGG\n", "two sequences are called a; rename one"),
        (">a\n>b\n", "its sequences are empty"),
        ("", "the file is empty"),
        ("ACGT\n", "not FASTA"),
        (">\nACGT\n", "no sequence name"),
        (">a\nMKTAYIAKQRQISF\n", "not a nucleotide"),
    ],
)
def test_faulty_assemblies_are_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        prepared(tmp_path, text)
    assert not (tmp_path / "g.fa").exists()


def test_a_hundred_thousand_tiny_scaffolds(tmp_path):
    rng = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (100_000, 150))]
    letters[:, :20] |= 32  # in lower case
    text = "".join(f">scaffold_{i}\n{row.tobytes().decode()}\n" for i, row in enumerate(letters))
    counts, sequences, names = prepared(tmp_path, text)
    done = soft_mask(tmp_path / "g.fa", tmp_path / "n.tsv", {}, set(), tmp_path / "m.fa", tmp_path / "m.bed")
    assert counts["sequences"] == len(sequences) == len(names) == 100_000
    assert names["s100000"] == ("scaffold_99999", 150)
    assert done["masked_bp"] == 2_000_000 and done["classes"][-1]["class"] == "given"
    assert (tmp_path / "m.fa").read_bytes() == (tmp_path / "g.fa").read_bytes()


# Masks


def test_long_stretches_against_a_mask_of_bases():
    rng = np.random.default_rng(2)
    for _ in range(100):
        starts = rng.integers(0, 5000, 40)
        parts = [(int(s), int(s + n)) for s, n in zip(starts, rng.integers(1, 120, 40), strict=True)]
        covered = np.zeros(5200, bool)
        for start, end in parts:
            covered[start:end] = True
        edges = np.flatnonzero(np.diff(np.r_[0, covered, 0])).tolist()
        runs = list(zip(edges[::2], edges[1::2], strict=True))
        joined = [runs[0]]
        for start, end in runs[1:]:
            if start - joined[-1][1] <= 20:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        assert long_stretches(parts) == [part for part in joined if part[1] - part[0] >= 200]


def masked(tmp_path, classes, masking, given="A" * 100 + "a" * 50 + "A" * 850, **options):
    """Run `soft_mask` over one sequence of 1 kb; returns the record, the masked letters and the repeats."""
    (tmp_path / "g.fa").write_text(f">s1\n{given}\n>s2\n{'C' * 1000}\n")
    (tmp_path / "n.tsv").write_text("s1\tchrA\t1000\ns2\tchrB\t1000\n")
    files = tmp_path / "g.fa", tmp_path / "n.tsv", classes, masking, tmp_path / "m.fa", tmp_path / "m.bed.gz"
    record = soft_mask(*files, **options)
    lines = (tmp_path / "m.fa").read_text().splitlines()
    named = zip(lines[::2], lines[1::2], strict=True)
    low = {name: [i for i, letter in enumerate(text) if letter.islower()] for name, text in named}
    return record, low, gzip.decompress((tmp_path / "m.bed.gz").read_bytes()).decode().splitlines()


def bed(tmp_path, name, *rows):
    path = tmp_path / f"{name}.bed"
    path.write_text("".join(f"{seqid}\t{start}\t{end}\n" for seqid, start, end in rows))
    return path


def test_classes_are_masked_or_only_listed(tmp_path):
    classes = {
        "tandem": bed(tmp_path, "tandem", ("s1", 120, 180), ("s1", 170, 200), ("s2", 0, 10)),
        "interspersed": bed(tmp_path, "words", ("s1", 300, 420), ("s1", 430, 510), ("s1", 600, 700)),
    }
    record, low, rows = masked(tmp_path, classes, {"interspersed"})
    assert low == {">s1": [*range(100, 150), *range(300, 510)], ">s2": []}
    assert rows == [
        "chrA\t100\t150\tgiven", "chrA\t120\t200\ttandem", "chrA\t300\t510\tinterspersed",
        "chrB\t0\t10\ttandem",
    ]  # fmt: skip
    assert record["masked_bp"] == 260 and record["masked_pct"] == 13
    assert record["repeats_bp"] == 100 + 210 + 10 and record["repeats_pct"] == 16
    assert [(row["class"], row["bp"], row["masked"]) for row in record["classes"]] == [
        ("tandem", 90, False), ("interspersed", 210, True), ("given", 50, True),
    ]  # fmt: skip


def test_the_given_mask_can_be_left_out(tmp_path):
    record, low, rows = masked(tmp_path, {}, set(), use_given=False)
    assert low == {">s1": [], ">s2": []} and rows == []
    assert record["masked_bp"] == record["repeats_bp"] == 0 and record["classes"] == []


def test_a_class_may_be_a_fasta_file_in_lower_case(tmp_path):
    (tmp_path / "w.fa").write_text(f">s1\n{'A' * 400}{'a' * 300}{'A' * 300}\n>s2\n{'C' * 1000}\n")
    record, low, _ = masked(tmp_path, {"library": tmp_path / "w.fa"}, {"library"}, given="A" * 1000)
    assert low[">s1"] == list(range(400, 700)) and record["classes"][0]["pct"] == 15


def test_repeats_are_read_back_under_short_names(tmp_path):
    classes = {"tandem": bed(tmp_path, "tandem", ("s2", 5, 9), ("s1", 20, 30))}
    masked(tmp_path, classes, {"tandem"}, given="A" * 1000)
    names = read_names(tmp_path / "n.tsv")
    assert read_bed_by_short_name(tmp_path / "m.bed.gz", names) == {"s1": [(20, 30)], "s2": [(5, 9)]}


def test_a_genome_without_repeats_has_none(tmp_path):
    record, _, rows = masked(tmp_path, {"tandem": bed(tmp_path, "none")}, {"tandem"}, given="A" * 1000)
    assert rows == [] and record["masked_bp"] == 0
    assert read_bed(tmp_path / "m.bed.gz") == {}


def test_comments_of_a_bed_file_are_no_intervals(tmp_path):
    (tmp_path / "r.bed").write_text("#chrom\nbrowser x\ntrack name=r\ns1\t1\t5\tLINE\t0\t+\n\ns1\t7\t9\n")
    assert read_bed(tmp_path / "r.bed") == {"s1": [(1, 5), (7, 9)]}


def test_the_scripts_prepare_and_mask(tmp_path):
    (tmp_path / "own.fa").write_text(">chrA\n" + "ACGTR" * 15 + "acgtr" * 5 + "\n")
    found = bed(tmp_path, "tandem", ("s1", 10, 20))

    def call(script, *options):
        command = [sys.executable, str(BIN / script), "--id", "x", "--names", "n.tsv", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    done = call("prepare_assembly.py", "--assembly", "own.fa", "--fasta", "g.fa", "--out", "p.json")
    assert done.returncode == 0, done.stderr
    files = ["--genome", "g.fa", "--fasta", "m.fa", "--bed", "m.bed.gz", "--out", "m.json"]
    options = [f"tandem={found}", *files, "--masker", "trf", "--mask"]
    done = call("mask_repeats.py", *options, "tandem")
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("p.json", "m.json"))
    assert (first["step"], first["case"]) == ("assembly_preparation", "soft-masked")
    assert (second["step"], second["masker"], second["masked_bp"]) == ("repeat_masking", "trf", 35)
    text = "ACGTNACGTNacgtnacgtn" + "ACGTN" * 11 + "acgtn" * 5
    assert (tmp_path / "m.fa").read_text() == f">s1\n{text}\n"
    done = call("mask_repeats.py", *options, "words")
    assert done.returncode == 1 and "--mask words: no such class; there are tandem" in done.stderr
