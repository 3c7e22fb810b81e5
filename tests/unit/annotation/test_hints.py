"""Hints: strands of splice sites, rivals, believable lengths, reading, writing and merging."""

import numpy as np
import pytest
from simulated import as_gene

from linnaea.annotation.hints import (
    MOTIFS,
    Hints,
    canonical_strand,
    collect,
    lines,
    longest_intron,
    merge,
    outcompeted,
    read_hints,
    renamed,
    stranded,
    write_hints,
    write_junctions,
)
from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Transcript, reverse_complement
from linnaea.formats.gff3 import write_genes


def table(hints):
    """Every hint as one flat dictionary without empty ones."""
    return {
        (source, kind, *place): multiplicity
        for source, kinds in hints.of.items()
        for kind, places in kinds.items()
        for place, multiplicity in places.items()
    }


def with_introns(introns, source="E"):
    hints = Hints()
    for place, multiplicity in introns.items():
        hints.add(source, "intron", place, multiplicity)
    return hints


@pytest.mark.parametrize("motif", sorted(MOTIFS))
def test_splice_sites_tell_the_strand(motif):
    letters = ("CCC" + motif[:2] + "ACACACA" + motif[2:] + "CCC").encode()
    strand = MOTIFS[motif]
    assert canonical_strand(letters, 3, 14) == canonical_strand(letters.lower(), 3, 14) == strand
    turned = reverse_complement(letters)
    assert canonical_strand(turned, 3, 14) == {"+": "-", "-": "+"}[strand]


def test_other_splice_sites_have_no_strand():
    assert canonical_strand(b"CCCGTACACACGGCCC", 3, 13) is None
    assert canonical_strand(b"CCCGTACACACAGCCC", 2, 12) is None
    assert canonical_strand(b"CCCGTACA", 3, 90) is None
    assert len(MOTIFS) == 6 and list(MOTIFS.values()).count("+") == 3


def test_a_model_gives_its_introns_start_and_stop():
    plus = Transcript("a", "c", "+", [], [(10, 40), (100, 160)], attributes={})
    minus = Transcript("b", "c", "-", [], [(10, 40), (100, 160)], attributes={})
    hints = Hints()
    hints.add_model("P", plus)
    hints.add_model("P", plus, 2)
    hints.add_model("E", minus)
    assert table(hints) == {
        ("P", "intron", "c", 40, 100, "+"): 3,
        ("P", "start", "c", 10, 13, "+"): 3,
        ("P", "stop", "c", 157, 160, "+"): 3,
        ("E", "intron", "c", 40, 100, "-"): 1,
        ("E", "start", "c", 157, 160, "-"): 1,
        ("E", "stop", "c", 10, 13, "-"): 1,
    }
    assert hints.support("intron")["c", 40, 100, "+"] == {"P": 3}


@pytest.mark.parametrize(
    ("partial", "kinds"), [("5", {"intron", "stop"}), ("3", {"intron", "start"}), ("5,3", {"intron"})]
)
def test_a_partial_model_does_not_claim_the_ends_it_lacks(partial, kinds):
    hints = Hints()
    hints.add_model(
        "P", Transcript("a", "c", "-", [], [(10, 40), (99, 160)], attributes={"partial": partial})
    )
    assert {key[1] for key in table(hints)} == kinds


def test_introns_beside_a_far_stronger_one_are_errors():
    strong, weak, other = ("c", 100, 200, "+"), ("c", 100, 230, "+"), ("c", 60, 200, "-")
    assert outcompeted({strong: 101, weak: 2}) == {weak}
    assert outcompeted({strong: 100, weak: 2}) == set()
    assert outcompeted({strong: 1000, other: 2}) == set(), "the other strand is no rival"
    assert outcompeted({strong: 1000, ("c", 50, 200, "+"): 2}) == {("c", 50, 200, "+")}
    assert outcompeted({strong: 1000, ("c", 101, 201, "+"): 1}) == set(), "no splice site shared"
    assert outcompeted({strong: 10, weak: 2}, share=0.5) == {weak}


def test_the_longest_believable_intron():
    rng = np.random.default_rng(1)

    def at(lengths, multiplicity, source="E"):
        return {("c", i * 10**6, i * 10**6 + int(n), "+"): multiplicity for i, n in enumerate(lengths)}

    short = rng.integers(60, 2000, 500)
    assert longest_intron(with_introns(at(short, 20))) == 10_000, "the floor"
    long = rng.integers(4000, 8000, 500)
    found = longest_intron(with_introns(at(long, 20)))
    assert abs(found - 3 * np.quantile(long, 0.98)) < 100
    torn = with_introns(at(long, 20))
    for start in range(100):
        torn.add("E", "intron", ("d", start, start + 90_000, "+"), 9)
    assert longest_intron(torn) == found, "nine reads are not asked"
    assert longest_intron(with_introns(at(long, 4))) == found, "four reads where ten are few"
    assert longest_intron(with_introns(at(long, 2), "P")) == found
    assert longest_intron(with_introns(at(long, 1), "P")) == 50_000
    assert longest_intron(Hints()) == 50_000


