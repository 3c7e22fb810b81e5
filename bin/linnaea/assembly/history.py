"""What the steps did to an assembly: one table of decisions, one AGP from the contigs to the final sequences.

The AGPs of the steps are composed, so that each base of the final assembly is traced to a contig, and after
each step the bases that came in must be those that went out and those that were removed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from linnaea.assembly.decisions import (
    Decision,
    conservation_faults,
    read_decisions,
    write_decisions,
)
from linnaea.assembly.statistics import n_statistics
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.formats.agp import Agp, Gap, compose, identity, read_agp, write_agp
from linnaea.formats.sequences import sequence_lengths

STEP = "history"
CURATION = "curation"
# Decisions in the record; the table has all.
SHOWN = 40
# Actions counted by step, with the key of their number.
COUNTED = {
    "join": "joins",
    "break": "breaks",
    "split": "splits",
    "flip": "flips",
    "rename": "renamed",
    "keep": "kept",
    "review": "reviews",
}


def after_step(
    name: str, agp: Agp, decisions: Iterable[Decision], before_bp: int | None = None
) -> dict[str, Any]:
    """Sequences and bases after a step, and what it did; `before_bp` bases were there before.

    Bases do not count gaps that a step made, so a removed stretch that had been masked counts once.
    """
    lengths = np.sort(np.array(list(agp.lengths().values()), np.int64))[::-1]
    gaps = [part.length for parts in agp.objects.values() for part in parts if isinstance(part, Gap)]
    masked = 0
    actions: Counter[str] = Counter()
    for one in decisions:
        masked += one.length if one.action == "mask" else 0
        actions[one.action] += 1
    bases = int(lengths.sum()) - sum(gaps)
    return {
        "step": name,
        "sequences": len(lengths),
        "bases_bp": bases,
        "gaps": len(gaps),
        "n50_bp": n_statistics(lengths, 50)[0] if len(lengths) else 0,
        "removed_bp": 0 if before_bp is None else before_bp - bases - masked,
        "masked_bp": masked,
        **{key: actions[action] for action, key in COUNTED.items()},
    }


def trace_steps(
    contigs: Mapping[str, int], steps: Sequence[tuple[str, Agp, Sequence[Decision]]]
) -> tuple[Agp, list[dict[str, Any]], list[str]]:
    """The AGP of the last step in contigs, what was there after each step, and faults of conservation.

    `contigs`: length (bp) of each. `steps`: name, AGP in the sequences of the step before, decisions. A
    curated map of several haplotypes begins anew: its AGP is in the sequences that the map was made from.
    """
    whole = identity(contigs)
    rows = [after_step("contigs", whole, ())]
    faults: list[str] = []
    for name, agp, decisions in steps:
        lengths = whole.lengths()
        # A map of several haplotypes moves sequence between them; its step checks the bases of all.
        if name == CURATION and any(part.name not in lengths for part in agp.components()):
            whole = agp
            rows = [after_step(name, agp, decisions)]
            continue
        if name != CURATION:
            faults += [f"step {name}: {fault}" for fault in conservation_faults(lengths, agp, decisions)]
        if any(part.name not in lengths for part in agp.components()):
            break
        whole = compose(agp, whole)
        rows.append(after_step(name, whole, decisions, rows[-1]["bases_bp"]))
    return whole, rows, faults


def largest(decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    """The decisions that a reader of the report should see: what is reviewed, and what changes most bases."""
    shown = [one for one in decisions if one.action not in ("rename", "keep")]
    by_weight = sorted(range(len(shown)), key=lambda n: (shown[n].action != "review", -shown[n].length))
    return [
        {
            "decided_in": one.step, "sequence": one.sequence, "start": one.start + 1, "end": one.end,
            "length_bp": one.length, "action": one.action, "reason": one.reason,
        }
        for one in (shown[n] for n in sorted(by_weight[:SHOWN]))
    ]  # fmt: skip


def write_history(
    *,
    id: str,
    haplotype: str,
    stage: str,
    contigs: str,
    assembly: str,
    out: str,
    decisions: str,
    metrics: str,
    steps: Sequence[str] = (),
    agps: Sequence[str] = (),
    tables: Sequence[str] = (),
) -> None:
    """Trace an assembly to its contigs, through the AGPs and the decisions of all steps.

    contigs: FASTA of the assembly as it entered the first step
    assembly: FASTA after the last step
    steps: names of the steps, in their order
    agps: AGP of each step
    tables: table of decisions of each step
    out: AGP of the assembly in contigs
    decisions: table of the decisions of all steps
    metrics: metrics record (JSON)
    """
    before = sequence_lengths(contigs)
    after = sequence_lengths(assembly)
    if not len(steps) == len(agps) == len(tables):
        raise InputError(
            f"{id} {haplotype}: {len(steps)} steps, {len(agps)} AGPs and {len(tables)} tables of decisions; "
            "give an AGP and a table for each step"
        )
    changes = [
        (step, read_agp(agp), read_decisions(table))
        for step, agp, table in zip(steps, agps, tables, strict=True)
    ]
    whole, rows, faults = trace_steps(before, changes)
    if whole.lengths() != after and not faults:
        faults = [f"{assembly}: its sequences are not those of the last AGP"]
    if faults:
        raise RuntimeError(f"{id} {haplotype}: bases are not conserved:\n" + "\n".join(faults))
    write_agp(out, whole)
    write_decisions(decisions, (one for _, _, listed in changes for one in listed))
    write_metrics(
        metrics,
        {
            "id": id, "step": STEP, "stage": stage, "haplotype": haplotype, "steps": rows,
            "decisions": sum(len(listed) for _, _, listed in changes),
            "largest_decisions": largest(one for _, _, listed in changes for one in listed),
        },
    )  # fmt: skip
