"""What the steps did to an assembly: one table of decisions, one AGP from the contigs to the final sequences.

The AGPs of the steps are composed, so that each base of the final assembly is traced to a contig, and after
each step the bases that came in must be those that went out and those that were removed.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.assembly.decisions import (
    Decision,
    conservation_faults,
    read_decisions,
    write_decisions,
)
from linnaea.assembly.joins import join_columns, joins_of_steps
from linnaea.assembly.kmer_evaluation import evaluate_parts
from linnaea.assembly.statistics import n_statistics
from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics, write_metrics
from linnaea.formats.agp import Agp, Gap, compose, identity, read_agp, write_agp, write_objects
from linnaea.formats.sequence_store import stored_sequences
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
) -> tuple[list[Agp], list[dict[str, Any]], list[str]]:
    """The AGP after each step in contigs, what was there, and faults of conservation.

    `contigs`: length (bp) of each. `steps`: name, AGP in the sequences of the step before, decisions. A
    curated map of several haplotypes begins anew: its AGP is in the sequences that the map was made from.
    """
    whole = identity(contigs)
    layouts = [whole]
    rows = [after_step("contigs", whole, ())]
    faults: list[str] = []
    for name, agp, decisions in steps:
        lengths = whole.lengths()
        # A map of several haplotypes moves sequence between them; its step checks the bases of all.
        if name == CURATION and any(part.name not in lengths for part in agp.components()):
            whole = agp
            layouts, rows = [agp], [after_step(name, agp, decisions)]
            continue
        if name != CURATION:
            faults += [f"step {name}: {fault}" for fault in conservation_faults(lengths, agp, decisions)]
        if any(part.name not in lengths for part in agp.components()):
            break
        whole = compose(agp, whole)
        layouts.append(whole)
        rows.append(after_step(name, whole, decisions, rows[-1]["bases_bp"]))
    return layouts, rows, faults


def step_kmers(
    contigs: Path, layouts: Sequence[Agp], reads_db: Path, kmer_size: int, threads: int, memory_gb: int
) -> list[dict[str, Any]]:
    """K-mer QV, completeness and false duplication of the contigs after each step.

    `layouts`: AGP after each step, in contigs. Joins, renamings and reversals change no k-mer within a
    contig, so only a step is measured that left other parts of the contigs than the step before.
    """
    kept = [sorted((part.name, part.start, part.end) for part in agp.components()) for agp in layouts]
    new = [at for at in range(1, len(kept)) if kept[at] != kept[at - 1]]

    def parts(folder: str) -> Iterator[Path]:
        with stored_sequences(contigs) as store:
            for at in new:
                write_objects(layouts[at], store, path := Path(folder, "part.fasta"))
                yield path

    with tempfile.TemporaryDirectory(prefix="parts.", dir=".") as folder:
        measured = evaluate_parts(reads_db, contigs, parts(folder), kmer_size, threads, memory_gb)
        by_row = dict(zip([0, *new], measured, strict=True))
    rows: list[dict[str, Any]] = []
    for at in range(len(layouts)):
        rows.append(by_row[at] if at in by_row else rows[-1])
    return rows


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
    depth: Path | None = None,
    reads_db: Path | None = None,
    kmer_size: int = 21,
    threads: int = 1,
    memory_gb: int = 4,
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
    depth: record of the read depth of the assembly, for reads over the joins (JSON)
    reads_db: prefix of the reads' KMC database, for QV and completeness after each step (-ci1 -cs10000)
    kmer_size: k of the database, up to 31
    memory_gb: memory that kmc may use
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
    layouts, rows, faults = trace_steps(before, changes)
    whole = layouts[-1]
    if whole.lengths() != after and not faults:
        faults = [f"{assembly}: its sequences are not those of the last AGP"]
    if faults:
        raise RuntimeError(f"{id} {haplotype}: bases are not conserved:\n" + "\n".join(faults))
    # a curated map of several haplotypes is in the sequences of all, which are not here
    if reads_db and all(part.name in before for part in layouts[0].components()):
        found = step_kmers(Path(contigs), layouts, reads_db, kmer_size, threads, memory_gb)
        rows = [row | measured for row, measured in zip(rows, found, strict=True)]
    write_agp(out, whole)
    write_decisions(decisions, (one for _, _, listed in changes for one in listed))
    joins = join_columns(joins_of_steps(changes), read_metrics(depth) if depth else None)
    write_metrics(
        metrics,
        {
            "id": id, "step": STEP, "stage": stage, "haplotype": haplotype, "steps": rows,
            "decisions": sum(len(listed) for _, _, listed in changes),
            "joins": joins,
            "largest_decisions": largest(one for _, _, listed in changes for one in listed),
        },
    )  # fmt: skip