def random_hints(seed, number=200):
    rng = np.random.default_rng(seed)
    hints = Hints()
    for _ in range(number):
        start = int(rng.integers(0, 5000))
        place = (
            f"s{rng.integers(1, 4)}",
            start,
            start + int(rng.integers(3, 900)),
            str(rng.choice(["+", "-"])),
        )
        source, kind = str(rng.choice(["E", "P"])), str(rng.choice(["intron", "start", "stop"]))
        hints.add(source, kind, place, int(rng.integers(1, 50)))
    return hints


def test_what_is_written_is_read(tmp_path):
    hints = random_hints(2)
    write_hints(tmp_path / "hints.gff", hints)
    assert table(read_hints(tmp_path / "hints.gff")) == table(hints)
    listed = (tmp_path / "hints.gff").read_text().splitlines()
    places = [(row[0], int(row[3]), int(row[4])) for row in (line.split("\t") for line in listed)]
    assert places == sorted(places)
    turned = Hints()
    for (source, kind, *place), multiplicity in reversed(table(hints).items()):
        turned.add(source, kind, tuple(place), multiplicity)
    assert list(lines(turned)) == list(lines(hints)), "the order of input does not matter"


def test_merging_sums(tmp_path):
    one, other = random_hints(3), random_hints(4)
    union = table(merge([one, other, one]))
    assert union.keys() == table(one).keys() | table(other).keys()
    assert all(n == 2 * table(one).get(key, 0) + table(other).get(key, 0) for key, n in union.items())
    kept = merge([one]).filtered(lambda source, kind, place, n: source == "P" and kind == "stop" and n > 20)
    assert table(kept) == {
        key: n for key, n in table(one).items() if key[0] == "P" and key[1] == "stop" and n > 20
    }


def gff(path, *rows):
    path.write_text("".join("\t".join(row.split(" ")) + "\n" for row in rows))
    return path


def test_the_dialects_of_hints(tmp_path):
    path = gff(
        tmp_path / "h.gff",
        "c b2h intron 11 20 . + . mult=7;pri=4;src=E",
        "c b2h intron 11 20 . + . pri=4;src=E",
        "c x intron 31 40 . - . source=M;multiplicity=3",
        "c ProtHint intron 51 60 . - . src=P;mult=2",
        "c ProtHint start_codon 1 3 . + . src=C;mult=4",
        "c ProtHint stop 91 93 . + . src=P",
        "c b2h exonpart 1 9 . + . src=W",
    )
    assert table(read_hints(path)) == {
        ("E", "intron", "c", 10, 20, "+"): 8,
        ("E", "intron", "c", 30, 40, "-"): 3,
        ("P", "intron", "c", 50, 60, "-"): 2,
        ("P", "start", "c", 0, 3, "+"): 4,
        ("P", "stop", "c", 90, 93, "+"): 1,
    }


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("c x intron 11 20 . + .", "8 columns, not nine"),
        ("c x intron 11 20 . + . src=E;mult=2.5", "mult=2.5; give a whole number"),
        ("c x intron eleven 20 . + . src=E", "line 1: eleven to 20 is not a range"),
        ("c x exonpart 11 20 . + . src=E", "no hint of kind intron, start, stop"),
    ],
)
def test_faulty_hints_are_named(tmp_path, row, said):
    path = gff(tmp_path / "h.gff", row)
    with pytest.raises(InputError, match=said):
        read_hints(path)


def test_an_empty_file_is_allowed_only_when_said(tmp_path):
    path = tmp_path / "none.gff"
    path.touch()
    assert table(read_hints(path, empty=True)) == {}
    with pytest.raises(InputError, match=r"none\.gff: the file is empty"):
        read_hints(path)


def test_names_are_changed_and_foreign_ones_refused():
    hints = with_introns({("chr1", 1, 50, "+"): 2, ("chr2", 1, 50, "+"): 3, ("other", 1, 50, "+"): 9})
    assert table(renamed(hints, {"chr1": "s1", "chr2": "s2"}, "h.gff")) == {
        ("E", "intron", "s1", 1, 50, "+"): 2,
        ("E", "intron", "s2", 1, 50, "+"): 3,
    }
    with pytest.raises(InputError, match=r"h.gff: 2 of 3 hints .* lacks, such as chr2"):
        renamed(hints, {"chr1": "s1"}, "h.gff")


