"""Joins are found in the AGPs of steps, followed to the final sequences, and listed with their support."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnaea.assembly.decisions import Decision, apply_decisions
from linnaea.assembly.joins import carried, join_columns, joins_of_steps, new_joins
from linnaea.assembly.structure import ReadSupport, gap_support
from linnaea.formats.agp import Agp, Component, Gap, compose, identity, join_gap


def joined(one, two, at, **evidence):
    return Decision("scaffold", one, at, at, "join", "Hi-C", {"to": two, **evidence})


def test_a_join_has_its_evidence_and_goes_with_its_sequence():
    scaffold = Agp(
        {
            "scaffold_1": [
                Component("b", 0, 300, "-"), join_gap(), Component("a", 0, 500), join_gap(),
                Component("c", 50, 250, "?"),
            ],
            "scaffold_2": [Component("c", 0, 50)],
        }
    )  # fmt: skip
    decisions = [
        joined("b", "a", 0, spanning_pairs=40, expected_pairs=31.5),
        joined("a", "c", 500, spanning_pairs=3),
    ]
    named = Agp(
        {"SUPER_1": [Component("scaffold_1", 0, 1200, "-")], "rest": [Component("scaffold_2", 0, 50)]}
    )
    steps = [("scaffold", scaffold, decisions), ("chromosomes", named, [])]
    first, second = joins_of_steps(steps)
    assert (first.sequence, first.start, first.end) == ("SUPER_1", 200, 300)
    assert (first.left, first.right, first.hic_pairs, first.expected_hic_pairs) == ("c", "a", 3, None)
    assert (second.sequence, second.start, second.end) == ("SUPER_1", 800, 900)
    assert (second.left, second.right, second.hic_pairs, second.expected_hic_pairs) == ("a", "b", 40, 31.5)
    depth = {
        "gaps": {"sequence": ["SUPER_1"], "start_bp": [800], "end_bp": [900], "spanning": [7], "clipped": [2]}
    }
    columns = join_columns([first, second], depth)
    keys = ("hic_pairs", "expected_hic_pairs", "spanning_reads", "clipped_reads")
    assert [list(row) for row in zip(*(columns[key] for key in keys), strict=True)] == [
        [3, None, None, None],
        [40, 31.5, 7, 2],
    ]
    assert join_columns([first], None)["spanning_reads"] == [None]
    # a later step that leaves the scaffold out has none of its joins
    assert carried([first, second], Agp({"rest": [Component("rest", 0, 50)]})) == []


def test_a_masked_stretch_is_not_a_join():
    lengths = {"a": 1000}
    masked = [Decision("screen", "a", 400, 450, "mask", "adaptor")]
    assert new_joins("screen", apply_decisions(lengths, masked), masked) == []
    backwards = Agp({"x": [Component("a", 450, 1000, "-"), Gap(50, "N"), Component("a", 0, 400, "-")]})
    assert new_joins("curation", backwards, []) == []
    moved = Agp({"x": [Component("a", 450, 1000), join_gap(50), Component("a", 0, 400)]})
    assert [(one.start, one.end, one.hic_pairs) for one in new_joins("curation", moved, [])] == [
        (550, 600, None)
    ]


@settings(deadline=None)
@given(st.data())
def test_joins_are_the_gaps_of_the_composed_agp(data):
    lengths = {f"c{n}": data.draw(st.integers(5, 60)) for n in range(6)}
    names, steps, whole = list(lengths), [], identity(lengths)
    for number in range(data.draw(st.integers(1, 3))):
        order = data.draw(st.permutations(names))
        cut = data.draw(st.integers(0, len(order) - 1))
        objects = {}
        for at, group in enumerate((order[:cut], order[cut:])):
            parts = []
            for name in group:
                parts += [join_gap(data.draw(st.integers(1, 9)))] if parts else []
                parts.append(Component(name, 0, lengths[name], data.draw(st.sampled_from("+-"))))
            if parts:
                objects[f"s{number}_{at}"] = parts
        agp = Agp(objects)
        steps.append((f"step{number}", agp, []))
        whole, lengths = compose(agp, whole), agp.lengths()
        names = list(lengths)
    gaps = []
    for name, parts in whole.objects.items():
        edges = np.cumsum([0, *(part.length for part in parts)]).tolist()
        gaps += [
            (name, start, start + part.length)
            for start, part in zip(edges, parts, strict=False)
            if isinstance(part, Gap)
        ]
    assert [(join.sequence, join.start, join.end) for join in joins_of_steps(steps)] == gaps


@pytest.mark.parametrize("across", [0, 6])
def test_reads_over_a_gap_and_beside_it_are_counted(across):
    support = ReadSupport({"a": 50_000, "b": 9_000})
    for _ in range(across):
        support.add("a", 15_000, 27_000, 0, 0)
    for _ in range(4):
        support.add("a", 10_000, 20_010, 0, 3_000)
        support.add("a", 20_190, 30_000, 3_000, 0)
    support.add("a", 19_800, 26_000, 0, 0)  # less than 500 bp before the gap
    found = gap_support(support, {"a": [(20_000, 20_200)], "b": []})
    assert found == {
        "sequence": ["a"], "start_bp": [20_000], "end_bp": [20_200], "spanning": [across], "clipped": [4],
    }  # fmt: skip
