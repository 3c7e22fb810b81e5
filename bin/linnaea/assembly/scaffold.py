"""Scaffolds of contigs by their Hi-C contacts: AGP, decisions and numbers."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.assembly import scaffold_layout
from linnaea.assembly.contact_decay import ContactDecay, TooFewPairs, Visibility, noise_density
from linnaea.assembly.contig_breaks import Break, contig_breaks, refined
from linnaea.assembly.decisions import Decision, check_conservation, write_decisions
from linnaea.assembly.end_joining import Joining
from linnaea.assembly.hic_contacts import PairCounts, Pairs, read_pairs
from linnaea.assembly.scaffold_layout import Layout
from linnaea.assembly.statistics import assembly_statistics, n_statistics
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.text import some
from linnaea.formats.agp import Agp, Component, Part, join_gap, read_agp, write_agp, write_objects
from linnaea.formats.sequence_store import stored_sequences
from linnaea.formats.sequences import byte_blocks, text_lines

# A bin of the visibility holds 40 ends of pairs on average.
ENDS_A_BIN = 40
BIN_BP = (2000, 20000)
# A piece that is less than e times as likely as it stands than reversed has orientation "?".
MIN_ORIENTATION_GAIN = 1.0
# Below this errors of order and orientation become frequent.
PAIRS_A_CONTIG = 300
# More exact repeats than this are duplicates.
REPEATED_SHARE = 0.05


@dataclass(frozen=True)
class Scaffolding:
    """Pieces (contig, start, end) and the paths they form, longest first, with the evidence."""

    pieces: np.ndarray
    paths: list[scaffold_layout.Path]
    breaks: list[Break]
    # Of each path: observed and expected pairs over its joints.
    joints: list[tuple[np.ndarray, np.ndarray]]
    # Of each piece: how much more likely (ln) it is as it stands than reversed.
    orientation_gains: np.ndarray
    joints_cut: int = 0
    slope: float | None = None
    noise_share: float | None = None


def scaffold_contigs(
    lengths: np.ndarray, pairs: Pairs, telomeres: np.ndarray, break_contigs: bool = True
) -> Scaffolding:
    """Break and join contigs of these lengths (bp) by their contacts.

    `telomeres` (contigs, 2) marks the starts and ends of contigs that are ends of chromosomes. With too few
    pairs within contigs for the decay to be measured, everything stays as it is.
    """
    whole = np.stack([np.arange(len(lengths)), np.zeros_like(lengths), lengths], 1)
    within = pairs.first == pairs.second
    distances = np.abs(pairs.first_position[within] - pairs.second_position[within])
    try:
        decay = ContactDecay(lengths, distances)
    except TooFewPairs:
        alone: list[scaffold_layout.Path] = [
            [(int(contig), False)] for contig in np.argsort(-lengths, kind="stable")
        ]
        none = np.zeros(0)
        return Scaffolding(whole, alone, [], [(none, none)] * len(alone), np.full(len(lengths), np.nan))
    # Half of the pairs between contigs are taken for noise, as many contigs are neighbours.
    noise = 0.5 * noise_density(int(np.count_nonzero(~within)), lengths)
    bin_bp = int(np.clip(ENDS_A_BIN * lengths.sum() / (2 * len(within)), *BIN_BP))
    breaks = []
    if break_contigs:
        breaks = contig_breaks(pairs, _visibility(lengths, bin_bp, pairs), decay, noise)
    del within, distances

    def joining_of(pieces: np.ndarray, pairs: Pairs) -> Joining:
        sizes = pieces[:, 2] - pieces[:, 1]
        first, last = pieces[:, 1] == 0, pieces[:, 2] == lengths[pieces[:, 0]]
        layout = Layout(sizes, telomeres[pieces[:, 0]] & np.stack([first, last], 1))
        return Joining(pairs, layout, _visibility(sizes, bin_bp, pairs), decay)

    pieces, cut_pairs = _cut(whole, breaks, pairs)
    joining = joining_of(pieces, cut_pairs)
    cut = joining.run()
    if break_contigs and (points := joining.weak_points()):
        more = _on_contigs(points, pieces, joining.within, bin_bp)
        breaks = sorted([*breaks, *more], key=lambda one: (one.contig, one.position))
        earlier, (pieces, cut_pairs) = pieces, _cut(whole, breaks, pairs)
        codes = _broken_paths(joining.layout, earlier, pieces)
        joining = joining_of(pieces, cut_pairs)
        joining.layout.arrange(codes)
        cut += joining.run()
    layout = joining.layout
    support = joining.joint_support()
    longest_first = sorted(support, key=lambda number: -layout.lengths[number])
    area = float(lengths.sum()) ** 2 / 2
    return _healed(
        Scaffolding(
            pieces,
            [layout.path(number) for number in longest_first],
            breaks,
            [support[number][:2] for number in longest_first],
            joining.order.orientation_gains(),
            cut,
            decay.slope,
            joining.noise * area / max(len(pairs.first), 1),
        )
    )


def _visibility(lengths: np.ndarray, bin_bp: int, pairs: Pairs) -> Visibility:
    ends = [(pairs.first, pairs.first_position), (pairs.second, pairs.second_position)]
    return Visibility(lengths, bin_bp, ends)


def _on_contigs(points: Sequence[Break], pieces: np.ndarray, within: Pairs, bin_bp: int) -> list[Break]:
    """Breaks of pieces as breaks of contigs, at the least spanned points; `within`: pairs within pieces."""
    return [
        replace(one, contig=int(pieces[one.contig, 0]), position=int(pieces[one.contig, 1]) + one.position)
        for one in refined(list(points), within, bin_bp)
    ]


def _broken_paths(layout: Layout, earlier: np.ndarray, pieces: np.ndarray) -> list[np.ndarray]:
    """The paths of a layout, as codes of the pieces that the earlier pieces were broken to."""
    start = np.searchsorted(_keys(pieces), _keys(earlier))
    number = np.diff(np.append(start, len(pieces)))
    paths = []
    for scaffold in layout.numbers():
        path: list[int] = []
        for step in layout.code(scaffold).tolist():
            piece, turned = divmod(step, 2)
            parts = range(start[piece], start[piece] + number[piece])
            for k, part in enumerate(reversed(parts) if turned else parts):
                if k:
                    paths.append(np.array(path))
                    path = []
                path.append(2 * part + turned)
        paths.append(np.array(path))
    return paths


def _keys(pieces: np.ndarray) -> np.ndarray:
    """Ascending numbers of pieces, by contig and start."""
    return (pieces[:, 0] << 40) + pieces[:, 1]


def _healed(result: Scaffolding) -> Scaffolding:
    """Without the breaks whose two sides follow each other again."""
    pieces: list[np.ndarray] = []
    paths, joints = [], []
    gains: list[float] = []
    for path, support in zip(result.paths, result.joints, strict=True):
        kept: scaffold_layout.Path = []
        joint: list[int] = []
        for k, (piece, turned) in enumerate(path):
            contig, start, end = result.pieces[piece].tolist()
            if kept and turned == kept[-1][1] and contig == pieces[-1][0]:
                _, before, after = pieces[-1].tolist()
                if (end == before) if turned else (start == after):
                    pieces[-1][1:] = min(start, before), max(end, after)
                    gains[-1] = max(gains[-1], result.orientation_gains[piece])
                    continue
            if kept:
                joint.append(k - 1)
            kept.append((len(pieces), turned))
            pieces.append(np.array([contig, start, end]))
            gains.append(result.orientation_gains[piece])
        paths.append(kept)
        joints.append((support[0][joint], support[1][joint]))
    starts = {(contig, start) for contig, start, _ in map(np.ndarray.tolist, pieces)}
    return replace(
        result,
        pieces=np.array(pieces),
        paths=paths,
        joints=joints,
        breaks=[one for one in result.breaks if (one.contig, one.position) in starts],
        orientation_gains=np.array(gains),
    )


def _cut(whole: np.ndarray, breaks: Sequence[Break], pairs: Pairs) -> tuple[np.ndarray, Pairs]:
    """Pieces (contig, start, end) of broken contigs, and the pairs on them."""
    if not breaks:
        return whole, pairs
    starts = np.concatenate([whole[:, :2], [(one.contig, one.position) for one in breaks]])
    starts = starts[np.lexsort((starts[:, 1], starts[:, 0]))]
    same = np.append(starts[1:, 0] == starts[:-1, 0], False)
    ends = np.where(same, np.append(starts[1:, 1], 0), whole[starts[:, 0], 2])
    keys = _keys(starts)
    columns = []
    for contig, position in ((pairs.first, pairs.first_position), (pairs.second, pairs.second_position)):
        piece = np.searchsorted(keys, (contig.astype(np.int64) << 40) + position, "right") - 1
        columns += [piece.astype(np.int32), (position - starts[piece, 1]).astype(np.int32)]
    return np.column_stack([starts, ends]), Pairs(*columns)


def scaffold(
    pairs: Sequence[Path],
    /,
    *,
    id: str,
    haplotype: str,
    assembly: Path,
    agp: str,
    decisions: str,
    out: str,
    fasta: str = "",
    given_agp: Path | None = None,
    tool: str = "linnaea",
    telomere_motif: str = "auto",
    min_mapq: int = 0,
    gap_bp: int = 200,
    keep_contigs_whole: bool = False,
) -> None:
    """Scaffold contigs by Hi-C pairs.

    pairs: pairs files (4DN), plain or gzip, in any order
    assembly: FASTA of the contigs, or its .fai (then ends of chromosomes cannot be recognised)
    agp: AGP 2.1 of the scaffolds, with every contig
    decisions: table of breaks and joins with their evidence
    fasta: sequences of the scaffolds, compressed if the name ends in .gz
    given_agp: scaffolds of another program, of these contigs; nothing is computed then, the pairs are counted
    tool: the program that made the AGP
    telomere_motif: of the species, or auto; ends of contigs that it fills are joined to nothing
    min_mapq: least mapping quality of both sides, where the pairs have the columns mapq1 and mapq2
    gap_bp: length of the gap of a join; 100 is written as of unknown length (U), others as N
    keep_contigs_whole: break no contigs
    """
    sizes, telomeres, motif = _contigs(assembly, telomere_motif)
    lengths = np.array(list(sizes.values()), np.int64)
    contacts, counts = read_pairs(pairs, sizes, min_mapq)
    record: dict[str, Any] = {"id": id, "step": "scaffold", "stage": "scaffolded", "haplotype": haplotype}
    if given_agp:
        scaffolds = read_agp(given_agp, sizes, whole=True)
        table = _given_decisions(scaffolds, tool)
        warnings = _pair_warnings(counts, min_mapq)
    else:
        result = scaffold_contigs(lengths, contacts, telomeres, not keep_contigs_whole)
        names = list(sizes)
        scaffolds = _agp(names, result, gap_bp)
        table = [*_break_decisions(names, result), *_join_decisions(scaffolds, result)]
        warnings = _pair_warnings(counts, min_mapq) + _result_warnings(counts, result, len(sizes))
        record |= {
            "joints_cut": result.joints_cut,
            "decay_slope": result.slope,
            "noise_pct": None if result.noise_share is None else 100 * result.noise_share,
            "telomere_motif": motif,
            "telomere_ends": int(telomeres.sum()),
        }
    check_conservation(sizes, scaffolds, table)
    if fasta:
        with stored_sequences(assembly) as store:
            write_objects(scaffolds, store, fasta)
    write_agp(agp, scaffolds)
    write_decisions(decisions, table)
    for warning in warnings:
        print(f"warning: {id} {haplotype}: {warning}", file=sys.stderr)
    write_metrics(out, record | {"tool": tool, "warnings": warnings} | _metrics(lengths, scaffolds, counts))


def _contigs(assembly: Path, telomere_motif: str) -> tuple[dict[str, int], np.ndarray, str | None]:
    """Lengths by name, (contigs, 2) telomeres at start and end, and their motif, from a FASTA or a .fai."""
    if next(byte_blocks(assembly)).lstrip()[:1] == b">":
        record, rows = assembly_statistics(assembly, telomere_motif)
        sizes = {row["sequence"]: row["length_bp"] for row in rows}
        ends = np.array([(row["telomere_start_bp"] > 0, row["telomere_end_bp"] > 0) for row in rows])
        return sizes, ends, record["telomere_motif"]
    sizes = {}
    for number, line in text_lines(assembly):
        words = line.split("\t")
        if len(words) < 2 or not words[1].isdecimal():
            raise InputError(
                f"{assembly}, line {number}: not a FASTA index; give the FASTA of the contigs or its .fai"
            )
        sizes[words[0]] = int(words[1])
    return sizes, np.zeros((len(sizes), 2), bool), None


def _agp(names: Sequence[str], result: Scaffolding, gap_bp: int) -> Agp:
    """Scaffolds named scaffold_1, … by length."""
    objects: dict[str, list[Part]] = {}
    for number, path in enumerate(result.paths, 1):
        parts: list[Part] = []
        for piece, turned in path:
            contig, start, end = result.pieces[piece].tolist()
            parts += [join_gap(gap_bp)] if parts else []
            orientation = "?" if _uncertain(result, piece) else "-" if turned else "+"
            parts.append(Component(names[contig], start, end, orientation))
        objects[f"scaffold_{number}"] = parts
    return Agp(objects)


def _uncertain(result: Scaffolding, piece: int) -> bool:
    """Whether the contacts hardly tell how a piece is oriented in its scaffold."""
    return bool(result.orientation_gains[piece] < MIN_ORIENTATION_GAIN)


def _break_decisions(names: Sequence[str], result: Scaffolding) -> list[Decision]:
    decisions = []
    for one in result.breaks:
        expected = one.expected * one.median_ratio
        reason = (
            f"{one.observed:.0f} Hi-C pairs span this point; {expected:.0f} are expected within a sequence"
        )
        evidence = {"spanning_pairs": round(one.observed), "expected_pairs": round(expected, 1)}
        name, at = names[one.contig], one.position
        decisions.append(Decision("scaffold", name, at, at, "break", reason, evidence))
    return decisions


def _join_decisions(scaffolds: Agp, result: Scaffolding) -> list[Decision]:
    decisions = []
    for parts, path, (observed, expected) in zip(
        scaffolds.objects.values(), result.paths, result.joints, strict=True
    ):
        components = [part for part in parts if isinstance(part, Component)]
        for k, (one, two) in enumerate(pairwise(components)):
            gain = min(float(result.orientation_gains[piece]) for piece, _ in path[k : k + 2])
            evidence = {
                "spanning_pairs": round(max(float(observed[k]), 0)),
                "expected_pairs": round(float(expected[k]), 1),
                "orientation_ln": round(gain, 1),
            }
            reason = f"{two.name} follows: the ends share the most Hi-C contacts"
            decisions.append(_join(one, two, reason, evidence))
    return decisions


def _join(
    one: Component, two: Component, reason: str, evidence: dict[str, Any], tool: str = "linnaea"
) -> Decision:
    end = one.start if one.orientation == "-" else one.end
    sides = {"to": two.name, "orientation": one.orientation, "to_orientation": two.orientation}
    return Decision("scaffold", one.name, end, end, "join", reason, sides | evidence, tool)


def _pair_warnings(counts: PairCounts, min_mapq: int) -> list[str]:
    """Faults of the pairs, in sentences."""
    warnings = []
    if counts.unknown_name:
        warnings.append(
            f"{counts.unknown_name:,} of {counts.read:,} Hi-C pairs name sequences that are not in the "
            f"assembly ({some(counts.unknown_names)}) and were not used; check that they belong to it"
        )
    if counts.out_of_range:
        warnings.append(
            f"{counts.out_of_range:,} of {counts.read:,} Hi-C pairs lie beyond the end of their contig and "
            "were not used; check that they belong to this assembly"
        )
    if counts.repeated_share > REPEATED_SHARE:
        warnings.append(
            f"{100 * counts.repeated_share:.0f} % of the Hi-C pairs repeat the exact places of another; "
            "remove duplicates (pairtools dedup) before scaffolding"
        )
    if min_mapq and not counts.has_mapq:
        warnings.append(
            f"the pairs have no columns mapq1 and mapq2, so the minimum mapping quality of {min_mapq} had no "
            "effect"
        )
    return warnings


def _result_warnings(counts: PairCounts, result: Scaffolding, contigs: int) -> list[str]:
    """Limits of the scaffolds, in sentences."""
    warnings = []
    if contigs > 1 and result.slope is None:
        warnings.append(
            f"{counts.used:,} usable Hi-C pairs are too few to scaffold, so all contigs stay as they are; "
            "check that the Hi-C reads are of this species"
        )
    elif contigs > 1 and counts.usable < PAIRS_A_CONTIG * contigs:
        warnings.append(
            f"{counts.usable / contigs:.0f} Hi-C pairs per contig are few: below {PAIRS_A_CONTIG}, wrong "
            "order and orientation are likely and most chimeric contigs are missed; check the map, or add "
            "Hi-C reads"
        )
    return warnings


def _given_decisions(scaffolds: Agp, tool: str) -> list[Decision]:
    """Breaks and joins of an AGP of another program, whose evidence it does not tell."""
    decisions = [
        Decision("scaffold", part.name, part.start, part.start, "break", f"broken by {tool}", {}, tool)
        for part in scaffolds.components()
        if part.start
    ]
    for parts in scaffolds.objects.values():
        for one, two in pairwise(part for part in parts if isinstance(part, Component)):
            decisions.append(_join(one, two, f"{two.name} follows, by {tool}", {}, tool))
    return decisions


def _metrics(lengths: np.ndarray, scaffolds: Agp, counts: PairCounts) -> dict[str, Any]:
    """Numbers of the scaffolds and of the pairs; gaps count in lengths of scaffolds."""
    sizes = np.sort(np.array(list(scaffolds.lengths().values()), np.int64))[::-1]
    objects = [
        [part for part in parts if isinstance(part, Component)] for parts in scaffolds.objects.values()
    ]
    joined = [parts for parts in objects if len(parts) > 1]
    placed = sum(part.length for parts in joined for part in parts)
    broken = [part.name for part in scaffolds.components() if part.start]
    return {
        "contigs": len(lengths),
        "contig_n50_bp": n_statistics(np.sort(lengths)[::-1], 50)[0],
        "scaffolds": len(objects),
        "scaffold_n50_bp": n_statistics(sizes, 50)[0],
        "longest_scaffold_bp": int(sizes[0]),
        "contigs_bp": int(lengths.sum()),
        "joined_pct": 100 * placed / int(lengths.sum()),
        "contigs_broken": len(set(broken)),
        "breaks": len(broken),
        "joins": sum(len(parts) - 1 for parts in joined),
        "orientation_unknown": sum(part.orientation == "?" for part in scaffolds.components()),
        "pairs": counts.read,
        "pairs_used": counts.used,
        "pairs_sampled_pct": 100 * counts.sampled_share,
        "pairs_unmapped": counts.unmapped,
        "pairs_duplicate": counts.duplicate,
        "pairs_low_mapq": counts.low_mapq,
        "pairs_unknown_name": counts.unknown_name,
        "pairs_out_of_range": counts.out_of_range,
        "pairs_repeated_pct": 100 * counts.repeated_share,
        "pairs_per_contig": counts.usable / len(lengths),
    }
