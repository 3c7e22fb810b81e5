"""The table of decisions: written, read again as edited, applied, and conserving every base."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnaea.assembly.decisions import (
    COLUMNS,
    Decision,
    apply_decisions,
    check_conservation,
    conservation_faults,
    keep_sequences,
    read_decisions,
    read_keep_list,
    revise,
    write_decisions,
)
from linnaea.base.errors import InputError
from linnaea.formats.agp import Agp, Component, Gap

LENGTHS = {"a": 100, "b": 50, "c": 30}
DECISIONS = [
    Decision("purge", "b", 0, 50, "remove", "haplotig of a", {"covered_pct": 98.25, "depth": 14}),
    Decision("screen", "a", 0, 10, "trim", "adaptor at the end", {"name": "NGB00972.1"}, "blastn 2.12"),
    Decision("screen", "a", 40, 45, "mask", "adaptor inside"),
    Decision("scaffold", "a", 70, 70, "break", "no link spans this point", {"observed": 0, "expected": 31.5}),
    Decision("screen", "c", 0, 30, "review", "a low-coverage contaminant", decided_by="person"),
]


def test_the_table_comes_back(tmp_path):
    write_decisions(tmp_path / "decisions.tsv", DECISIONS)
    lines = (tmp_path / "decisions.tsv").read_text().splitlines()
    assert lines[0].split("\t") == list(COLUMNS)
    assert lines[1].split("\t")[2:5] == ["1", "50", "50"]  # 1-based, both ends included
    assert lines[4].split("\t")[2:5] == ["71", "70", "0"]
    again = read_decisions(tmp_path / "decisions.tsv", LENGTHS)
    assert [(one.sequence, one.start, one.end, one.action, one.reason) for one in again] == [
        (one.sequence, one.start, one.end, one.action, one.reason) for one in DECISIONS
    ]
    assert again[0].evidence == {"covered_pct": "98.25", "depth": "14"}
    assert again[1].tool == "blastn 2.12" and again[4].decided_by == "person"
    assert len(read_decisions(tmp_path / "decisions.tsv", LENGTHS, step="screen")) == 3


def test_decisions_make_an_agp_that_conserves_every_base():
    agp = apply_decisions(LENGTHS, DECISIONS)
    assert agp.objects == {
        "a_1": [
            Component("a", 10, 40),
            Gap(5, "N", "contamination", ("unspecified",)),
            Component("a", 45, 70),
        ],
        "a_2": [Component("a", 70, 100)],
        "c": [Component("c", 0, 30)],
    }
    check_conservation(LENGTHS, agp, DECISIONS)


def test_flips_and_names():
    decisions = [
        Decision("curate", "b", 0, 50, "flip", "as in hap1"),
        Decision("curate", "b", 0, 50, "rename", "by size", {"name": "SUPER_1"}),
        Decision("curate", "a", 60, 60, "break", "misjoin"),
        Decision("curate", "a", 0, 100, "flip", "as in hap1"),
    ]
    agp = apply_decisions(LENGTHS, decisions)
    assert agp.objects["SUPER_1"] == [Component("b", 0, 50, "-")]
    assert [agp.objects[name] for name in ("a_1", "a_2")] == [
        [Component("a", 60, 100, "-")],
        [Component("a", 0, 60, "-")],
    ]
    check_conservation(LENGTHS, agp, decisions)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_any_decisions_conserve_bases(seed):
    rng = random.Random(seed)
    lengths = {f"s{number}": rng.randrange(1, 60) for number in range(6)}
    decisions = []
    for name, length in lengths.items():
        edges = sorted(rng.sample(range(length + 1), min(length + 1, rng.randrange(0, 7))))
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            action = rng.choice(["remove", "mask", "split", "break", "keep", "review"])
            decisions.append(Decision("x", name, start, end, action, "because"))
        if rng.random() < 0.3:
            decisions.append(Decision("x", name, 0, length, "flip", "because"))
    agp = apply_decisions(lengths, decisions)
    assert not conservation_faults(lengths, agp, decisions)
    removed = sum(one.length for one in decisions if one.action == "remove")
    # a sequence of which only masked bases are left is no sequence
    left = sum(agp.lengths().values())
    masked = sum(one.length for one in decisions if one.action == "mask")
    assert sum(lengths.values()) - removed - masked <= left <= sum(lengths.values()) - removed


@pytest.mark.parametrize(
    ("agp", "decisions", "message"),
    [
        (
            Agp({"o": [Component("a", 0, 90)]}),
            [],
            "a: 100 bp in, 90 bp out, 0 bp removed .* 10 bp are neither",
        ),
        (
            Agp({"o": [Component("a", 0, 100)]}),
            [Decision("x", "a", 0, 5, "remove", "r")],
            "a: 100 bp in, 100 bp out, 5 bp removed",
        ),
        (
            Agp({"o": [Component("a", 0, 95), Component("a", 0, 5)]}),
            [],
            "a: 100 bp in, 100 bp out, .* 5 bp are neither",
        ),
        (Agp({"o": [Component("a", 0, 100)], "p": [Component("z", 0, 7)]}), [], "z: 0 bp in, 7 bp out"),
    ],
)
def test_what_is_not_conserved_is_named(agp, decisions, message):
    with pytest.raises(RuntimeError, match=message):
        check_conservation({"a": 100}, agp, decisions)


def table(path, *rows):
    path.write_text("\n".join(["\t".join(COLUMNS), *("\t".join(row) for row in rows)]) + "\n")
    return path


def test_all_faults_of_an_edited_table_are_named(tmp_path):
    path = table(
        tmp_path / "edited.tsv",
        ("screen", "a", "1", "10", "10", "remove", "fine", "", "", "person"),
        ("screen", "a", "ten", "20", "", "remove", "", "", "", ""),
        ("screen", "a", "1", "20", "", "delete", "", "", "", ""),
        ("screen", "d", "1", "20", "", "remove", "", "", "", ""),
        ("screen", "a", "90", "101", "", "remove", "", "", "", ""),
        ("screen", "a", "20", "30", "", "trim", "", "", "", ""),
        ("screen", "a", "30", "20", "", "mask", "", "", "", ""),
        ("screen", "a", "1", "100", "", "rename", "", "", "", ""),
        ("screen", "a", "1", "100", "", "keep", "", "", "", "the boss"),
    )
    with pytest.raises(InputError) as raised:
        read_decisions(path, LENGTHS)
    faults = str(raised.value).split("\n")
    for number, words in zip(
        range(3, 11),
        [
            "start 'ten' is not a whole number",
            "action 'delete' is not one of remove trim mask",
            "sequence d is not in the assembly",
            "base 101 is beyond the end of a (100 bp)",
            "trim of bases 20 to 30 touches no end of a",
            "bases 30 to 20 are not a stretch",
            "rename needs the new name",
            "decided_by 'the boss'",
        ],
        strict=True,
    ):
        assert any(f"edited.tsv, line {number}: {words}" in fault for fault in faults), words
    assert len(faults) == 8


def test_rows_of_a_person_need_only_what_to_do(tmp_path):
    (tmp_path / "x.tsv").write_text(
        "step\tsequence\tstart\tend\taction\treason\ns\ta\t1\t5\ttrim\tI saw it\n"
    )
    (decision,) = read_decisions(tmp_path / "x.tsv", LENGTHS)
    assert (decision.decided_by, decision.length) == ("person", 5)
    (tmp_path / "y.tsv").write_text("step\tsequence\tstart\tend\taction\n")
    assert read_decisions(tmp_path / "y.tsv") == []
    (tmp_path / "z.tsv").write_text("step\tsequence\ns\ta\n")
    with pytest.raises(InputError, match="has no column start"):
        read_decisions(tmp_path / "z.tsv")
    with pytest.raises(InputError, match="does not exist"):
        read_decisions(tmp_path / "none.tsv")


def test_overlaps_and_names_that_collide_are_refused():
    overlapping = [Decision("x", "a", 0, 20, "remove", "r"), Decision("x", "a", 10, 30, "mask", "r")]
    with pytest.raises(InputError, match="decisions on a overlap: remove of 1 to 20 and mask of 11 to 30"):
        apply_decisions(LENGTHS, overlapping)
    named = [Decision("x", "a", 0, 100, "rename", "r", {"name": "b"})]
    with pytest.raises(InputError, match="give two sequences the name b"):
        apply_decisions(LENGTHS, named)


def test_a_part_is_not_turned_by_a_decision():
    with pytest.raises(InputError, match="flip: only a part of a is given; edit the AGP"):
        apply_decisions(LENGTHS, [Decision("x", "a", 0, 99, "flip", "r")])


def test_a_user_changes_deletes_and_adds_rows():
    kept, removed, masked = (
        DECISIONS[0],
        DECISIONS[1],
        DECISIONS[2],
    )
    edited = [
        kept,
        Decision("screen", "a", 0, 12, "trim", "longer"),
        Decision("screen", "c", 0, 30, "remove", "a bacterium"),
    ]
    revised = revise([kept, removed, masked], edited)
    assert [(one.sequence, one.end, one.action, one.decided_by) for one in revised] == [
        ("b", 50, "remove", "rule"),
        ("a", 12, "trim", "person"),
        ("c", 30, "remove", "person"),
        ("a", 10, "keep", "person"),
        ("a", 45, "keep", "person"),
    ]
    check_conservation(LENGTHS, apply_decisions(LENGTHS, revised), revised)


def test_sequences_on_the_list_are_kept(tmp_path):
    (tmp_path / "keep.txt").write_text("b  the curator says so\n\n")
    names = read_keep_list(tmp_path / "keep.txt", LENGTHS)
    kept = keep_sequences(DECISIONS, names)
    assert [one.action for one in kept] == ["keep", "trim", "mask", "break", "review"]
    assert kept[0].decided_by == "person" and kept[0].reason == "on the list to keep: haplotig of a"
    assert "b" in apply_decisions(LENGTHS, kept).objects
    (tmp_path / "bad.txt").write_text("b\nnobody\n")
    with pytest.raises(InputError, match=r"bad.txt, line 2: sequence nobody is not in the assembly"):
        read_keep_list(tmp_path / "bad.txt", LENGTHS)
