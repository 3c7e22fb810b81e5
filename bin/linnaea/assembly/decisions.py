"""Decisions that change an assembly, one table for all steps: what was done to which bases, why, and by whom.

The table is tab-separated, with 1-based positions, both ends included. What happens between two bases (a
break at a point, a join without a gap) has length 0, and its end is the base before its start. In memory,
positions are 0-based and half open. A user may edit the table and give it again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from linnaea.base.tables import read_table, text_of, write_table
from linnaea.formats.agp import Agp, Component, Gap, Part, part_of, refuse, turned, unused

COLUMNS = (
    "step", "sequence", "start", "end", "length", "action", "reason", "evidence", "tool", "decided_by",
)  # fmt: skip
# A row that a user adds needs no more than these.
REQUIRED = ("step", "sequence", "start", "end", "action")
ACTIONS = ("remove", "trim", "mask", "split", "join", "break", "rename", "flip", "keep", "review")
# Actions whose bases are not in the result.
REMOVING = ("remove", "trim")
# Actions that `keep` undoes: they take bases away or cut the sequence.
UNDOABLE = (*REMOVING, "mask", "split", "break")


@dataclass(frozen=True)
class Decision:
    """What a step did to the bases [start, end) of a sequence of its input.

    `action`: remove (these bases are left out), trim (the same, at an end), mask (they become N), split (the
    sequence is cut here, and the bases between the pieces, if any, stay with the first), break (the same,
    where the pieces do not belong together), join (another sequence follows at `end`; evidence `to` names
    it), rename and flip (the whole sequence; evidence `name` is the new name), keep (nothing is done,
    although a rule would) and review (a person should look). `evidence` holds numbers or short words by name;
    `decided_by` is rule or person.
    """

    step: str
    sequence: str
    start: int
    end: int
    action: str
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    tool: str = "linnaea"
    decided_by: str = "rule"

    @property
    def length(self) -> int:
        return self.end - self.start


def _row(decision: Decision) -> list[Any]:
    evidence = ";".join(f"{key}={text_of(value)}" for key, value in decision.evidence.items())
    return [
        decision.step,
        decision.sequence,
        decision.start + 1,
        decision.end,
        decision.length,
        decision.action,
        decision.reason,
        evidence or "NA",
        decision.tool,
        decision.decided_by,
    ]


def write_decisions(path: str | Path, decisions: Iterable[Decision]) -> None:
    write_table(path, COLUMNS, map(_row, decisions))


def read_decisions(
    path: str | Path, lengths: Mapping[str, int] | None = None, step: str | None = None
) -> list[Decision]:
    """Read a table, as written or edited, only the rows of `step` if it is given.

    `lengths` (bp) are those of the sequences that the step reads; decisions must fit them. The column length
    may be wrong or absent. Raises InputError with file and row of all faults.
    """
    rows = read_table(path, REQUIRED)
    faults: list[str] = []
    decisions = []
    for number, row in enumerate(rows, 2):
        where = f"{path}, line {number}"
        if step is not None and row["step"] != step:
            continue
        decision = _decision(row, where, faults)
        if decision is not None:
            decisions.append(decision)
            if lengths is not None:
                faults += [f"{where}: {fault}" for fault in _outside(decision, lengths)]
    refuse(faults)
    return decisions


def _decision(row: Mapping[str, str | None], where: str, faults: list[str]) -> Decision | None:
    texts = {name: (row.get(name) or "").strip() for name in COLUMNS}
    before = len(faults)
    for name in ("start", "end"):
        if not texts[name].isdecimal():
            faults.append(f"{where}: {name} {texts[name]!r} is not a whole number")
    if texts["action"] not in ACTIONS:
        faults.append(f"{where}: action {texts['action']!r} is not one of {' '.join(ACTIONS)}")
    if not texts["sequence"]:
        faults.append(f"{where}: no sequence is named")
    if texts["decided_by"] not in ("rule", "person", "", "NA"):
        faults.append(f"{where}: decided_by {texts['decided_by']!r} is not rule or person")
    if len(faults) > before:
        return None
    start, end = int(texts["start"]) - 1, int(texts["end"])
    if not 0 <= start <= end:
        faults.append(
            f"{where}: bases {start + 1} to {end} are not a stretch; the first base of a sequence is 1"
        )
        return None
    words = [word for word in texts["evidence"].split(";") if word and word != "NA"]
    return Decision(
        texts["step"],
        texts["sequence"],
        start,
        end,
        texts["action"],
        texts["reason"],
        {key: value for key, _, value in (word.partition("=") for word in words)},
        texts["tool"] or "NA",
        texts["decided_by"] if texts["decided_by"] not in ("", "NA") else "person",
    )


def _outside(decision: Decision, lengths: Mapping[str, int]) -> list[str]:
    """What is wrong with a decision's place."""
    length = lengths.get(decision.sequence)
    if length is None:
        return [f"sequence {decision.sequence} is not in the assembly; correct the name or remove the row"]
    if decision.end > length:
        return [
            f"base {decision.end:,} is beyond the end of {decision.sequence} ({length:,} bp); correct the "
            "range"
        ]
    if decision.action == "trim" and decision.start and decision.end < length:
        return [
            f"trim of bases {decision.start + 1} to {decision.end} touches no end of {decision.sequence} "
            f"({length:,} bp); use remove (cuts them out), mask or split"
        ]
    if decision.action == "rename" and not decision.evidence.get("name"):
        return ["rename needs the new name as evidence, name=NEW"]
    return []


