"""Adaptors planted in random sequence, found by BLAST in UniVec_Core and the project's own list."""

import numpy as np
import pytest

import adaptors as step
from linnaea.assembly import adaptors
from linnaea.base.errors import run
from linnaea.base.paths import asset
from linnaea.formats.sequences import fasta_records, reverse_complement
from linnaea.simulate.sequence import decode, random_sequence

OWN = dict(fasta_records(asset("adaptors.fa")))
# Illumina's universal adapter, which is in UniVec_Core only.
ILLUMINA = b"AATGATACGGCGACCACCGAGATCTACACTCTTTCCCTACACGACGCTCTTCCGATCT"


def write_fasta(path, sequences):
    path.write_bytes(b"".join(b">%b\n%b\n" % (name.encode(), letters) for name, letters in sequences.items()))


def screened(folder, sequences, *options):
    """Rows of the report: (sequence, action, range, source)."""
    write_fasta(folder / "assembly.fa", sequences)
    words = ["--assembly", folder / "assembly.fa", "--out", folder / "report.tsv", *options]
    assert step.main([*map(str, words)]) == 0
    header, *lines = (folder / "report.tsv").read_text().splitlines()
    assert header == "#accession\tlength\taction\trange\tname"
    rows = [line.split("\t") for line in lines]
    assert all(int(size) == len(sequences[name]) for name, size, *_ in rows)
    return {(name, action, place): source for name, _, action, place, source in rows}


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_planted_adaptors_are_found_and_nothing_else(in_folder):
    rng = np.random.default_rng(1)

    def random(length):
        return decode(random_sequence(rng, length, 0.4))

    planted = {**OWN, "NGB": ILLUMINA}
    sequences = {"clean": random(1_000_000), "short": random(60) + ILLUMINA + random(60)}
    for name, letters in planted.items():
        sequences |= {
            f"inside_{name}": random(3_000) + letters + random(2_000),
            f"end_{name}": random(3_000) + reverse_complement(letters),
            f"start_{name}": letters[3:] + random(3_000),
        }
    rows = screened(in_folder, sequences)
    assert {name for name, _, _ in rows} == sequences.keys() - {"clean"}
    assert len(rows) == len(sequences) - 1
    for (name, action, place), source in rows.items():
        assert source.startswith("CONTAMINATION_SOURCE_TYPE_") and source.count(":") >= 2
        if name == "short":
            assert (action, place) == ("ACTION_EXCLUDE", "")
            continue
        kind, _, adaptor = name.partition("_")
        length = len(planted[adaptor])
        start = {"inside": 3_000, "end": 3_000, "start": 0}[kind]
        expected = start + 1, start + length - 3 * (kind == "start")
        assert action == "ACTION_TRIM"
        # Related adaptors share their ends, and a base beside one may match by chance.
        assert tuple(map(int, place.split(".."))) == pytest.approx(expected, abs=4)


def line(start, end, score, size=10_000, subject="gnl|uv|NGB1.1:1-9", title="gnl|uv|NGB1.1:1-9 Some primer"):
    return "\t".join(map(str, ["s", start, end, size, score, subject, title])) + "\n"


@pytest.mark.parametrize(
    ("start", "score", "rows"),
    [
        (5_001, 30, ["ACTION_TRIM\t5001..5030"]),
        (5_001, 29, ["REVIEW\t5001..5030"]),
        (5_001, 24, []),
        (20, 24, ["ACTION_TRIM\t1..49"]),
        (20, 23, ["REVIEW\t1..49"]),
        (9_950, 24, ["ACTION_TRIM\t9950..10000"]),
        (20, 18, []),
    ],
)
def test_strengths_are_those_of_vecscreen(start, score, rows):
    matches = adaptors.join_matches(adaptors.parse_matches([line(start, start + 29, score)]))
    assert list(adaptors.report_rows(matches)) == [
        f"s\t10000\t{row}\tCONTAMINATION_SOURCE_TYPE_ADAPTOR:NGB1.1:Some primer\n" for row in rows
    ]


def test_neighbours_are_joined_and_named_after_the_longest_strong_match():
    vector = {"subject": "gnl|uv|L1.1:5-90", "title": "Cloning vector p"}
    lines = [line(5_001, 5_040, 40), line(5_030, 5_080, 51, **vector), line(5_120, 5_146, 26)]
    matches = adaptors.join_matches(adaptors.parse_matches(lines))
    assert [(one.start, one.end, one.source) for one in matches] == [
        (5_000, 5_146, "CONTAMINATION_SOURCE_TYPE_VECTOR:L1.1:Cloning vector p")
    ]


def test_bad_input_is_one_sentence(in_folder, capsys):
    (in_folder / "a.fa").write_text("ACGT\n")
    assert run(lambda: step.main(["--assembly", "a.fa", "--out", "r"])) == 1
    assert "a.fa: not FASTA" in capsys.readouterr().err
    write_fasta(in_folder / "a.fa", {"a": b"ACGT" * 100})
    assert run(lambda: step.main(["--assembly", "a.fa", "--out", "r", "--univec", "no/UniVec"])) == 1
    assert "no/UniVec.nin: no such file" in capsys.readouterr().err
