"""Removals from an assembly: decisions changed by the user, carried out, written and checked."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from linnaea.assembly.decisions import (
    REMOVING,
    Decision,
    apply_decisions,
    check_conservation,
    keep_sequences,
    read_decisions,
    read_keep_list,
    revise,
    write_decisions,
)
from linnaea.formats.agp import write_agp, write_objects
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.sequence_store import stored_sequences, write_record


class Files(NamedTuple):
    """What a step that removes sequence writes: FASTA of what stays and what was removed, AGP, decisions."""

    out: str
    removed: str
    agp: str
    decisions: str


class Totals(NamedTuple):
    """Bases and sequences of an assembly before and after a step, keyed as in its record."""

    sequences_in: int
    sequences_out: int
    bases_in_bp: int
    bases_out_bp: int
    removed_bp: int
    masked_bp: int


def remove_sequence(
    step: str,
    assembly: str | Path,
    decisions: Iterable[Decision],
    files: Files,
    keep: str | Path | None = None,
    edited: str | Path | None = None,
) -> tuple[list[Decision], Totals]:
    """Carry out decisions of a step; returns the final ones, and bases and sequences before and after.

    `keep` lists sequences to leave as they are, `edited` is a table of decisions instead of the step's own.
    Removed stretches are `name:start-end` (1-based) in the FASTA of removed sequence, whole ones keep their
    name. Raises InputError for lists that do not fit the assembly, RuntimeError where bases are lost.
    """
    with stored_sequences(assembly) as store:
        lengths = store.lengths
        final = list(decisions)
        if edited:
            final = revise(final, read_decisions(edited, lengths, step))
        if keep:
            final = keep_sequences(final, read_keep_list(keep, lengths))
        agp = apply_decisions(lengths, final)
        check_conservation(lengths, agp, final)
        write_objects(agp, store, files.out)
        with complete_bgzf(files.removed) as handle:
            for one in _removing(final):
                whole = one.length == lengths[one.sequence]
                label = one.sequence if whole else f"{one.sequence}:{one.start + 1}-{one.end}"
                write_record(handle, label, store.pieces(one.sequence, one.start, one.end))
    write_agp(files.agp, agp)
    write_decisions(files.decisions, final)
    masked = sum(one.length for one in final if one.action == "mask")
    removed = sum(one.length for one in _removing(final))
    totals = Totals(
        len(lengths),
        len(agp.objects),
        sum(lengths.values()),
        sum(agp.lengths().values()),
        removed,
        masked,
    )
    return final, totals


def _removing(decisions: Sequence[Decision]) -> list[Decision]:
    return [one for one in decisions if one.action in REMOVING]
