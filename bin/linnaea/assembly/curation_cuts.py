"""Where a curated map cuts the sequences of an assembly.

PretextView rounds positions to texels of its map, so a cut next to a gap is meant to be at the gap, and
sequences shorter than a texel are not in the map.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from linnaea.base.text import some
from linnaea.formats.agp import Agp, Component, Gap, Part, check_components, part_of, refuse, turned

# A cut may be this many texels off the contig end that is meant: one for the rounding at each side of the
# cut,
# and one for the hand that drew it.
SNAP_TEXELS = 3
# Tags that say what becomes of a single piece.
INTENDED = frozenset(("Contaminant", "FalseDuplicate", "Haplotig", "Unloc"))


@dataclass(frozen=True)
class Piece:
    """A stretch [start, end) of a sequence of the assembly as the map places it, with what it is made of.

    `scaffold` is the object of the map, "" where the map lacks the stretch; `parts` are read in the direction
    of the map, without gaps at the ends.
    """

    sequence: str
    start: int
    end: int
    turned: bool
    tags: frozenset[str]
    scaffold: str
    parts: tuple[Part, ...]

    @property
    def bases(self) -> int:
        """Bases without gaps."""
        return sum(part.length for part in self.parts if isinstance(part, Component))


@dataclass(frozen=True)
class Cut:
    """A cut between two pieces of a sequence: the map has it at `requested`, `start` to `end` are left out.

    Where it is moved to a gap, these are the ends of the gap; else both are `requested` and a contig is cut.
    """

    sequence: str
    requested: int
    start: int
    end: int

    @property
    def moved_bp(self) -> int:
        return max(self.start - self.requested, self.requested - self.end, 0)

    @property
    def inside_contig(self) -> bool:
        return self.start == self.end


@dataclass
class _Segment:
    start: int
    end: int
    component: Component | None
    scaffold: str = ""


class _Sequence:
    """Contigs and gaps of a sequence by position."""

    def __init__(self, name: str, parts: Sequence[Part]) -> None:
        self.name = name
        self.parts = parts
        self.edges = list(accumulate((part.length for part in parts), initial=0))
        self.bases = list(accumulate((_bases([part]) for part in parts), initial=0))
        self.gaps = [
            (start, end)
            for part, (start, end) in zip(parts, pairwise(self.edges), strict=True)
            if isinstance(part, Gap)
        ]
        self.length = self.edges[-1]

    def bases_between(self, start: int, end: int) -> int:
        """Bases of contigs in [start, end)."""
        return self._bases_before(end) - self._bases_before(start) if start < end else 0

    def _bases_before(self, position: int) -> int:
        index = bisect_right(self.edges, position) - 1
        if index >= len(self.parts):
            return self.bases[-1]
        inside = position - self.edges[index]
        return self.bases[index] + (inside if isinstance(self.parts[index], Component) else 0)

    def snapped(self, cut: Cut, snap_bp: float) -> Cut:
        """The cut at the nearest gap, or unchanged if that is further away than `snap_bp`."""
        near = bisect_left(self.gaps, (cut.requested, 0))
        options = [
            replace(cut, start=start, end=end) for start, end in self.gaps[max(0, near - 1) : near + 1]
        ]
        best = min(options, key=lambda one: one.moved_bp, default=cut)
        return best if best.moved_bp <= snap_bp else cut

    def contig_around(self, start: int, end: int) -> tuple[int, int]:
        """The contig with most of [start, end); where it is a gap, that stretch itself."""
        middle = bisect_right(self.edges, (start + end) // 2) - 1
        if middle >= len(self.parts) or isinstance(self.parts[middle], Gap):
            return start, end
        return self.edges[middle], self.edges[middle + 1]

    def part_of(self, start: int, end: int) -> list[Part]:
        first = max(0, bisect_right(self.edges, start) - 1)
        last = bisect_left(self.edges, end)
        return part_of(self.parts[first:last], start - self.edges[first], end - self.edges[first])


def place_pieces(
    layout: Agp, curated: Agp, snap_texels: float = SNAP_TEXELS
) -> tuple[list[Piece], list[Piece], list[Cut]]:
    """Pieces in the order of the map, pieces that the map lacks, and the cuts.

    `layout` has the contigs and gaps of each sequence (`sequence_layout`), `curated` the sequences in each
    object of the map. Every contig base is in exactly one piece. Without a resolution, cuts are where the AGP
    has them; with one, a piece of one texel does not cut a contig. Raises InputError where the map is of
    another assembly.
    """
    texel = int(curated.texel_bp) + 1 if curated.texel_bp else 0
    lengths = layout.lengths()
    refuse(_faults_of_ranges(curated, lengths, texel))
    by_sequence: dict[str, list[_Segment]] = defaultdict(list)
    order: list[tuple[str, _Segment]] = []
    for name, parts in curated.objects.items():
        for part in parts:
            if isinstance(part, Component):
                segment = _Segment(part.start, min(part.end, lengths[part.name]), part, name)
                by_sequence[part.name].append(segment)
                order.append((part.name, segment))
    cuts: list[Cut] = []
    missing: list[Piece] = []
    sequences = {name: _Sequence(name, parts) for name, parts in layout.objects.items()}
    for name, sequence in sequences.items():
        snap_bp = snap_texels * texel
        segments = _without_crumbs(_filled(by_sequence[name], sequence, snap_bp), sequence, texel)
        made = _cuts(sequence, segments, snap_bp)
        for segment, before, after in zip(segments, [None, *made], [*made, None], strict=True):
            segment.start = before.end if before else 0
            segment.end = after.start if after else sequence.length
        cuts += made
        missing += [_piece(sequence, one) for one in segments if one.component is None]
    pieces: list[Piece] = []
    for name, segment in order:
        piece = _piece(sequences[name], segment)
        healed = _continued(pieces[-1], piece, sequences[name]) if pieces else None
        if healed:
            pieces[-1] = healed
        elif piece.parts:
            pieces.append(piece)
    inner = {(one.sequence, one.start) for one in [*pieces, *missing]}
    cuts = [cut for cut in cuts if (cut.sequence, cut.end) in inner]
    return pieces, [one for one in missing if one.parts], cuts


def _faults_of_ranges(curated: Agp, lengths: Mapping[str, int], texel: int) -> list[str]:
    """As `check_components`, but ends may be beyond the end of a sequence by less than a texel."""
    faults = check_components(curated, {name: length + texel for name, length in lengths.items()})
    if texel and not faults:
        reached: dict[str, int] = defaultdict(int)
        for part in curated.components():
            reached[part.name] = max(reached[part.name], part.end)
        short = [name for name, end in reached.items() if lengths[name] - end > SNAP_TEXELS * texel]
        if len(short) > len(reached) / 2:
            faults.append(
                f"{curated.path}: {len(short):,} of {len(reached):,} sequences are longer in the FASTA than "
                f"in the map ({some(short)}); give the FASTA that the map was made from"
            )
    return faults


def _filled(segments: Sequence[_Segment], sequence: _Sequence, snap_bp: float) -> list[_Segment]:
    """Segments of a sequence in order; stretches that the map lacks are segments of their own.

    A hole of less than `snap_bp` is one of rounding and is divided between its neighbours.
    """
    filled: list[_Segment] = []
    reached, end = 0, sequence.length
    for segment in [*sorted(segments, key=lambda one: one.start), _Segment(end, end, None)]:
        if sequence.bases_between(reached, segment.start) > snap_bp:
            filled.append(_Segment(reached, segment.start, None))
        elif filled:
            segment.start = (reached + segment.start) // 2
        filled.append(segment)
        reached = segment.end
    return filled[:-1] or [_Segment(0, end, None)]


def _bases(parts: Sequence[Part]) -> int:
    return sum(part.length for part in parts if isinstance(part, Component))


def _cuts(sequence: _Sequence, segments: Sequence[_Segment], snap_bp: float) -> list[Cut]:
    """The cut between each two segments: at the nearest gap up to `snap_bp` away, unless that empties one."""
    exact = [Cut(sequence.name, after.start, after.start, after.start) for after in segments[1:]]
    cuts = [sequence.snapped(cut, snap_bp) for cut in exact]
    while True:
        edges = [0, *(edge for cut in cuts for edge in (cut.start, cut.end)), sequence.length]
        moved = [
            (cuts[cut].moved_bp, cut)
            for number, segment in enumerate(segments)
            if segment.component and not sequence.bases_between(edges[2 * number], edges[2 * number + 1])
            for cut in (number - 1, number)
            if 0 <= cut < len(cuts) and cuts[cut] != exact[cut]
        ]
        if not moved:
            return cuts
        _, furthest = max(moved)
        cuts[furthest] = exact[furthest]


def _without_crumbs(segments: list[_Segment], sequence: _Sequence, texel: float) -> list[_Segment]:
    """Segments without those of one texel from the inside of a contig and without a tag of their own.

    They come from rounding, and stay with the neighbour that has the rest of the contig.
    """
    kept: list[_Segment] = []
    for segment, after in zip(segments, [*segments[1:], None], strict=True):
        component = segment.component
        if component is None or segment.end - segment.start > texel or INTENDED & set(component.tags):
            kept.append(segment)
            continue
        low, high = sequence.contig_around(segment.start, segment.end)
        before = kept[-1] if kept else None
        if before and segment.start - low > texel:
            before.end = segment.end
        elif after and high - segment.end > texel:
            after.start = segment.start
        else:
            kept.append(segment)
            continue
        segment.end = segment.start
    return kept


def _continued(first: Piece, second: Piece, sequence: _Sequence) -> Piece | None:
    """Two neighbours of the map as one piece, if nothing was changed between them: a cut that was undone."""
    low, high = (second, first) if second.turned else (first, second)
    same = (first.sequence, first.turned, first.scaffold, first.tags & INTENDED) == (
        second.sequence, second.turned, second.scaffold, second.tags & INTENDED,
    )  # fmt: skip
    if not same or not second.parts or low.end > high.start or sequence.bases_between(low.end, high.start):
        return None
    inside = sequence.part_of(low.start, high.end)
    return replace(
        first,
        start=low.start,
        end=high.end,
        tags=first.tags | second.tags,
        parts=tuple(turned(inside) if first.turned else inside),
    )


def _piece(sequence: _Sequence, segment: _Segment) -> Piece:
    inside = sequence.part_of(segment.start, segment.end)
    start, end = segment.start, segment.end
    while inside and isinstance(inside[0], Gap):
        start += inside.pop(0).length
    while inside and isinstance(inside[-1], Gap):
        end -= inside.pop().length
    component = segment.component
    reverse = component is not None and component.orientation == "-"
    return Piece(
        sequence.name,
        start,
        end,
        reverse,
        frozenset(component.tags if component else ()),
        segment.scaffold,
        tuple(turned(inside) if reverse else inside),
    )
