"""Synteny of two haplotypes of a genome: collinear, inverted, translocated, duplicated and unaligned blocks.

The kinds of blocks are those of SyRI (Goel et al. 2019, doi:10.1186/s13059-019-1911-0); the rules are our
own. In a pair of homologous sequences the best chain of alignments, in which a run of alignments on the other
strand counts as one, is the order that both share: its blocks are collinear or inverted. Other alignments are
translocated, or duplicated where another block already covers most of one side. Alignments are cut at gaps of
more than `MIN_BP`. What they leave unaligned is aligned again by itself, because minimap2 does not report
what lies in the gaps of its chains.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linnaea.assembly.collinear import chains
from linnaea.assembly.structure import gap_places
from linnaea.base.errors import InputError
from linnaea.base.programs import program_output
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.formats.paf import Alignment, parse_paf, read_paf
from linnaea.formats.sequences import fasta_records

STEP = "synteny"
# Shorter blocks are not listed, and shorter gaps do not end a block.
MIN_BP = 1000
SHORTEST_ALIGNMENT = 500
# Alignments of one rearrangement are at most so far apart.
LARGEST_GAP = 50_000
# A block with a smaller share of bases that no other block has is a further copy.
OWN_SHARE = 0.5
# At equal weight a pair is turned rather than called inverted.
INVERTED_WEIGHT = 0.99
# Sequences, pairs and blocks in the record; the table has all.
SHOWN, DRAWN = 100, 2000
# Blocks of one kind are drawn as one if less than this share of the genome lies between them.
DRAWN_GAP = 0.002

KINDS = ("collinear", "inverted", "translocated", "duplicated")
UNALIGNED = "unaligned"
COLUMNS = (
    "kind", "sequence", "start_bp", "end_bp", "other_sequence", "other_start_bp", "other_end_bp", "strand",
    "length_bp", "other_length_bp", "identity_pct", "copy_in",
)  # fmt: skip
Place = tuple[str, int, int]


class Block(NamedTuple):
    """Bases of the first and of the second haplotype that belong together, 0-based half-open.

    `forward`: on the same strand, where the second sequence is as it is, not turned. `copy_in`: which
    haplotype, 0 or 1, has the further copy of a duplication. An unaligned block has one place.
    """

    kind: str
    first: Place | None
    second: Place | None
    forward: bool = True
    matches: int = 0
    columns: int = 0
    copy_in: int | None = None

    @property
    def places(self) -> tuple[Place | None, Place | None]:
        return self.first, self.second


@dataclass
class Haplotype:
    """A haplotype's sequences: lengths (bp), gaps (runs of N), and a code per base.

    Codes: 0 unaligned, 1 to 4 the kinds, `GAP`.
    """

    GAP = 9
    lengths: dict[str, int] = field(default_factory=dict)
    codes: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Haplotype":
        haplotype = cls()
        for name, letters in fasta_records(path):
            haplotype.lengths[name] = len(letters)
            haplotype.codes[name] = np.zeros(len(letters), np.int8)
            for start, end in gap_places(letters.decode("ascii", "replace")):
                haplotype.codes[name][start:end] = cls.GAP
        return haplotype

    def own_share(self, place: Place) -> float:
        """Share of the bases of a place that no block covers yet."""
        name, start, end = place
        return int(np.count_nonzero(self.codes[name][start:end] == 0)) / max(1, end - start)

    def cover(self, kind: str, place: Place) -> None:
        """Give the bases of a place that no block covers yet to a kind."""
        name, start, end = place
        codes = self.codes[name][start:end]
        codes[codes == 0] = KINDS.index(kind) + 1

    def clear(self) -> None:
        """Forget all blocks."""
        for codes in self.codes.values():
            codes[codes != self.GAP] = 0

    def unaligned(self) -> Iterator[Place]:
        """Stretches of at least `MIN_BP` that no block covers, gaps not counted."""
        for name, codes in self.codes.items():
            edges = np.flatnonzero(np.diff(np.concatenate(([0], (codes == 0).view(np.int8), [0]))))
            for start, end in edges.reshape(-1, 2).tolist():
                if end - start >= MIN_BP:
                    yield name, start, end

    def counts(self, name: str) -> dict[str, int]:
        """Bases of a sequence by kind, unaligned, and in gaps."""
        sizes = np.bincount(self.codes[name], minlength=self.GAP + 1)
        by_kind = {f"{kind}_bp": int(sizes[code]) for code, kind in enumerate(KINDS, 1)}
        return {**by_kind, "unaligned_bp": int(sizes[0]), "gap_bp": int(sizes[self.GAP])}


def _place(alignment: Alignment, side: int) -> Place:
    """Place of an alignment on the first (0, the target) or the second haplotype (1, the query)."""
    if side:
        return alignment.query, alignment.query_start, alignment.query_end
    return alignment.target, alignment.target_start, alignment.target_end


def _rows(alignments: Sequence[Alignment]) -> np.ndarray:
    """Start and end on the first haplotype, on the second one, and matches, shape (n, 5)."""
    rows = [(a.target_start, a.target_end, a.query_start, a.query_end, a.matches) for a in alignments]
    return np.array(rows, np.int64).reshape(-1, 5)


def _runs(alignments: Sequence[Alignment]) -> list[list[Alignment]]:
    """Runs of alignments of two sequences that follow each other closely on one strand."""
    found = []
    for forward in (True, False):
        strand = sorted((a for a in alignments if a.forward == forward), key=lambda a: a.target_start)
        if strand:
            found += [[strand[at] for at in run] for run in chains(_rows(strand), forward, LARGEST_GAP)]
    return found


class Pair(NamedTuple):
    """Two homologous sequences: `turned` if the second runs the other way; runs of the shared order."""

    first: str
    second: str
    turned: bool
    shared: list[tuple[str, list[Alignment]]]


def shared_order(first: str, second: str, alignments: Sequence[Alignment]) -> Pair:
    """The order that two sequences share: collinear alignments, and runs of them that are inverted.

    Both directions of the second sequence are tried, and that of the heavier chain is taken.
    """
    best: tuple[float, Pair] | None = None
    for turned in (False, True):
        straight = [[a] for a in alignments if a.forward != turned]
        inverted = _runs([a for a in alignments if a.forward == turned])
        elements = [("collinear", run) for run in straight] + [("inverted", run) for run in inverted]
        elements.sort(key=lambda one: min(a.target_start for a in one[1]))
        rows = np.zeros((len(elements), 5))
        for row, (kind, run) in zip(rows, elements, strict=True):
            every = _rows(run)
            weight = every[:, 4].sum() * (INVERTED_WEIGHT if kind == "inverted" else 1)
            row[:] = every[:, 0].min(), every[:, 1].max(), every[:, 2].min(), every[:, 3].max(), weight
        chosen = chains(rows, not turned, largest_overlap=OWN_SHARE)[0]
        shared = [elements[at] for at in chosen]
        weight = rows[chosen, 4].sum()
        if best is None or weight > best[0]:
            best = weight, Pair(first, second, turned, shared)
    assert best
    return best[1]


def homologous_pairs(alignments: Iterable[Alignment]) -> list[tuple[str, str]]:
    """Pairs of which one sequence has most of its matches in the other."""
    matches: dict[tuple[str, str], int] = defaultdict(int)
    for one in alignments:
        matches[one.target, one.query] += one.matches
    best: dict[tuple[int, str], tuple[str, str]] = {}
    for pair in sorted(matches, key=lambda pair: (-matches[pair], pair)):
        for side in (0, 1):
            best.setdefault((side, pair[side]), pair)
    return sorted(set(best.values()), key=lambda pair: (-matches[pair], pair))


def _block(kind: str, run: Sequence[Alignment], forward: bool, copy_in: int | None = None) -> Block:
    rows = _rows(run)
    return Block(
        kind,
        (run[0].target, int(rows[:, 0].min()), int(rows[:, 1].max())),
        (run[0].query, int(rows[:, 2].min()), int(rows[:, 3].max())),
        forward, sum(a.matches for a in run), sum(a.columns for a in run), copy_in,
    )  # fmt: skip


def _close(one: Alignment, other: Alignment) -> bool:
    """Whether less than `MIN_BP` lies between two collinear alignments, on either sequence."""
    far = other.query_start - one.query_end if one.forward else one.query_start - other.query_end
    return max(other.target_start - one.target_end, far) < MIN_BP


def _part(one: Alignment, start: int, end: int) -> Alignment:
    """The part of an alignment between two distances from its beginning on the first haplotype."""
    share = (end - start) / max(1, one.target_end - one.target_start)
    low, high = (start, end) if one.forward else (-end, -start)
    origin = one.query_start if one.forward else one.query_end
    last = one.query_end if one.forward else one.query_start
    whole = end == one.target_end - one.target_start  # lengths differ by small gaps
    return one._replace(
        query_start=last if whole and not one.forward else origin + low,
        query_end=last if whole and one.forward else origin + high,
        target_start=one.target_start + start, target_end=one.target_start + end,
        matches=round(one.matches * share), columns=round(one.columns * share),
    )  # fmt: skip


def _without_overlap(one: Alignment, other: Alignment) -> tuple[Alignment, Alignment | None, int | None]:
    """The second of two collinear alignments from the end of the first one, and a copy where they overlap.

    A tandem duplication: both align to the same bases of the haplotype that has one copy. Also returns which
    haplotype has two.
    """
    near = one.target_end - other.target_start
    far = one.query_end - other.query_start if one.forward else other.query_end - one.query_start
    shared, rest = max(near, far), min(near, far)
    if shared < MIN_BP or rest >= MIN_BP or shared >= other.target_end - other.target_start:
        return other, None, None
    copy = _part(other, 0, shared)
    if near < far:  # two copies in the first haplotype
        query = (one.query_end - shared, one.query_end)
        if not one.forward:
            query = (one.query_start, one.query_start + shared)
        copy = copy._replace(query_start=query[0], query_end=query[1])
    return _part(other, shared, other.target_end - other.target_start), copy, int(near >= far)


def _shared_blocks(pair: Pair) -> Iterator[Block]:
    """Blocks of the shared order of a pair; collinear ones end where `MIN_BP` of either are left out."""
    run: list[Alignment] = []
    for kind, elements in pair.shared:
        if kind == "inverted":
            if run:
                yield _block("collinear", run, not pair.turned)
                run = []
            yield _block("inverted", elements, pair.turned)
            continue
        (one,) = elements
        if run:
            one, copy, copy_in = _without_overlap(run[-1], one)
            if copy or not _close(run[-1], one):
                yield _block("collinear", run, not pair.turned)
                run = []
            if copy:
                yield _block("duplicated", [copy], not pair.turned, copy_in)
        run.append(one)
    if run:
        yield _block("collinear", run, not pair.turned)


def _own_shares(
    places: tuple[Place | None, Place | None], first: Haplotype, second: Haplotype
) -> list[float]:
    return [side.own_share(place) for side, place in zip((first, second), places, strict=True) if place]


def _cover(block: Block, first: Haplotype, second: Haplotype) -> None:
    for side, place in zip((first, second), block.places, strict=True):
        if place:
            side.cover(block.kind, place)


def classify(
    first: Haplotype, second: Haplotype, alignments: Sequence[Alignment]
) -> tuple[list[Block], list[Pair]]:
    """Blocks of all alignments (query: second haplotype), and homologous pairs; codes of both are set."""
    between: dict[tuple[str, str], list[Alignment]] = defaultdict(list)
    for one in sorted(alignments, key=lambda a: (a.target_start, a.target_end)):
        if one.columns >= SHORTEST_ALIGNMENT:
            between[one.target, one.query].append(one)
    pairs = [shared_order(*names, between[names]) for names in homologous_pairs(alignments)]
    blocks: list[Block] = []
    used: set[Alignment] = set()
    for pair in pairs:
        used |= {one for _, elements in pair.shared for one in elements}
        shared = [(block, _own_shares(block.places, first, second)) for block in _shared_blocks(pair)]
        for block, own in sorted(shared, key=lambda one: KINDS.index(one[0].kind)):
            if min(own) < OWN_SHARE and block.copy_in is None:  # another pair has it
                block = block._replace(kind="duplicated", copy_in=int(own[1] > own[0]))
            if max(own) >= OWN_SHARE:
                blocks.append(block)
                _cover(block, first, second)
    others = [
        run for names, listed in between.items() for run in _runs([one for one in listed if one not in used])
    ]
    for run in sorted(others, key=lambda run: -sum(a.matches for a in run)):
        block = _block("translocated", run, run[0].forward)
        own = _own_shares(block.places, first, second)
        if max(own) < OWN_SHARE or block.columns < MIN_BP:
            continue
        if min(own) < OWN_SHARE:
            block = block._replace(kind="duplicated", copy_in=int(own[1] > own[0]))
        blocks.append(block)
        _cover(block, first, second)
    blocks += [Block(UNALIGNED, place, None) for place in first.unaligned()]
    blocks += [Block(UNALIGNED, None, place) for place in second.unaligned()]
    return blocks, pairs


def align_unaligned(
    haplotypes: Sequence[Haplotype],
    paths: Sequence[Path],
    alignments: list[Alignment],
    preset: str,
    threads: int,
) -> list[Alignment]:
    """Alignments of what `alignments` leave out: stretches of the second haplotype, then of the first one."""
    found = list(alignments)
    for side in (1, 0):
        haplotype = haplotypes[side]
        for one in found:
            if one.columns >= SHORTEST_ALIGNMENT:
                haplotype.cover(KINDS[0], _place(one, side))
        stretches = list(haplotype.unaligned())
        haplotype.clear()
        if stretches:
            found += _align_stretches(stretches, paths[side], paths[1 - side], side, preset, threads)
    return found


def _align_stretches(
    stretches: Sequence[Place], path: Path, other: Path, side: int, preset: str, threads: int
) -> Iterator[Alignment]:
    """Best alignments of stretches of a FASTA, of the haplotype `side`, to the other haplotype."""
    by_name = defaultdict(list)
    for at, (name, start, end) in enumerate(stretches):
        by_name[name].append((at, start, end))
    with tempfile.TemporaryDirectory(prefix="stretches.", dir=".") as folder:
        pieces = Path(folder, "stretches.fa")
        with pieces.open("wb") as handle:
            for name, letters in fasta_records(path):
                for at, start, end in by_name.get(name, ()):
                    handle.write(b">%d\n%b\n" % (at, letters[start:end]))
        command = ["minimap2", "-c", "-x", preset, "--secondary=no", f"-t{threads}", str(other), str(pieces)]
        text = program_output(command, f"align stretches of {path} to {other}", "minimap2")
    for one in parse_paf(enumerate(text.splitlines(), 1), "minimap2", MIN_BP):
        name, offset, _ = stretches[int(one.query)]
        moved = one._replace(
            query=name, query_start=one.query_start + offset, query_end=one.query_end + offset
        )
        yield moved if side else _swapped(moved)


def _swapped(one: Alignment) -> Alignment:
    """An alignment with query and target exchanged."""
    return Alignment(
        one.target, one.target_start, one.target_end, one.forward,
        one.query, one.query_start, one.query_end, one.matches, one.columns,
    )  # fmt: skip


def _identity(blocks: Iterable[Block]) -> float | None:
    """Equal bases (%) of the columns of alignments; gaps of more than `MIN_BP` are not among them."""
    listed = list(blocks)
    columns = sum(block.columns for block in listed)
    return 100 * sum(block.matches for block in listed) / columns if columns else None


def _table_row(block: Block, names: Sequence[str]) -> list[Any]:
    places = [list(place) if place else [None, None, None] for place in block.places]
    lengths = [place[2] - place[1] if place else None for place in block.places]
    strand = ("+" if block.forward else "-") if block.first and block.second else None
    copy_in = None if block.copy_in is None else names[block.copy_in]
    return [block.kind, *places[0], *places[1], strand, *lengths, _identity([block]), copy_in]


def _in_order(blocks: Iterable[Block], first: Haplotype, second: Haplotype) -> list[Block]:
    """Blocks in the order of the first haplotype; what it lacks follows, in the order of the second one."""
    ranks = [{name: at for at, name in enumerate(side.lengths)} for side in (first, second)]

    def key(block: Block) -> tuple[int, int, int]:
        side = 0 if block.first else 1
        place = block.places[side]
        assert place
        return side, ranks[side][place[0]], place[1]

    return sorted(blocks, key=key)


def pair_rows(blocks: Sequence[Block], pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Bases of the first haplotype in the blocks of each pair of sequences, most bases first."""
    turned = {(pair.first, pair.second): pair.turned for pair in pairs}
    between: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for block in blocks:
        if block.first and block.second:
            between[block.first[0], block.second[0]].append(block)
    rows = []
    for (one, other), listed in between.items():
        bp = {f"{kind}_bp": sum(_length(b.first) for b in listed if b.kind == kind) for kind in KINDS}
        rows.append(
            {
                "sequence": one, "other_sequence": other, "homologous": (one, other) in turned,
                "turned": turned.get((one, other), False), **bp,
                "identity_pct": _identity(b for b in listed if b.kind == "collinear"),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: -sum(row[f"{kind}_bp"] for kind in KINDS))


def _length(place: Place | None) -> int:
    return place[2] - place[1] if place else 0


def drawn_blocks(blocks: Sequence[Block], genome_bp: int) -> dict[str, list[Any]]:
    """Blocks as a picture has them, by column, largest first; neighbours of one kind are one."""
    near = DRAWN_GAP * genome_bp
    joined: list[Block] = []
    last: dict[tuple[Any, ...], int] = {}
    for block in blocks:
        if not (block.first and block.second):
            continue
        key = block.kind, block.first[0], block.second[0], block.forward
        before = joined[last[key]] if key in last else None
        if before and before.first and before.second and block.kind in ("collinear", "inverted"):
            low, high = sorted((before.second, block.second))
            if block.first[1] - before.first[2] < near and high[1] - low[2] < near:
                joined[last[key]] = before._replace(
                    first=(block.first[0], before.first[1], max(before.first[2], block.first[2])),
                    second=(block.second[0], low[1], max(low[2], high[2])),
                )
                continue
        last[key] = len(joined)
        joined.append(block)
    joined = sorted(joined, key=lambda block: -_length(block.first))[:DRAWN]
    columns: dict[str, list[Any]] = {"kind": [block.kind for block in joined]}
    for prefix, side in (("", 0), ("other_", 1)):
        places = [place for block in joined if (place := block.places[side])]
        for column, at in (("sequence", 0), ("start_bp", 1), ("end_bp", 2)):
            columns[prefix + column] = [place[at] for place in places]
    return columns | {"forward": [block.forward for block in joined]}


def compare_haplotypes(
    *,
    id: str,
    stage: str,
    haplotypes: tuple[str, str],
    assemblies: tuple[Path, Path],
    paf: Path,
    out: Path,
    table: Path,
    preset: str = "asm10",
    threads: int = 1,
) -> None:
    """Blocks that two haplotypes share, in the same order or rearranged, and what only one of them has.

    id: genome id
    stage: stage of the assembly
    haplotypes: names of both
    assemblies: FASTA of both, plain or gzip
    paf: alignment of the second haplotype (query) to the first (minimap2 -c)
    out: metrics record to write (JSON)
    table: table of blocks to write (TSV)
    preset: preset of minimap2 for what the PAF leaves unaligned
    """
    first, second = Haplotype.read(assemblies[0]), Haplotype.read(assemblies[1])
    alignments = list(read_paf(paf, MIN_BP))
    for one in alignments:
        if one.target not in first.lengths or one.query not in second.lengths:
            raise InputError(
                f"{paf}: {one.query} on {one.target} are not of {assemblies[1]} and {assemblies[0]}; align "
                "these two, the first haplotype as the target"
            )
    alignments = align_unaligned((first, second), assemblies, alignments, preset, threads)
    blocks, pairs = classify(first, second, alignments)
    blocks = _in_order(blocks, first, second)
    write_table(table, COLUMNS, (_table_row(block, haplotypes) for block in blocks))
    sequences: list[dict[str, Any]] = []
    totals: list[dict[str, Any]] = []
    for name, side in zip(haplotypes, (first, second), strict=True):
        rows: list[dict[str, Any]] = [
            {"haplotype": name, "sequence": sequence, "length_bp": length, **side.counts(sequence)}
            for sequence, length in side.lengths.items()
        ]
        keys = [key for key in rows[0] if key.endswith("_bp")]
        totals.append({"haplotype": name, **{key: sum(row[key] for row in rows) for key in keys}})
        longest = sorted(rows, key=lambda row: -row["length_bp"])[:SHOWN]
        sequences += [row for row in rows if row in longest]
    counts = {f"{kind}_blocks": sum(b.kind == kind for b in blocks) for kind in (*KINDS, UNALIGNED)}
    record = {
        "id": id, "step": STEP, "stage": stage, "compared": list(haplotypes), "totals": totals, **counts,
        "identity_pct": _identity(b for b in blocks if b.kind == "collinear"),
        "pairs": pair_rows(blocks, pairs)[:SHOWN], "sequences": sequences,
        "blocks": drawn_blocks(blocks, totals[0]["length_bp"]),
    }  # fmt: skip
    write_metrics(out, record)