def revise(computed: Sequence[Decision], edited: Sequence[Decision]) -> list[Decision]:
    """The decisions of an edited table, those that differ from the step's own as decided by a person.

    A row of the step that the user deleted is undone: it stays in the table as `keep`.
    """

    def key(one: Decision) -> tuple[Any, ...]:
        return one.sequence, one.start, one.end, one.action

    own = {key(one): one for one in computed}
    touched = {(one.sequence, one.start, one.end) for one in edited}
    revised = [own.get(key(one)) or replace(one, decided_by="person") for one in edited]
    undone = [
        replace(one, action="keep", reason=f"{one.action} undone: {one.reason}", decided_by="person")
        for one in computed
        if one.action in UNDOABLE and (one.sequence, one.start, one.end) not in touched
    ]
    return revised + undone


def keep_sequences(decisions: Iterable[Decision], names: Collection[str]) -> list[Decision]:
    """Decisions in which nothing is taken from or cut in the sequences of the user's list."""
    return [
        replace(one, action="keep", reason=f"on the list to keep: {one.reason}", decided_by="person")
        if one.sequence in names and one.action in UNDOABLE
        else one
        for one in decisions
    ]


def read_keep_list(path: str | Path, lengths: Mapping[str, int]) -> set[str]:
    """Names of the sequences to keep, the first word of each line; InputError for unknown ones."""
    names = {words[0]: number for number, line in enumerate(_lines(path), 1) if (words := line.split())}
    refuse(
        [
            f"{path}, line {number}: sequence {name} is not in the assembly; correct the name or remove the "
            "line"
            for name, number in names.items()
            if name not in lengths
        ]
    )
    return set(names)


def _lines(path: str | Path) -> list[str]:
    return Path(path).read_text(errors="replace").splitlines()


def apply_decisions(lengths: Mapping[str, int], decisions: Iterable[Decision]) -> Agp:
    """The AGP of an assembly after removals, trims, masks, splits, breaks, flips and new names, in its order.

    `lengths` (bp) are those before. A masked stretch is a gap of type contamination. The pieces of a sequence
    that was cut are NAME_1, NAME_2, …. Joins are made by an AGP of their own. Raises InputError for decisions
    that overlap, lie outside or give one name twice.
    """
    by_sequence: dict[str, list[Decision]] = defaultdict(list)
    faults = []
    for one in decisions:
        if one.action in ("keep", "review", "join"):
            continue
        outside = _outside(one, lengths)
        if not outside and one.action in ("flip", "rename") and one.length < lengths[one.sequence]:
            outside = [f"only a part of {one.sequence} is given; edit the AGP to change a part"]
        faults += [f"decisions, {one.action}: {fault}" for fault in outside]
        if not outside:
            by_sequence[one.sequence].append(one)
    objects: dict[str, list[Part]] = {}
    for name, length in lengths.items():
        listed = sorted(by_sequence[name], key=lambda one: (one.start, one.end))
        cuts = [one for one in listed if one.action in UNDOABLE]
        for one, other in pairwise(cuts):
            if one.end > other.start:
                faults.append(
                    f"decisions on {name} overlap: {one.action} of {one.start + 1} to {one.end} and "
                    f"{other.action} of {other.start + 1} to {other.end}; keep one of them"
                )
        new_name = next((str(one.evidence["name"]) for one in listed if one.action == "rename"), name)
        pieces = _pieces(name, length, cuts)
        if any(one.action == "flip" for one in listed):
            pieces = [turned(piece) for piece in reversed(pieces)]
        for number, piece in enumerate(pieces, 1):
            final = new_name if len(pieces) == 1 else f"{new_name}_{number}"
            if final in objects:
                faults.append(f"decisions give two sequences the name {final}; rename one of them")
            objects[final] = piece
    refuse(faults)
    return Agp(objects)


def _pieces(name: str, length: int, cuts: Sequence[Decision]) -> list[list[Part]]:
    """The pieces of a sequence; what is left out, and what ends a piece, separates them."""
    parts: list[Part] = []
    pieces = []
    position = 0
    for one in cuts:
        end = one.end if one.action in ("split", "break") else one.start
        if end > position:
            parts += part_of([Component(name, 0, length)], position, end)
        if one.action == "mask":
            parts.append(Gap(one.length, "N", "contamination", ("unspecified",)))
        else:
            pieces.append(parts)
            parts = []
        position = max(position, one.end)
    if position < length:
        parts += part_of([Component(name, 0, length)], position, length)
    return [piece for piece in [*pieces, parts] if any(isinstance(part, Component) for part in piece)]


def conservation_faults(lengths: Mapping[str, int], agp: Agp, decisions: Iterable[Decision]) -> list[str]:
    """What breaks the rule that bases in = bases out + removed, one sentence for each sequence.

    `lengths` (bp) are those of the step's input, `agp` places it in the output. A base of the input must
    either be in the output or be removed, trimmed or masked by a decision, never both and never twice.
    """
    taken = [
        Component(one.sequence, one.start, one.end) for one in decisions if one.action in (*REMOVING, "mask")
    ]
    used: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for count, parts in ((used, list(agp.components())), (removed, taken)):
        for part in parts:
            count[part.name] += part.length
    holes = unused([*agp.components(), *taken], lengths)
    faults = []
    for name in {**lengths, **used, **removed}:
        length, lost = lengths.get(name, 0), sum(end - start for start, end in holes.get(name, ()))
        if lost or used[name] + removed[name] != length:
            faults.append(
                f"{name}: {length:,} bp in, {used[name]:,} bp out, {removed[name]:,} bp removed or masked by "
                f"a decision; {lost:,} bp are neither"
            )
    return faults


def check_conservation(lengths: Mapping[str, int], agp: Agp, decisions: Iterable[Decision]) -> None:
    """Raise RuntimeError where `conservation_faults` has any: it is a fault of the step, not of its input."""
    if faults := conservation_faults(lengths, agp, decisions):
        raise RuntimeError("bases are not conserved:\n" + "\n".join(faults))
