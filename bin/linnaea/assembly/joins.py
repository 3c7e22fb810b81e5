"""Joins of an assembly: gaps that steps put between sequences, in the final assembly, with their support.

Reads need not span such a gap, so it is not a suspect. Hi-C pairs support it, and reads if they cross it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from linnaea.assembly.decisions import Decision
from linnaea.formats.agp import Agp, Component, Gap

COLUMNS = (
    "sequence", "start_bp", "end_bp", "step", "left", "right", "hic_pairs", "expected_hic_pairs",
    "spanning_reads", "clipped_reads",
)  # fmt: skip


@dataclass(frozen=True)
class Join:
    """A gap [start, end), 0-based, of `sequence`, which `step` put between `left` and `right` of its input.

    Hi-C pairs over it, observed and expected, are those of the step; None where it does not count them.
    """

    sequence: str
    start: int
    end: int
    step: str
    left: str
    right: str
    hic_pairs: int | None = None
    expected_hic_pairs: float | None = None


def _continue(before: Component, after: Component, gap_bp: int) -> bool:
    """Whether two parts are of one sequence and in its direction, with only the gap's bases between them."""
    reverse = before.orientation == "-"
    if before.name != after.name or reverse != (after.orientation == "-"):
        return False
    return gap_bp == (before.start - after.end if reverse else after.start - before.end)


def new_joins(step: str, agp: Agp, decisions: Iterable[Decision]) -> list[Join]:
    """Gaps of a step between sequences that do not continue each other, as a masked one does."""
    evidence = {(one.sequence, one.end): one.evidence for one in decisions if one.action == "join"}
    joins = []
    for name, parts in agp.objects.items():
        at = 0
        for before, part, after in zip([None, *parts], parts, [*parts[1:], None], strict=False):
            start, at = at, at + part.length
            if not (isinstance(part, Gap) and isinstance(before, Component) and isinstance(after, Component)):
                continue
            if _continue(before, after, part.length):
                continue
            side = before.start if before.orientation == "-" else before.end
            found = evidence.get((before.name, side), {})
            pairs, expected = found.get("spanning_pairs"), found.get("expected_pairs")
            joins.append(
                Join(
                    name, start, at, step, before.name, after.name,
                    None if pairs is None else int(pairs), None if expected is None else float(expected),
                )
            )  # fmt: skip
    return joins


def _moved(join: Join, part: Component, name: str, at: int) -> Join:
    """A join of a component that begins at `at` of the object `name`."""
    if part.orientation == "-":
        low, high = at + part.end - join.end, at + part.end - join.start
        return replace(join, sequence=name, start=low, end=high, left=join.right, right=join.left)
    shift = at - part.start
    return replace(join, sequence=name, start=join.start + shift, end=join.end + shift)


def carried(joins: Sequence[Join], agp: Agp) -> list[Join]:
    """Joins of the sequences before a step where they are after it; those in what it removed are left out."""
    by_sequence: dict[str, list[Join]] = defaultdict(list)
    for join in joins:
        by_sequence[join.sequence].append(join)
    moved = []
    for name, parts in agp.objects.items():
        at = 0
        for part in parts:
            if isinstance(part, Component):
                inside = (j for j in by_sequence[part.name] if part.start <= j.start and j.end <= part.end)
                moved += [_moved(join, part, name, at) for join in inside]
            at += part.length
    return moved


def joins_of_steps(steps: Iterable[tuple[str, Agp, Sequence[Decision]]]) -> list[Join]:
    """Joins of all steps in the sequences of the last one, in their order."""
    joins: list[Join] = []
    for name, agp, decisions in steps:
        joins = carried(joins, agp) + new_joins(name, agp, decisions)
        order = {sequence: at for at, sequence in enumerate(agp.objects)}
        joins.sort(key=lambda join: (order[join.sequence], join.start))
    return joins


def join_columns(joins: Iterable[Join], depth: Mapping[str, Any] | None) -> dict[str, list[Any]]:
    """Joins by column; `depth` is the record of the read depth of the final sequences, if there is one."""
    reads: dict[tuple[str, int], tuple[int, int]] = {}
    if gaps := (depth or {}).get("gaps"):
        columns = (gaps[key] for key in ("sequence", "start_bp", "spanning", "clipped"))
        reads = {
            (name, start): (spanning, clipped)
            for name, start, spanning, clipped in zip(*columns, strict=True)
        }
    rows = [
        (
            join.sequence, join.start, join.end, join.step, join.left, join.right, join.hic_pairs,
            join.expected_hic_pairs, *reads.get((join.sequence, join.start), (None, None)),
        )
        for join in joins
    ]  # fmt: skip
    return {key: [row[at] for row in rows] for at, key in enumerate(COLUMNS)}
