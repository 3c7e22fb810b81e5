"""Rearrangements planted between two haplotypes are found with their bounds, and nothing else is."""

import subprocess
from collections import Counter, defaultdict

import numpy as np
import pytest

import synteny as step
from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics
from linnaea.base.tables import read_table
from linnaea.formats.paf import parse_paf, read_paf
from linnaea.formats.sequences import reverse_complement

KINDS = ("collinear", "inverted", "translocated", "duplicated")


def random_bases(rng, length):
    return rng.choice(np.frombuffer(b"ACGT", np.uint8), length).tobytes()


def diverged(letters, share, rng):
    """A copy with a share of its bases changed: nine of ten replaced, the others lost or with bases added."""
    bases = np.frombuffer(letters, np.uint8).copy()
    places = np.flatnonzero(rng.random(len(bases)) < share)
    fate = rng.random(len(places))
    code = np.zeros(256, np.uint8)
    code[np.frombuffer(b"ACGT", np.uint8)] = range(4)
    swapped = places[fate < 0.9]
    shift = rng.integers(1, 4, len(swapped)).astype(np.uint8)
    bases[swapped] = np.frombuffer(b"ACGT", np.uint8)[(code[bases[swapped]] + shift) % 4]
    pieces, last = [], 0
    for place in places[fate >= 0.9]:
        pieces += [bases[last:place].tobytes(), random_bases(rng, int(rng.integers(0, 6)))]
        last = place + int(rng.random() < 0.5)
    return b"".join([*pieces, bases[last:].tobytes()])


class Planted:
    """A second haplotype that is put together from pieces of the first one, with where each of them is."""

    def __init__(self, first, divergence, rng):
        self.first, self.divergence, self.rng = first, divergence, rng
        self.second = defaultdict(bytes)
        self.truth = []

    def add(self, name, source, start, end, kind="collinear", turned=False):
        letters = diverged(self.first[source][start:end], self.divergence, self.rng)
        at = len(self.second[name])
        self.second[name] += reverse_complement(letters) if turned else letters
        if kind != "collinear":
            self.truth.append((kind, source, start, end, name, at, at + len(letters)))

    def lose(self, source, start, end):
        self.truth.append(("unaligned", source, start, end, None, None, None))

    def insert(self, name, length):
        at = len(self.second[name])
        self.second[name] += random_bases(self.rng, length)
        self.truth.append(("unaligned", None, None, None, name, at, at + length))


def planted_haplotypes(divergence, seed=5):
    rng = np.random.default_rng(seed)
    first = {name: random_bases(rng, size) for name, size in (("A", 400_000), ("B", 300_000), ("C", 120_000))}
    first["A"] = first["A"][:250_000] + b"N" * 200 + first["A"][250_200:]
    made = Planted(first, divergence, rng)
    made.add("A2", "A", 0, 60_000)
    made.add("A2", "A", 60_000, 90_000, "inverted", turned=True)
    made.add("A2", "A", 90_000, 140_000)
    made.lose("A", 140_000, 148_000)
    made.add("A2", "A", 148_000, 200_000)
    made.add("A2", "A", 200_000, 204_000, "inverted", turned=True)
    made.add("A2", "A", 204_000, 300_000)
    made.add("A2", "A", 320_000, 400_000)  # 300,000 to 320,000 is in B2
    made.add("B2", "B", 0, 80_000)
    made.add("B2", "A", 300_000, 320_000, "translocated")
    made.add("B2", "B", 80_000, 150_000)
    made.insert("B2", 5_000)
    made.add("B2", "B", 150_000, 200_000)
    made.add("B2", "A", 20_000, 28_000, "duplicated", turned=True)
    made.add("B2", "B", 200_000, 240_000)
    made.add("B2", "B", 262_000, 300_000)  # 240,000 to 252,000 is moved, the rest of the gap is lost
    made.add("B2", "B", 240_000, 252_000, "translocated")
    made.lose("B", 252_000, 262_000)
    made.add("C2", "C", 0, 120_000)
    made.second["C2"] = reverse_complement(made.second["C2"])
    return made