def genome(tmp_path):
    """s1 with a GT-AG intron at 20-60, its complement CT-AC at 100-140, and nothing at 200-240."""
    letters = bytearray(b"A" * 300)
    letters[20:22], letters[58:60] = b"gt", b"ag"
    letters[100:102], letters[138:140] = b"CT", b"AC"
    path = tmp_path / "genome.fa"
    path.write_bytes(b">s1\n" + bytes(letters) + b"\n")
    return path


def test_given_introns_take_the_strand_of_their_splice_sites(tmp_path):
    hints = with_introns({("s1", 20, 60, "."): 2, ("s1", 100, 140, "+"): 3, ("s1", 200, 240, "+"): 9})
    hints.add("P", "intron", ("s1", 200, 240, "-"), 4)
    hints.add("P", "intron", ("s1", 100, 140, "."), 5)
    hints.add("P", "start", ("s1", 5, 8, "+"), 6)
    hints.add("P", "start", ("s1", 5, 8, "."), 7)
    assert table(stranded(hints, genome(tmp_path))) == {
        ("E", "intron", "s1", 20, 60, "+"): 2,
        ("E", "intron", "s1", 100, 140, "-"): 3,
        ("P", "intron", "s1", 200, 240, "-"): 4,
        ("P", "intron", "s1", 100, 140, "-"): 5,
        ("P", "start", "s1", 5, 8, "+"): 6,
    }


def test_given_introns_beyond_the_sequence_are_left_out(tmp_path):
    hints = with_introns({("s1", 20, 60, "."): 2, ("s1", 290, 400, "+"): 3, ("s1", 900, 990, "+"): 3})
    assert table(stranded(hints, genome(tmp_path))) == {("E", "intron", "s1", 20, 60, "+"): 2}


def test_all_evidence_together(tmp_path):
    """RNA introns need two reads and no rival; proteins too unlike, and introns of odd lengths, are out."""
    rna = with_introns(
        {("s1", 20, 60, "+"): 200, ("s1", 20, 120, "+"): 3, ("s1", 70, 110, "+"): 1, ("s1", 5, 15, "+"): 9}
    )
    write_hints(tmp_path / "rna.gff", rna)
    (tmp_path / "none.gff").touch()
    cds, far = [(0, 20), (60, 90)], [(0, 30), (90, 120)]
    models = [
        Transcript("near", "s1", "+", cds, cds, attributes={"identity": "0.35", "partial": "3"}),
        Transcript("far", "s1", "+", far, far, attributes={"identity": "0.34"}),
    ]
    write_genes(tmp_path / "p.gff3", [as_gene(model) for model in models], {"s1": 300})
    given = gff(
        tmp_path / "given.gff",
        "chrA x intron 101 140 . + . src=E;mult=2",
        "chrA x intron 201 240 . - . src=P;mult=1",
        "chrB x intron 201 240 . - . src=P;mult=1",
    )
    args = [tmp_path / "rna.gff", tmp_path / "none.gff"], [tmp_path / "p.gff3"], [given]
    hints, longest = collect(*args, {"s1": ("chrA", 300)}, genome(tmp_path))
    wanted = {
        ("E", "intron", "s1", 20, 60, "+"): 200,
        ("E", "intron", "s1", 100, 140, "-"): 2,
        ("P", "intron", "s1", 20, 60, "+"): 1,
        ("P", "intron", "s1", 200, 240, "-"): 1,
        ("P", "start", "s1", 0, 3, "+"): 1,
    }
    assert (table(hints), longest) == (wanted, 50_000)
    hints, longest = collect(*args, {"s1": ("chrA", 300)}, genome(tmp_path), max_intron=39)
    assert longest == 39 and set(table(hints)) == {("P", "start", "s1", 0, 3, "+")}


def test_junctions_are_written_under_the_users_names(tmp_path):
    hints = with_introns({("s2", 5, 60, "+"): 2, ("s1", 70, 110, "-"): 7, ("s1", 70, 90, "-"): 1})
    hints.add("P", "intron", ("s1", 1, 30, "+"), 4)
    write_junctions(tmp_path / "j.bed", hints, {"s1": "chrA", "s2": "chrB"})
    assert (tmp_path / "j.bed").read_text().splitlines() == [
        "chrA\t70\t90\tj1\t1\t-",
        "chrA\t70\t110\tj2\t7\t-",
        "chrB\t5\t60\tj3\t2\t+",
    ]
