"""Drafts of a simulated genome, polished by the real racon from reads of two error rates."""

import csv
import gzip
import json
import subprocess

import edlib
import numpy as np
import pytest

import polish as step
from linnaea.assembly.polish import COLUMNS, Kmers, decide
from linnaea.formats.sequences import fasta_records
from linnaea.simulate.sequence import decode, random_sequence, reverse_complement

K = 21


def erroneous(rng, codes, rate):
    """Codes with substitutions, deletions and insertions, as many of each."""
    kind = rng.choice(4, codes.size, p=[1 - rate, rate / 3, rate / 3, rate / 3])
    parts = np.where(kind == 1, (codes + rng.integers(1, 4, codes.size)) % 4, codes).astype(np.uint8)
    times = np.array([1, 1, 0, 2])[kind]
    return np.repeat(parts, times)


def write_reads(path, rng, truth, rate, depth, length=6_000):
    with gzip.open(path, "wb") as handle:
        for number in range(depth * truth.size // length):
            start = int(rng.integers(truth.size - length))
            read = erroneous(rng, truth[start : start + length], rate)
            letters = decode(read if number % 2 else reverse_complement(read))
            handle.write(b"@r%d\n%b\n+\n%b\n" % (number, letters, b"0" * len(letters)))


def write_fasta(path, sequences):
    path.write_bytes(b"".join(b">%b\n%b\n" % (name.encode(), decode(one)) for name, one in sequences.items()))


def write_accurate(path, rng, truth, depth=30, length=250):
    """Reads without errors, of which every k-mer of the truth is a part."""
    starts = [*range(0, truth.size - length, 100), truth.size - length]
    starts += rng.integers(truth.size - length, size=depth * truth.size // length).tolist()
    write_fasta(path, {f"a{number}": truth[start : start + length] for number, start in enumerate(starts)})


def absent_kmers(letters, truth):
    """Share of the k-mers of a sequence that the true one does not have, by plain sets."""
    complement = bytes.maketrans(b"ACGT", b"TGCA")
    own = [letters[i : i + K] for i in range(len(letters) - K + 1)]
    true = {truth[i : i + K] for i in range(len(truth) - K + 1)}
    return np.mean([word not in true and word.translate(complement)[::-1] not in true for word in own])


@pytest.fixture
def run_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(accurate=True):
        """Polish; returns the record, the rows of the table by contig, and the contigs."""
        words = ["--id", "x", "--haplotype", "primary", "--assembly", "draft.fa", "--reads", "reads.fastq.gz"]
        words += ["--preset", "map-ont", "--out", "out.fa.gz", "--table", "table.tsv", "--metrics", "x.json"]
        if accurate:
            command = ["kmc", f"-k{K}", "-ci1", "-cs10000", "-hp", "-fm", "accurate.fa", "x.reads", "."]
            subprocess.run(command, check=True, capture_output=True)
            words += ["--reads-db", "x.reads"]
        assert step.main(words) == 0
        with (tmp_path / "table.tsv").open() as handle:
            rows = {row["sequence"]: row for row in csv.DictReader(handle, delimiter="\t")}
        return json.loads((tmp_path / "x.json").read_text()), rows, dict(fasta_records("out.fa.gz"))

    return run


@pytest.mark.parametrize(
    ("read_errors", "depth"), [pytest.param(0.02, 20, marks=pytest.mark.nightly), (0.06, 30)]
)
def test_the_qv_of_no_contig_falls(tmp_path, run_step, read_errors, depth):
    """A draft with 0.5 % errors, and one without, which racon can only make worse."""
    rng = np.random.default_rng(int(1000 * read_errors))
    truth = random_sequence(rng, 60_000, 0.4)
    draft = {"poor": erroneous(rng, truth[:30_000], 0.005), "exact": truth[30_000:]}
    write_accurate(tmp_path / "accurate.fa", rng, truth)
    write_fasta(tmp_path / "draft.fa", draft)
    write_reads(tmp_path / "reads.fastq.gz", rng, truth, read_errors, depth)
    record, rows, after = run_step()
    before = {name: decode(codes) for name, codes in draft.items()}
    shares = {
        name: (absent_kmers(before[name], decode(truth)), absent_kmers(after[name], decode(truth)))
        for name in draft
    }
    for name, (old, new) in shares.items():
        assert new <= old
        assert (rows[name]["polished"] == "yes") == (
            before[name] != after[name] or rows[name]["changed_bp"] == "0"
        )
    old, new = shares["poor"]
    assert rows["poor"]["polished"] == "yes" and new < 0.3 * old
    assert int(rows["poor"]["changed_bp"]) == pytest.approx(150, rel=0.4)
    assert float(rows["poor"]["qv_after"]) > float(rows["poor"]["qv_before"]) + 5
    assert record["bases_after_bp"] == sum(map(len, after.values()))
    assert record["changed_bp"] == sum(
        int(row["changed_bp"]) for row in rows.values() if row["polished"] == "yes"
    )
    assert record["warnings"] == [] and list(rows["poor"]) == list(COLUMNS)


def test_a_nuclear_copy_of_the_mitochondrion_stays(tmp_path, run_step):
    """No k-mer tells that a copy was overwritten: those of the mitochondrion are in the accurate reads."""
    rng = np.random.default_rng(6)
    mitochondrion = random_sequence(rng, 16_000, 0.4)
    truth = random_sequence(rng, 40_000, 0.4)
    copy = erroneous(rng, mitochondrion[4_000:9_000], 0.04)
    truth[18_000 : 18_000 + copy.size] = copy
    both = np.concatenate([truth, mitochondrion])
    write_accurate(tmp_path / "accurate.fa", rng, both)
    write_fasta(tmp_path / "draft.fa", {"nuclear": erroneous(rng, truth, 0.003)})
    deep = np.concatenate([truth, *[mitochondrion] * 12])
    write_reads(tmp_path / "reads.fastq.gz", rng, deep, 0.02, 25, length=12_000)
    _, rows, after = run_step()
    assert rows["nuclear"]["polished"] == "yes"
    own = edlib.align(decode(copy), after["nuclear"], mode="HW")["editDistance"]
    assert own < 0.005 * copy.size


def test_without_accurate_reads_the_record_says_so(tmp_path, run_step):
    rng = np.random.default_rng(3)
    truth = random_sequence(rng, 30_000, 0.4)
    write_fasta(
        tmp_path / "draft.fa",
        {"poor": erroneous(rng, truth, 0.005), "alone": random_sequence(rng, 9_000, 0.4)},
    )
    write_reads(tmp_path / "reads.fastq.gz", rng, truth, 0.03, 20)
    record, rows, after = run_step(accurate=False)
    assert rows["poor"]["polished"] == "yes" and rows["poor"]["qv_before"] == "NA"
    assert "there are no accurate reads" in record["warnings"][0]
    before = dict(fasta_records("draft.fa"))
    assert after["alone"] == before["alone"]
    assert absent_kmers(after["poor"], decode(truth)) < 0.3 * absent_kmers(before["poor"], decode(truth))


def test_reads_that_align_nowhere_leave_all_as_it_is(tmp_path, run_step):
    rng = np.random.default_rng(4)
    truth = random_sequence(rng, 30_000, 0.4)
    write_accurate(tmp_path / "accurate.fa", rng, truth)
    write_fasta(tmp_path / "draft.fa", {"a": truth})
    write_reads(tmp_path / "reads.fastq.gz", rng, random_sequence(rng, 20_000, 0.4), 0.03, 5)
    record, rows, after = run_step()
    assert (record["polished"], rows["a"]["reason"], after["a"]) == (0, "racon left it out", decode(truth))


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        (Kmers(1000, 10), Kmers(1000, 10), True),
        (Kmers(1000, 10), Kmers(2000, 20), True),
        (Kmers(1000, 10), Kmers(1000, 11), False),
        (Kmers(1000, 0), Kmers(1000, 1), False),
        (Kmers(1000, 10), Kmers(0, 0), False),
    ],
)
def test_a_contig_is_taken_if_its_share_of_absent_kmers_does_not_grow(before, after, taken):
    assert decide(1020, 1020, before, after)[0] == taken


@pytest.mark.parametrize(("length", "taken"), [(1049, True), (1051, False), (949, False), (0, False)])
def test_a_contig_of_another_length_is_not_taken(length, taken):
    assert decide(1000, length, None, None)[0] == taken
    assert decide(1000, length, Kmers(900, 9), Kmers(900, 0))[0] == taken