def compare(folder, first, second, names=("hap1", "hap2")):
    for name, sequences in (("first", first), ("second", second)):
        text = b"".join(b">%b\n%b\n" % (key.encode(), letters) for key, letters in sequences.items())
        (folder / f"{name}.fa").write_bytes(text)
    paths = [str(folder / "first.fa"), str(folder / "second.fa")]
    with (folder / "x.paf").open("w") as handle:
        subprocess.run(
            ["minimap2", "-c", "-x", "asm10", "--secondary=no", "-t", "1", *paths],
            stdout=handle, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
    return again(folder, names)


def again(folder, names=("hap1", "hap2")):
    arguments = ["--id", "x", "--stage", "curated", "--haplotypes", *names]
    arguments += ["--assemblies", str(folder / "first.fa"), str(folder / "second.fa")]
    arguments += ["--paf", str(folder / "x.paf"), "--out", str(folder / "x.json")]
    assert step.main([*arguments, "--table", str(folder / "x.tsv")]) == 0
    return read_metrics(folder / "x.json"), read_table(folder / "x.tsv")


def places(row):
    """Kind and both places of a row of the table."""
    keys = ("sequence", "start_bp", "end_bp", "other_sequence", "other_start_bp", "other_end_bp")
    cells = [None if row[key] == "NA" else row[key] for key in keys]
    return (row["kind"], *(int(cell) if cell and cell.isdecimal() else cell for cell in cells))


def near(one, other, bp):
    return all(
        left == right or (isinstance(left, int) and isinstance(right, int) and abs(left - right) <= bp)
        for left, right in zip(one, other, strict=True)
    )


# Bases by which the bounds may differ; most at the ends of long alignments of 3 % divergence.
@pytest.mark.parametrize(
    ("divergence", "bp"), [(0.0, 100), (0.001, 200), (0.003, 200), (0.01, 300), (0.03, 500)]
)
def test_planted_rearrangements_are_found_and_nothing_else(tmp_path, divergence, bp):
    made = planted_haplotypes(divergence)
    record, rows = compare(tmp_path, made.first, made.second)
    found = [places(row) for row in rows if row["kind"] != "collinear"]
    missed = [truth for truth in made.truth if not any(near(truth, one, bp) for one in found)]
    assert missed == []
    assert [one for one in found if not any(near(truth, one, bp) for truth in made.truth)] == []
    assert len(found) == len(made.truth)
    assert {row["copy_in"] for row in rows if row["kind"] == "duplicated"} == {"hap2"}
    assert abs(record["identity_pct"] - 100 * (1 - divergence)) < 0.5
    # each base counts once, in either haplotype
    for total, sequences in zip(record["totals"], (made.first, made.second), strict=True):
        assert total["length_bp"] == sum(map(len, sequences.values()))
        counted = [total[f"{kind}_bp"] for kind in (*KINDS, "unaligned", "gap")]
        assert sum(counted) == total["length_bp"]
    expected = Counter()
    for kind, _, start, end, _, _, _ in made.truth:
        expected[kind] += (end or 0) - (start or 0)
    one = record["totals"][0]
    assert abs(one["inverted_bp"] - expected["inverted"]) <= 2 * bp
    assert abs(one["translocated_bp"] - expected["translocated"]) <= 2 * bp
    assert abs(one["unaligned_bp"] - expected["unaligned"]) <= 6 * bp
    assert one["gap_bp"] == 200
    pairs = {(pair["sequence"], pair["other_sequence"]): pair for pair in record["pairs"]}
    homologous = {names for names, pair in pairs.items() if pair["homologous"]}
    assert homologous == {("A", "A2"), ("B", "B2"), ("C", "C2")}
    assert [pairs[names]["turned"] for names in sorted(homologous)] == [False, False, True]


def test_a_tandem_copy_is_a_duplication_of_the_haplotype_that_has_two(tmp_path):
    rng = np.random.default_rng(3)
    one = random_bases(rng, 150_000)
    two = one[:70_000] + one[60_000:]
    for folder, pair, copy_in in (("more", (one, two), "b"), ("fewer", (two, one), "a")):
        (tmp_path / folder).mkdir()
        record, rows = compare(tmp_path / folder, {"x": pair[0]}, {"y": pair[1]}, ("a", "b"))
        copies = [row for row in rows if row["kind"] == "duplicated"]
        assert {row["kind"] for row in rows} == {"collinear", "duplicated"}
        assert {row["copy_in"] for row in copies} == {copy_in}
        longer = record["totals"][0 if copy_in == "a" else 1]
        assert abs(longer["duplicated_bp"] - 10_000) < 200


def test_a_copy_has_no_rearrangement(tmp_path):
    rng = np.random.default_rng(1)
    repeat = random_bases(rng, 3_000)
    first = {
        name: random_bases(rng, 50_000) + repeat + random_bases(rng, 50_000) + repeat for name in ("1", "2")
    }
    record, rows = compare(tmp_path, first, dict(first))
    assert [(row["kind"], row["sequence"], row["other_sequence"]) for row in rows] == [
        ("collinear", "1", "1"), ("collinear", "2", "2"),
    ]  # fmt: skip
    assert record["identity_pct"] == 100
    assert [total["unaligned_bp"] for total in record["totals"]] == [0, 0]


def test_a_chromosome_in_two_pieces_is_collinear_with_both(tmp_path):
    rng = np.random.default_rng(2)
    whole = random_bases(rng, 120_000)
    pieces = {"left": whole[:50_000], "right": reverse_complement(whole[50_000:])}
    record, rows = compare(tmp_path, {"whole": whole}, pieces)
    assert {row["kind"] for row in rows} == {"collinear"}
    assert {(pair["other_sequence"], pair["turned"]) for pair in record["pairs"]} == {
        ("left", False), ("right", True),
    }  # fmt: skip


def test_haplotypes_without_anything_in_common_are_unaligned(tmp_path):
    rng = np.random.default_rng(4)
    record, rows = compare(tmp_path, {"a": random_bases(rng, 20_000)}, {"b": random_bases(rng, 10_000)})
    assert [row["kind"] for row in rows] == ["unaligned", "unaligned"]
    assert (record["identity_pct"], record["pairs"]) == (None, [])
    assert [total["unaligned_bp"] for total in record["totals"]] == [20_000, 10_000]


def test_a_paf_of_other_sequences_is_refused(tmp_path):
    rng = np.random.default_rng(4)
    letters = random_bases(rng, 20_000)
    compare(tmp_path, {"a": letters}, {"b": letters})
    paf = (tmp_path / "x.paf").read_text()
    (tmp_path / "x.paf").write_text(paf.replace("b\t", "c\t", 1))
    with pytest.raises(InputError, match="c on a are not of"):
        again(tmp_path)
    (tmp_path / "x.paf").write_text("@HD\tVN:1.6\n")
    with pytest.raises(InputError, match="line 1: not PAF"):
        again(tmp_path)


def test_alignments_are_cut_at_long_gaps_of_either_strand(tmp_path):
    head = "q\t3000\t0\t2500\t{}\tt\t9000\t1000\t7500\t2400\t6500\t60\ttp:A:P\tcg:Z:1000M4000D500M10I990M"
    forward, reverse = (list(parse_paf([(1, head.format(strand))], "x", 1000)) for strand in "+-")
    assert [(a.query_start, a.query_end, a.target_start, a.target_end) for a in forward] == [
        (0, 1000, 1000, 2000), (1000, 2500, 6000, 7490),
    ]  # fmt: skip
    assert [(a.query_start, a.query_end) for a in reverse] == [(1500, 2500), (0, 1500)]
    assert sum(a.matches for a in forward) == 2400
    (whole,) = parse_paf([(1, head.format("+"))], "x")
    assert (whole.target_end, whole.columns) == (7500, 6500)
    assert list(parse_paf([(1, head.format("+").replace("tp:A:P", "tp:A:S"))], "x")) == []
    (tmp_path / "empty.paf").touch()
    assert list(read_paf(tmp_path / "empty.paf")) == []
