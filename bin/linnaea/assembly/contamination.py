"""Contamination removed from an assembly as the reports of FCS-GX and FCS-adaptor say.

FCS-GX: EXCLUDE (a whole sequence) and TRIM (one end) are removed, FIX (inside) is masked, at SPLIT the
sequence is cut and the stretch left out; REVIEW, REVIEW_RARE and INFO are for a person. FCS-adaptor:
ACTION_EXCLUDE is removed; ACTION_TRIM is removed at an end, and masked or cut out inside.
https://github.com/ncbi/fcs/wiki

The classes of Tiara (Karlicki et al. 2022, doi:10.1093/bioinformatics/btab672) remove nothing: they are
further evidence of decisions, and prokaryotes of which no report speaks are for a person.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from linnaea.assembly.decisions import REMOVING, Decision, keep_sequences, read_keep_list
from linnaea.assembly.removal import Files, remove_sequence
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.text import bases, percent, some
from linnaea.formats.agp import refuse
from linnaea.formats.sequences import sequence_lengths, text_lines

STEP = "screen"
TIARA_HEADER = "sequence_id"
TIARA_CLASSES = ("archaea", "bacteria", "prokarya", "eukarya", "organelle", "unknown")
PROKARYOTES = ("archaea", "bacteria", "prokarya")
GX_HEADER, ADAPTOR_HEADER = '##[["FCS genome report"', "#accession"
# The program that a report in the format of FCS-GX names in its first line when it is the project's own.
OWN_REPORT = "linnaea foreign_contigs"
GX_ACTIONS = ("EXCLUDE", "TRIM", "FIX", "SPLIT", "REVIEW", "REVIEW_RARE", "INFO")
ADAPTOR_ACTIONS = ("ACTION_EXCLUDE", "ACTION_TRIM", "REVIEW")
SHORTEST_SEQUENCE = 200
# Alarms of ASCC (sanger-tol): beyond these nothing is removed before a person has looked.
ALARM_PCT, ALARM_BP, ALARM_SEQUENCE_BP = 3.0, 10_000_000, 1_800_000


@dataclass(frozen=True)
class Call:
    """A row of a report: what it says of [start, end) of a sequence, and of which source."""

    sequence: str
    start: int
    end: int
    action: str
    source: str
    tool: str
    where: str


def read_report(
    path: str | Path, lengths: Mapping[str, int] | None, removed: Collection[str] = ()
) -> list[Call]:
    """Rows of an action report of FCS-GX or FCS-adaptor, told apart by their first line.

    Rows on sequences in `removed`, which an earlier step has taken away, are left out. Without `lengths`
    only the format is checked. Raises InputError with all rows that do not fit the assembly.
    """
    faults: list[str] = []
    calls = []
    tool = ""
    for number, line in text_lines(path):
        if number == 1:
            tool = _tool(line, path)
        if line.startswith("#") or not line.strip():
            continue
        where = f"{path}, line {number}"
        row = line.rstrip("\n").split("\t")
        if row[0] in removed:
            continue
        call = _call(row, tool, lengths, where, faults)
        if call:
            calls.append(call)
    refuse(faults, "Give the report of this assembly, unchanged.")
    return calls


def _tool(line: str, path: str | Path) -> str:
    if line.startswith(GX_HEADER):
        return OWN_REPORT if OWN_REPORT in line else "FCS-GX"
    if line.startswith(ADAPTOR_HEADER):
        return "FCS-adaptor"
    raise InputError(
        f"{path}: not an action report of FCS-GX (its first line has 'FCS genome report') or FCS-adaptor "
        "(#accession); give the file that ends in .fcs_gx_report.txt or fcs_adaptor_report.txt"
    )


def _call(
    row: Sequence[str], tool: str, lengths: Mapping[str, int] | None, where: str, faults: list[str]
) -> Call | None:
    """A row as a call, or None and a fault."""
    adaptor = tool == "FCS-adaptor"
    fewest, actions = (5, ADAPTOR_ACTIONS) if adaptor else (8, GX_ACTIONS)
    if len(row) < fewest:
        faults.append(f"{where}: {len(row)} columns, where a report of {tool} has {fewest}")
        return None
    if adaptor:
        name, size, action, place, source = row[:5]
        first, _, last = place.partition("..") if place else ("1", "", size)
    else:
        (name, first, last, size, action), source = row[:5], " ".join(row[5:8])
        source = row[7].strip() if tool == OWN_REPORT else source
    if not (first.isdecimal() and last.isdecimal() and size.isdecimal()):
        faults.append(f"{where}: {first or '-'} to {last or '-'} of {size} bp is not a range")
    elif lengths is not None and name not in lengths:
        faults.append(f"{where}: sequence {name} is not in the assembly")
    elif lengths is not None and int(size) != lengths[name]:
        faults.append(f"{where}: {name} has {int(size):,} bp here and {lengths[name]:,} bp in the assembly")
    elif not 1 <= int(first) <= int(last) <= int(size):
        faults.append(f"{where}: {first} to {last} is not within {name} of {int(size):,} bp")
    elif action not in actions:
        faults.append(f"{where}: action {action!r} is not one of {' '.join(actions)}")
    else:
        call = Call(name, int(first) - 1, int(last), action, source, tool, where)
        if fault := _misplaced(call, int(size)):
            faults.append(f"{where}: {fault}")
            return None
        return call
    return None


def _misplaced(call: Call, length: int) -> str:
    """What is wrong with the place of an action of FCS-GX."""
    ends = (call.start == 0) + (call.end == length)
    wanted = {"EXCLUDE": (2, "a whole sequence"), "TRIM": (1, "one end"), "FIX": (0, "no end")}
    if call.action in wanted and ends != wanted[call.action][0]:
        return (
            f"{call.action} of {call.start + 1} to {call.end} of {length:,} bp, where it must touch "
            f"{wanted[call.action][1]}"
        )
    return ""


def read_classes(path: str | Path, lengths: Mapping[str, int]) -> dict[str, str]:
    """Class of each sequence in the output of Tiara; it leaves out those below 3 kb."""
    faults: list[str] = []
    classes = {}
    for number, line in text_lines(path):
        row = line.rstrip("\n").split("\t")
        if number == 1:
            if row[0] != TIARA_HEADER:
                raise InputError(f"{path}: not the output of Tiara, whose first column is {TIARA_HEADER}")
            continue
        # Tiara gives the whole header line
        name, kind = (row[0].split() or [""])[0], row[1] if len(row) > 1 else ""
        if name not in lengths:
            faults.append(f"{path}, line {number}: sequence {name} is not in the assembly")
        elif kind not in TIARA_CLASSES:
            faults.append(f"{path}, line {number}: class {kind!r} is not one of {' '.join(TIARA_CLASSES)}")
        else:
            classes[name] = kind
    refuse(faults, "Give the output of Tiara on this assembly.")
    return classes


def with_classes(
    decisions: Iterable[Decision], classes: Mapping[str, str], lengths: Mapping[str, int]
) -> list[Decision]:
    """Decisions with Tiara's class as evidence; prokaryotes without one on their origin are reviewed."""
    final = [
        replace(one, evidence={**one.evidence, "tiara": classes[one.sequence]})
        if one.sequence in classes
        else one
        for one in decisions
    ]
    judged = {one.sequence for one in final if one.tool != "FCS-adaptor"}
    for name, kind in classes.items():
        if kind in PROKARYOTES and name not in judged:
            reason = f"a person should look: Tiara takes it for {kind}"
            final.append(Decision(STEP, name, 0, lengths[name], "review", reason, {"tiara": kind}, "Tiara"))
    return final


