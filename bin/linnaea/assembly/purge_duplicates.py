"""False duplications of an assembly of one haplotype: haplotigs and overlapping ends of contigs.

Reads of a locus that was assembled twice are shared by its two copies, so the depths of both add up to that
of one locus; the depths of two repeats add up to that of two loci (Guan et al. 2020,
doi:10.1093/bioinformatics/btaa025, cut at the depth of single contigs). Contigs are judged from the longest
on, and only sequence that is kept stands for another copy.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from linnaea.assembly import collinear
from linnaea.assembly.decisions import REMOVING, Decision
from linnaea.assembly.read_depth import WindowedDepth, read_paf
from linnaea.assembly.removal import Files, remove_sequence
from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics, write_metrics
from linnaea.base.text import number
from linnaea.formats.gene_models import merged, total_bp
from linnaea.formats.sequences import is_empty, sequence_lengths, text_lines

STEP = "purge"
WINDOW_BP = 500
SHORTEST_ALIGNMENT = 300
# Neighbours in a chain are at most this far apart on both contigs.
LARGEST_GAP = 20_000
# A chain is not tried further back than this many alignments.
LOOK_BACK = 300
SHORTEST_CHAIN = 10_000
SHORTEST_CHAIN_SHARE = 0.3
# Share of a chain in its alignments; repeats that lie in the same order by chance are sparser.
ALIGNED_SHARE = 0.5
# Share of a contig in other copies that makes all of it a haplotig.
HAPLOTIG_SHARE = 0.7
# A stretch in no other copy, at the depth of a whole locus, is the only copy of its sequence.
UNIQUE_BP = 5_000
END_SLACK = 5_000
# Below 2 % false duplications by k-mers nothing is removed.
LEAST_DUPLICATION_PCT = 2.0
LOW_DEPTH, LOW_DEPTH_SHARE = 0.25, 0.8


@dataclass(frozen=True)
class Chain:
    """Collinear alignments of a contig to a longer one; 0-based half-open, `blocks` (n, 2) on the contig."""

    target: str
    forward: bool
    start: int
    end: int
    target_start: int
    target_end: int
    blocks: np.ndarray


@dataclass(frozen=True)
class Removal:
    """A stretch of a contig to remove, its reason, and the numbers behind it."""

    sequence: str
    start: int
    end: int
    reason: str
    partner: str = ""
    evidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Coverage:
    """Read depth of one haplotype (x) and the number of haplotypes."""

    haploid: float
    ploidy: int

    @property
    def locus(self) -> float:
        """Depth of a locus whose haplotypes are assembled as one sequence."""
        return self.haploid * self.ploidy


class Depth:
    """Mean read depth of any stretch, from windows."""

    def __init__(self, windows: WindowedDepth) -> None:
        self.windows = windows
        self.sums = {}
        self.edges = {}
        for name, depths in windows.depth().items():
            edges = np.append(np.arange(len(depths)) * windows.window_bp, windows.lengths[name])
            self.edges[name] = edges
            self.sums[name] = np.append(0.0, np.cumsum(depths * np.diff(edges)))

    def mean(self, name: str, start: int, end: int) -> float:
        """Mean depth of a stretch (0-based half-open)."""
        low, high = np.interp([start, end], self.edges[name], self.sums[name])
        return float(high - low) / max(end - start, 1)

    def share_below(self, name: str, limit: float) -> float:
        """Share of the bases of a contig in windows of at most `limit`."""
        sizes = np.diff(self.edges[name])
        depths = np.diff(self.sums[name]) / sizes
        return float(sizes[depths <= limit].sum() / sizes.sum())

    def median(self) -> float:
        """Median depth of all windows."""
        depths = [np.diff(self.sums[name]) / np.diff(edges) for name, edges in self.edges.items()]
        return float(np.median(np.concatenate(depths)))


def read_alignments(
    lines: Iterable[str], lengths: Mapping[str, int], path: str
) -> dict[str, dict[tuple[str, bool], np.ndarray]]:
    """Alignments of each contig to longer ones, from a PAF of the assembly against itself.

    Returns contig -> (longer contig, same strand) -> (n, 5): start and end on the contig, start and end on
    the longer one, matching bases. Equally long contigs are ordered by name.
    """
    collected: dict[str, dict[tuple[str, bool], list[tuple[int, ...]]]] = {}
    for line in lines:
        fields = line.split("\t", 11)
        query, target = fields[0], fields[5]
        if query == target or int(fields[9]) < SHORTEST_ALIGNMENT:
            continue
        for name, length in ((query, int(fields[1])), (target, int(fields[6]))):
            if lengths.get(name) != length:
                raise InputError(
                    f"{path}: {name} of {length:,} bp is not a sequence of the assembly; align this assembly"
                )
        if (lengths[query], target) > (lengths[target], query):
            continue  # the other direction has it
        row = tuple(map(int, (fields[2], fields[3], fields[7], fields[8], fields[9])))
        collected.setdefault(query, {}).setdefault((target, fields[4] == "+"), []).append(row)
    return {
        query: {pair: np.array(rows, np.int64) for pair, rows in targets.items()}
        for query, targets in collected.items()
    }


def chains(rows: np.ndarray, target: str, forward: bool) -> list[Chain]:
    """Collinear chains of the alignments of two contigs on one strand, the best first, none sharing a row.

    `rows` as of `read_alignments`. A chain's score is its matching bases, those of overlaps counted once.
    """
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    return [
        Chain(
            target, forward, int(chosen[0, 0]), int(chosen[:, 1].max()),
            int(chosen[:, 2].min()), int(chosen[:, 3].max()), chosen[:, :2],
        )
        for chosen in (rows[members] for members in collinear.chains(rows, forward, LARGEST_GAP, LOOK_BACK))
    ]  # fmt: skip


def _parts(blocks: np.ndarray) -> list[tuple[int, int]]:
    return [(int(start), int(end)) for start, end in blocks]


def _copies(
    name: str,
    targets: Mapping[tuple[str, bool], np.ndarray],
    kept: Mapping[str, tuple[int, int]],
    depth: Depth,
    coverage: Coverage,
) -> list[Chain]:
    """Chains to kept sequence that share the reads of one locus with it."""
    found = []
    shortest = min(SHORTEST_CHAIN, SHORTEST_CHAIN_SHARE * depth.windows.lengths[name])
    for (target, forward), rows in targets.items():
        if target not in kept:
            continue
        low, high = kept[target]
        rows = rows[(rows[:, 2] >= low) & (rows[:, 3] <= high)]
        for chain in chains(rows, target, forward) if len(rows) else ():
            span = chain.end - chain.start
            if span < shortest or total_bp(merged(_parts(chain.blocks))) < ALIGNED_SHARE * span:
                continue
            own = depth.mean(name, chain.start, chain.end)
            other = depth.mean(target, chain.target_start, chain.target_end)
            if own <= 0.75 * coverage.locus and own + other <= 1.5 * coverage.locus:
                found.append(chain)
    return found


def _unique_bp(name: str, length: int, copies: Sequence[Chain], depth: Depth, coverage: Coverage) -> int:
    """Longest stretch of a contig that is in no copy and has the depth of a whole locus."""
    aligned = merged([block for chain in copies for block in _parts(chain.blocks)])
    edges = [0, *(edge for span in aligned for edge in span), length]
    free = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= UNIQUE_BP]
    return max((b - a for a, b in free if depth.mean(name, a, b) > 0.75 * coverage.locus), default=0)


def _overlap_ends(
    length: int, copies: Sequence[Chain], kept: Mapping[str, tuple[int, int]]
) -> dict[str, Chain]:
    """Chains that join an end of a contig ("start", "end") to the end of a kept one, the longest of each."""
    ends: dict[str, Chain] = {}
    for chain in copies:
        low, high = kept[chain.target]
        for side, near, meets_high in (
            ("start", chain.start <= END_SLACK, chain.forward),
            ("end", length - chain.end <= END_SLACK, not chain.forward),
        ):
            reach = high - chain.target_end if meets_high else chain.target_start - low
            size = chain.end - chain.start
            if near and reach <= END_SLACK and size > _span(ends.get(side)):
                ends[side] = chain
    return ends


def _span(chain: Chain | None) -> int:
    return chain.end - chain.start if chain else 0


def find_duplicates(
    alignments: Mapping[str, Mapping[tuple[str, bool], np.ndarray]], depth: Depth, coverage: Coverage
) -> list[Removal]:
    """What to remove from an assembly, with the longest contigs first.

    Of a contig that lies in kept sequence for 70 % and has no stretch of its own at the depth of a locus,
    all is removed ("haplotig"); else its ends that overlap ends of kept contigs ("overlap"); of the others
    those that hardly any read supports ("low_depth").
    """
    lengths = depth.windows.lengths
    kept: dict[str, tuple[int, int]] = {}
    removals = []
    for name in sorted(lengths, key=lambda contig: (-lengths[contig], contig)):
        length = lengths[name]
        copies = _copies(name, alignments.get(name, {}), kept, depth, coverage)
        covered = merged([(chain.start, chain.end) for chain in copies])
        share = total_bp(covered) / max(length, 1)
        if share >= HAPLOTIG_SHARE and not _unique_bp(name, length, copies, depth, coverage):
            nearest = max(copies, key=_span)
            removals.append(_removal(name, 0, length, "haplotig", nearest, depth, share))
            continue
        if not copies and depth.share_below(name, LOW_DEPTH * coverage.haploid) > LOW_DEPTH_SHARE:
            evidence = {"depth_x": depth.mean(name, 0, length), "haploid_depth_x": coverage.haploid}
            removals.append(Removal(name, 0, length, "low_depth", evidence=evidence))
            continue
        ends = _overlap_ends(length, copies, kept)
        first = ends["start"].end if "start" in ends else 0
        last = ends["end"].start if "end" in ends else length
        if last <= first:  # both overlaps are one
            first, last = (first, length) if _span(ends["start"]) >= _span(ends["end"]) else (0, last)
        kept[name] = (first, last)
        if first:
            removals.append(_removal(name, 0, first, "overlap", ends["start"], depth, share))
        if last < length:
            removals.append(_removal(name, last, length, "overlap", ends["end"], depth, share))
    return removals


def _removal(
    name: str, start: int, end: int, reason: str, chain: Chain, depth: Depth, share: float
) -> Removal:
    evidence = {
        "depth_x": depth.mean(name, start, end),
        "partner_depth_x": depth.mean(chain.target, chain.target_start, chain.target_end),
        "aligned_pct": 100 * share,
    }
    return Removal(name, start, end, reason, chain.target, evidence)


def coverage_of(profile: Mapping[str, Any]) -> Coverage | None:
    """Read depth of one haplotype from a record of the genome profile; None where it has no ploidy model.

    The k-mers of one copy are counted `haploid_kmer_coverage` times; errors of reads spoil a share of them.
    """
    kmers, ploidy = profile.get("haploid_kmer_coverage"), profile.get("ploidy_model")
    if not kmers or not ploidy:
        return None
    spoiled = 1 - (1 - (profile.get("error_rate_pct") or 0) / 100) ** profile["kmer_size"]
    return Coverage(kmers / (1 - spoiled), ploidy)


def reason_to_keep_all(phased: bool, false_duplication_pct: float | None, coverage: Coverage | None) -> str:
    """Why nothing may be removed from an assembly, whatever its read depth is, or an empty string."""
    if phased:
        return "the assembly is a phased haplotype, whose other copies are in the other haplotype"
    if coverage is None:
        return (
            "the genome profile has no coverage per haplotype of a ploidy model, which the depth of "
            "duplicates follows from; give `ploidy` or `kmer_coverage`"
        )
    if coverage.ploidy < 2:
        return "the genome is haploid, so no sequence can be the other haplotype's"
    if false_duplication_pct is not None and false_duplication_pct < LEAST_DUPLICATION_PCT:
        return (
            f"k-mers show {number(false_duplication_pct)} % false duplications, below "
            f"{number(LEAST_DUPLICATION_PCT)} %"
        )
    return ""


def reason_by_depth(depth: Depth, coverage: Coverage) -> str:
    """Why nothing may be removed from an assembly of this read depth, or an empty string."""
    median = depth.median()
    if 0.6 * coverage.haploid <= median <= 1.4 * coverage.locus:
        return ""
    return (
        f"the median depth of the assembly is {number(median, 1)}x, but the k-mers give "
        f"{number(coverage.haploid, 1)}x for one haplotype; check the genome profile"
    )


REASONS = {
    "haplotig": "the other haplotype of {partner}: both share the reads of one locus",
    "overlap": "end that overlaps an end of {partner}: both share the reads of one locus",
    "low_depth": "hardly any read supports it",
}


def _decision(one: Removal) -> Decision:
    partner = {"partner": one.partner} if one.partner else {}
    action = "trim" if one.reason == "overlap" else "remove"
    reason = REASONS[one.reason].format(partner=one.partner)
    evidence = {"kind": one.reason, **partner, **one.evidence}
    return Decision(STEP, one.sequence, one.start, one.end, action, reason, evidence)


def _false_duplication_pct(path: str | None, haplotype: str) -> float | None:
    if path is None:
        return None
    entries = {entry["haplotype"]: entry for entry in read_metrics(path).get("haplotypes", [])}
    if haplotype not in entries:
        raise InputError(f"{path}: has no k-mer evaluation of {haplotype}; evaluate this assembly")
    return entries[haplotype]["false_duplication_pct"]


def check_need(*, haplotype: str, profile: str, evaluation: str | None = None, phased: bool = False) -> None:
    """Print why no sequence may be removed from an assembly; nothing where reads must be mapped to tell.

    profile: record of the genome profile
    evaluation: record of the k-mer evaluation of this assembly
    phased: the assembly is a phased haplotype
    """
    duplication = _false_duplication_pct(evaluation, haplotype)
    print(reason_to_keep_all(phased, duplication, coverage_of(read_metrics(profile))), end="")


@dataclass(frozen=True)
class Evidence:
    """What the reads say of an assembly, and why nothing may be removed from it, or an empty string."""

    depth: Depth | None  # None where the k-mers are reason enough to keep all
    coverage: Coverage | None
    false_duplication_pct: float | None
    kept_because: str


def read_evidence(
    id: str,
    haplotype: str,
    assembly: str,
    alignments: Iterable[str],
    profile: str,
    evaluation: str | None,
    phased: bool = False,
) -> Evidence:
    """Read the PAF of the reads on the assembly and the records of k-mers."""
    coverage = coverage_of(read_metrics(profile))
    duplication = _false_duplication_pct(evaluation, haplotype)
    kept_because = reason_to_keep_all(phased, duplication, coverage)
    if not coverage or kept_because:
        return Evidence(None, coverage, duplication, kept_because)
    windows = WindowedDepth(sequence_lengths(assembly), WINDOW_BP)
    if not read_paf(alignments, windows)["mapped_reads"]:
        raise InputError(
            f"{id} {haplotype}: no read maps to {assembly}; are reads and assembly of the same species?"
        )
    depth = Depth(windows)
    return Evidence(depth, coverage, duplication, reason_by_depth(depth, coverage))


def remove(
    assembly: str,
    decisions: Iterable[Decision],
    evidence: Evidence,
    files: Files,
    keep: str | None,
    edited: str | None,
) -> dict[str, Any]:
    """Carry out decisions; returns the bases before and after, what was removed, or why nothing was."""
    final, totals = remove_sequence(STEP, assembly, decisions, files, keep, edited)
    by_kind: Counter[str] = Counter()
    for one in final:
        if one.action in REMOVING:
            by_kind[str(one.evidence.get("kind", "person"))] += one.length
    return totals._asdict() | {
        "nothing_removed_because": evidence.kept_because or None,
        "haploid_depth_x": evidence.coverage.haploid if evidence.coverage else None,
        "false_duplication_pct": evidence.false_duplication_pct,
        "removed_by_kind_bp": by_kind,
    }


def purge_duplicates(
    *,
    id: str,
    haplotype: str,
    assembly: str,
    self_alignment: str,
    profile: str,
    out: str,
    removed: str,
    agp: str,
    decisions: str,
    metrics: str,
    evaluation: str | None = None,
    phased: bool = False,
    keep: str | None = None,
    edited: str | None = None,
) -> None:
    """Remove haplotigs and overlapping ends of contigs from an assembly of one haplotype.

    Reads the PAF of the reads on the assembly (minimap2 --secondary=no) from standard input, unless
    `check-need` has a reason to remove nothing.

    assembly: FASTA, may be compressed
    self_alignment: PAF of the assembly on itself (minimap2 -xasm5 -DP)
    profile: record of the genome profile, whose k-mer coverage gives the depth of one haplotype
    evaluation: record of the k-mer evaluation of this assembly; below 2 % false duplications nothing is done
    phased: the assembly is a phased haplotype, in which nothing is removed
    keep: list of sequences to keep
    edited: table of decisions that replaces those of the step
    out: FASTA without duplicates
    removed: FASTA of what was removed, bgzipped
    agp: where the parts of the result are in the assembly
    decisions: table of decisions
    metrics: metrics record (JSON)
    """
    evidence = read_evidence(id, haplotype, assembly, sys.stdin, profile, evaluation, phased)
    duplicates: list[Removal] = []
    if evidence.depth and evidence.coverage and not evidence.kept_because:
        # an assembly of one contig has an empty alignment to itself
        lines = () if is_empty(self_alignment) else (line for _, line in text_lines(self_alignment))
        copies = read_alignments(lines, evidence.depth.windows.lengths, self_alignment)
        duplicates = find_duplicates(copies, evidence.depth, evidence.coverage)
    files = Files(out, removed, agp, decisions)
    labels = {"id": id, "step": STEP, "haplotype": haplotype, "tool": "linnaea"}
    write_metrics(
        metrics, labels | remove(assembly, map(_decision, duplicates), evidence, files, keep, edited)
    )