def decide(
    calls: Iterable[Call], lengths: Mapping[str, int], inside: Literal["mask", "split"] = "mask"
) -> list[Decision]:
    """Decisions of the calls on each sequence; where calls overlap, the first keeps the bases they share.

    A sequence of which less than 200 bp would stay is removed as a whole. `inside`: what is done to an
    adaptor inside a sequence.
    """
    by_sequence: dict[str, list[Call]] = {}
    for call in calls:
        by_sequence.setdefault(call.sequence, []).append(call)
    decisions = []
    for name, found in by_sequence.items():
        length = lengths[name]
        whole = [call for call in found if "EXCLUDE" in call.action]
        reviews = [call for call in found if call.action in ("REVIEW", "REVIEW_RARE", "INFO")]
        if whole:
            decisions.append(_decision(whole[0], "remove", 0, length))
            continue
        cuts = _apart([call for call in found if call not in reviews])
        own = [
            _decision(call, _action(call, start, end, length, inside), start, end)
            for call, start, end in cuts
        ]
        if own and length - sum(one.length for one in own) < SHORTEST_SEQUENCE:
            decisions.append(_decision(cuts[0][0], "remove", 0, length))
            continue
        decisions += own + [_decision(call, "review", call.start, call.end) for call in reviews]
    return decisions


def _apart(calls: Iterable[Call]) -> list[tuple[Call, int, int]]:
    """Calls with their stretches, ascending, without overlaps."""
    apart: list[tuple[Call, int, int]] = []
    for call in sorted(calls, key=lambda one: (one.start, -one.end)):
        start = max(call.start, apart[-1][2]) if apart else call.start
        if start < call.end:
            apart.append((call, start, call.end))
    return apart


def _action(call: Call, start: int, end: int, length: int, inside: str) -> str:
    if call.action == "FIX":
        return "mask"
    if start == 0 or end == length:
        return "trim"
    # A stretch taken out of a sequence leaves two pieces.
    return "mask" if call.action == "ACTION_TRIM" and inside == "mask" else "remove"


def _decision(call: Call, action: str, start: int, end: int) -> Decision:
    kind = "adaptor or vector" if call.tool == "FCS-adaptor" else "contaminant"
    reason = f"{kind}: {call.source}" if action != "review" else f"a person should look: {call.source}"
    return Decision(STEP, call.sequence, start, end, action, reason, {"call": call.action}, call.tool)


def alarms(decisions: Iterable[Decision], lengths: Mapping[str, int]) -> list[str]:
    """Why the removals are too large to be carried out without a person, in sentences."""
    removed: Counter[str] = Counter()
    for one in decisions:
        if one.action in REMOVING:
            removed[one.sequence] += one.length
    total = sum(removed.values())
    share = 100 * total / max(sum(lengths.values()), 1)
    found = []
    if share > ALARM_PCT:
        found.append(f"{percent(share)} of the assembly would be removed (alarm: {percent(ALARM_PCT)})")
    if total > ALARM_BP:
        found.append(f"{bases(total)} would be removed (alarm: {bases(ALARM_BP)})")
    large = [name for name, lost in removed.items() if lost > ALARM_SEQUENCE_BP]
    if large:
        found.append(f"more than {bases(ALARM_SEQUENCE_BP)} would be removed of {some(large)}")
    return found


def remove_contamination(
    *,
    id: str,
    haplotype: str,
    assembly: str,
    reports: Sequence[str],
    out: str,
    removed: str,
    agp: str,
    decisions: str,
    metrics: str,
    inside: Literal["mask", "split"] = "mask",
    tiara: str | None = None,
    entered: str | None = None,
    confirmed: bool = False,
    keep: str | None = None,
    edited: str | None = None,
) -> None:
    """Remove contamination from an assembly by the reports of FCS-GX and FCS-adaptor.

    assembly: FASTA, may be compressed
    reports: action reports of FCS-GX and FCS-adaptor, or in their formats
    inside: what is done to adaptors inside a sequence
    tiara: output of Tiara, as further evidence
    entered: FASTA of the contigs before earlier steps; reports may be of these
    confirmed: carry out also removals that raise an alarm
    keep: list of sequences to keep
    edited: table of decisions that replaces those of the step
    out: FASTA of the clean assembly
    removed: FASTA of what was removed, bgzipped
    agp: where the parts of the result are in the assembly
    decisions: table of decisions
    metrics: metrics record (JSON)
    """
    lengths = sequence_lengths(assembly)
    gone = sequence_lengths(entered).keys() - lengths.keys() if entered else set()
    own = decide((call for path in reports for call in read_report(path, lengths, gone)), lengths, inside)
    if tiara:
        own = with_classes(own, read_classes(tiara, lengths), lengths)
    planned = keep_sequences(own, read_keep_list(keep, lengths)) if keep else own
    found = alarms(planned, lengths)
    if found and not (confirmed or edited):
        raise InputError(
            f"{id} {haplotype}: {'; '.join(found)}. Nothing was removed. If these are contaminants, let the "
            "run remove them with --confirm_removal (the script: --confirmed); otherwise list the sequences "
            "to keep under `keep` in genomes.yml (the script: --keep), or leave out the step screen"
        )
    final, totals = remove_sequence(STEP, assembly, own, Files(out, removed, agp, decisions), keep, edited)
    reviews = [one for one in final if one.action == "review"]
    warnings = list(found)
    if reviews:
        warnings.append(f"a person should look at {some(sorted({one.sequence for one in reviews}))}")
    record = {"id": id, "step": STEP, "haplotype": haplotype} | totals._asdict()
    by_tool: Counter[str] = Counter()
    for one in final:
        if one.action in (*REMOVING, "mask"):
            by_tool[one.tool] += one.length
    write_metrics(
        metrics, record | {"removed_by_tool_bp": by_tool, "reviews": len(reviews), "warnings": warnings}
    )
