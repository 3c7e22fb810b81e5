"""AGP: which stretches of which components, and which gaps, make up each object.

Read by the AGP specification 2.1 (and 1.1 and 2.0, whose words are translated), with the tags that
PretextView puts behind the ninth column. In memory, positions are 0-based and half open.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.text import some
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.sequence_store import LINE_BASES, SequenceStore, write_record
from linnaea.formats.sequences import fasta_pieces, text_lines

COMPONENT_KINDS = frozenset("ADFGOPW")
ORIENTATIONS = ("+", "-", "?", "0", "na")
GAP_TYPES = (
    "scaffold", "contig", "centromere", "short_arm", "heterochromatin", "telomere", "repeat", "contamination",
)  # fmt: skip
EVIDENCE = (
    "paired-ends", "align_genus", "align_xgenus", "align_trnscpt", "within_clone", "clone_contig", "map",
    "pcr", "proximity_ligation", "strobe", "unspecified",
)  # fmt: skip
# Gap types that version 1.1 had instead of "scaffold" (linkage yes) and "contig" (linkage no).
OLD_GAP_TYPES = ("fragment", "clone", "split_finished")
# Gaps of these types end a scaffold, so they never have linkage (those of a chromosome may have any other).
NEVER_LINKED = ("contig", "centromere", "short_arm", "heterochromatin", "telomere")
ALWAYS_LINKED = ("scaffold",)
# The only length that the specification allows for a gap of unknown length.
UNKNOWN_GAP_BP = 100
MOST_FAULTS = 20
_TEXEL = re.compile(r"# *HiC MAP RESOLUTION: *([0-9.]+) *bp/texel", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Component:
    """The stretch [start, end) of a component; `orientation` is + - ? 0 or na, and all but - are read
    forwards.
    """

    name: str
    start: int
    end: int
    orientation: str = "+"
    kind: str = "W"
    tags: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        return self.end - self.start

    def reversed(self) -> "Component":
        return replace(self, orientation="+" if self.orientation == "-" else "-")


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of `length` bp; `kind` is N (length estimated) or U (unknown), no `evidence` means no linkage."""

    length: int = UNKNOWN_GAP_BP
    kind: str = "U"
    type: str = "scaffold"
    evidence: tuple[str, ...] = ("proximity_ligation",)

    def reversed(self) -> "Gap":
        return self


Part = Component | Gap
# Stands for a row with a fault, so that the parts after it keep their numbers.
_UNREAD = Gap(1, "N", "contamination", ())


@dataclass
class Agp:
    """Objects by name, in the order of the file, each with its parts.

    `texel_bp` is the resolution of the contact map that PretextView wrote the file from, None elsewhere;
    `notes` are sentences on what was read differently from how it stands.
    """

    objects: dict[str, list[Part]]
    texel_bp: float | None = None
    notes: list[str] = field(default_factory=list)
    path: str = field(default="AGP", compare=False)
    lines: dict[str, list[int]] = field(default_factory=dict, compare=False, repr=False)

    def place(self, name: str, index: int) -> str:
        """Where part `index` of object `name` stands."""
        if name in self.lines:
            return f"{self.path}, line {self.lines[name][index]}"
        return f"{self.path}, object {name}"

    def lengths(self) -> dict[str, int]:
        """Length of each object in bp, gaps included."""
        return {name: sum(part.length for part in parts) for name, parts in self.objects.items()}

    def components(self) -> Iterator[Component]:
        for parts in self.objects.values():
            yield from (part for part in parts if isinstance(part, Component))


def join_gap(length: int = UNKNOWN_GAP_BP) -> Gap:
    """A gap of a join by Hi-C: of unknown length if it has the length that stands for it, else estimated."""
    return Gap(length, "U" if length == UNKNOWN_GAP_BP else "N")


def refuse(faults: Iterable[str], remedy: str = "") -> None:
    """Raise InputError with all faults, one per line (the first ones of very many), if there are any."""
    faults = list(faults)
    if faults:
        shown = faults[:MOST_FAULTS]
        if len(faults) > MOST_FAULTS:
            shown.append(f"and {len(faults) - MOST_FAULTS:,} more faults")
        raise InputError("\n".join([*shown, *filter(None, [remedy])]))


def read_agp(path: str | os.PathLike, lengths: Mapping[str, int] | None = None, whole: bool = False) -> Agp:
    """Read an AGP, plain or gzip.

    `lengths` (bp) are those of the FASTA that holds the components: names and ranges must fit it, and with
    `whole` every base of it must be used. Raises InputError with file and line of all faults.
    """
    agp = Agp({}, path=str(path))
    faults: list[str] = []
    lines = agp.lines
    translated: Counter[str] = Counter()
    current, end = "", 0
    for number, line in text_lines(path):
        where = f"{path}, line {number}"
        if line.startswith("#"):
            if resolution := _TEXEL.match(line):
                agp.texel_bp = float(resolution[1])
            continue
        if not line.strip():
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) < 8:
            faults.append(f"{where}: {len(columns)} columns separated by tabs; an AGP row has 9")
            continue
        columns += [""] * (9 - len(columns))
        name = columns[0]
        try:
            first, last, part_number = map(int, columns[1:4])
        except ValueError:
            faults.append(
                f"{where}: columns 2 to 4 must be whole numbers (start, end and number of the part)"
            )
            continue
        if name != current:
            if name in agp.objects:
                faults.append(
                    f"{where}: rows of object {name} are not together; sort the file by object and start"
                )
                continue
            current, end = name, 0
            agp.objects[name], lines[name] = [], []
        part = _part(columns, where, faults, translated)
        if part_number != len(agp.objects[name]) + 1:
            faults.append(
                f"{where}: part {part_number} of object {name} follows part {len(agp.objects[name])}; number "
                "the parts of an object from 1 without holes"
            )
        if first != end + 1:
            faults.append(
                f"{where}: object {name} goes on at {first}, but its last part ends at {end}; parts must abut"
            )
        end = last
        if part is None:
            part = _UNREAD
        elif last - first + 1 != part.length:
            faults.append(
                f"{where}: the row spans {last - first + 1} bp of object {name} but its "
                f"{'gap' if isinstance(part, Gap) else 'component'} has {part.length} bp; make both equal"
            )
        agp.objects[name].append(part)
        lines[name].append(number)
    if not agp.objects and not faults:
        faults.append(f"{path}: no rows; give an AGP file")
    for name, parts in agp.objects.items():
        for index in {0, len(parts) - 1}:
            if isinstance(parts[index], Gap) and parts[index] is not _UNREAD:
                side = "starts" if index == 0 else "ends"
                faults.append(
                    f"{path}, line {lines[name][index]}: object {name} {side} with a gap; remove this row"
                )
    faults += _repeated_components(agp)
    if lengths is not None:
        faults += check_components(agp, lengths, whole)
    refuse(faults)
    agp.notes += [f"{path}: {text} in {count:,} rows" for text, count in sorted(translated.items())]
    return agp


def _part(columns: Sequence[str], where: str, faults: list[str], translated: Counter[str]) -> Part | None:
    """Component or gap of a row; None, with a fault, where it cannot be read."""
    kind = columns[4].upper()
    if kind in ("N", "U"):
        return _gap(columns, where, faults, translated)
    if kind not in COMPONENT_KINDS:
        faults.append(
            f"{where}: component type {columns[4]!r} is not one of {' '.join(sorted(COMPONENT_KINDS))} N U"
        )
        return None
    name, orientation = columns[5], columns[8]
    if not re.fullmatch(r"[0-9]+", columns[6]) or not re.fullmatch(r"[0-9]+", columns[7]):
        faults.append(f"{where}: columns 7 and 8 must be the first and last base of component {name}")
        return None
    if orientation == "":
        translated["no orientation, read as +"] += 1
        orientation = "+"
    if orientation not in ORIENTATIONS:
        faults.append(f"{where}: orientation {orientation!r} is not one of {' '.join(ORIENTATIONS)}")
        return None
    start, end = int(columns[6]) - 1, int(columns[7])
    if not name or not 0 <= start < end:
        faults.append(
            f"{where}: {columns[6]} to {columns[7]} is not a stretch of component {name or '(no name)'}; "
            "the first base is 1 and the end is not before the start"
        )
        return None
    return Component(name, start, end, orientation, kind, tuple(filter(None, columns[9:])))


def _gap(columns: Sequence[str], where: str, faults: list[str], translated: Counter[str]) -> Gap | None:
    kind, length, gap_type, linkage = columns[4].upper(), columns[5], columns[6].lower(), columns[7].lower()
    if not re.fullmatch(r"0*[1-9][0-9]*", length):
        faults.append(f"{where}: gap length {length!r} must be a whole number above 0")
        return None
    if linkage not in ("yes", "no"):
        faults.append(f"{where}: linkage {linkage!r} of a gap must be yes or no")
        return None
    evidence = tuple(filter(None, columns[8].split(";")))
    if gap_type in OLD_GAP_TYPES:
        new = "scaffold" if linkage == "yes" else "contig"
        translated[f"gap type {gap_type} of AGP 1.1, read as {new}"] += 1
        gap_type = new
    if gap_type not in GAP_TYPES:
        faults.append(f"{where}: gap type {gap_type!r} is not one of {' '.join(GAP_TYPES)}")
        return None
    if not evidence:
        evidence = ("unspecified",) if linkage == "yes" else ("na",)
        translated[f"no linkage evidence, read as {evidence[0]}"] += 1
    if linkage == "no":
        if evidence != ("na",):
            faults.append(f"{where}: a gap without linkage has evidence {columns[8]!r}; it must be na")
        elif gap_type in ALWAYS_LINKED:
            faults.append(
                f"{where}: a gap of type {gap_type} must have linkage yes; use type contig for no linkage"
            )
        evidence = ()
    else:
        if unknown := [word for word in evidence if word not in EVIDENCE]:
            faults.append(
                f"{where}: linkage evidence {some(unknown)} of a linked gap is not one of "
                f"{' '.join(EVIDENCE)}"
            )
        if gap_type in NEVER_LINKED:
            faults.append(f"{where}: a gap of type {gap_type} must have linkage no and evidence na")
    if kind == "U" and int(length) != UNKNOWN_GAP_BP:
        translated[f"gaps of unknown length (U) that are not {UNKNOWN_GAP_BP} bp, kept as they are"] += 1
    return Gap(int(length), kind, gap_type, evidence)


def _by_component(agp: Agp) -> dict[str, list[tuple[int, int, str, int]]]:
    """Stretches of each component as (start, end, object, index of the part), sorted."""
    stretches = defaultdict(list)
    for name, parts in agp.objects.items():
        for index, part in enumerate(parts):
            if isinstance(part, Component):
                stretches[part.name].append((part.start, part.end, name, index))
    return {name: sorted(listed) for name, listed in stretches.items()}


def _repeated_components(agp: Agp) -> Iterator[str]:
    for component, stretches in _by_component(agp).items():
        reached, before = 0, stretches[0]
        for stretch in stretches:
            start, end = stretch[:2]
            if start < reached:
                first, again = sorted((before[2:], stretch[2:]), key=lambda one: agp.lines[one[0]][one[1]])
                yield (
                    f"{agp.place(*again)}: bases {start + 1} to {min(end, reached)} of component "
                    f"{component} are used twice (first on line {agp.lines[first[0]][first[1]]}); "
                    "use every base once"
                )
            if end > reached:
                reached, before = end, stretch


def check_components(agp: Agp, lengths: Mapping[str, int], whole: bool = False) -> list[str]:
    """Faults of an AGP against the lengths (bp) of its components; with `whole` also for unused bases."""
    faults, stretches = [], _by_component(agp)
    strange = [name for name in stretches if name not in lengths]
    if strange and len(strange) == len(stretches):
        return [
            f"{agp.path}: none of its {len(strange):,} components ({some(strange)}) is a sequence of the "
            "FASTA; give the FASTA that the AGP was made for"
        ]
    for component in strange:
        _, _, name, index = stretches[component][0]
        faults.append(
            f"{agp.place(name, index)}: component {component} is not a sequence of the FASTA; give "
            "the FASTA that the AGP was made for, or correct the name"
        )
    for component, listed in stretches.items():
        for _, end, name, index in listed:
            if component in lengths and end > lengths[component]:
                faults.append(
                    f"{agp.place(name, index)}: base {end:,} of component {component} is beyond "
                    f"its end ({lengths[component]:,} bp in the FASTA); correct the range, or give the FASTA "
                    "of this AGP"
                )
    if whole:
        for component, holes in unused(agp.components(), lengths).items():
            total = sum(end - start for start, end in holes)
            start, end = holes[0]
            faults.append(
                f"{agp.path}: {total:,} of {lengths[component]:,} bp of component {component} are not used "
                f"(first {start + 1} to {end}); every base must be in an object"
            )
    return faults


def unused(components: Iterable[Component], lengths: Mapping[str, int]) -> dict[str, list[tuple[int, int]]]:
    """Stretches [start, end) of each sequence in `lengths` that no component uses, where there are any."""
    used = defaultdict(list)
    for part in components:
        used[part.name].append((part.start, part.end))
    holes = {}
    for name, length in lengths.items():
        reached, listed = 0, []
        for start, end in [*sorted(used[name]), (length, length)]:
            if start > reached:
                listed.append((reached, start))
            reached = max(reached, end)
        if listed:
            holes[name] = listed
    return holes


def agp_rows(objects: Mapping[str, Sequence[Part]]) -> Iterator[str]:
    """Rows of an AGP 2.1, without line ends."""
    for name, parts in objects.items():
        position = 0
        for number, part in enumerate(parts, 1):
            columns = [name, position + 1, position + part.length, number, part.kind]
            if isinstance(part, Gap):
                linkage = "yes" if part.evidence else "no"
                columns += [part.length, part.type, linkage, ";".join(part.evidence) or "na"]
            else:
                columns += [part.name, part.start + 1, part.end, part.orientation, *part.tags]
            position += part.length
            yield "\t".join(map(str, columns))


def write_agp(path: str | os.PathLike, agp: Agp) -> None:
    """Write an AGP 2.1; it appears when it is complete."""
    with complete_file(Path(path)) as handle:
        handle.write("##agp-version\t2.1\n")
        if agp.texel_bp:
            handle.write(f"# HiC MAP RESOLUTION: {agp.texel_bp:f} bp/texel\n")
        handle.writelines(f"{row}\n" for row in agp_rows(agp.objects))


def identity(lengths: Mapping[str, int]) -> Agp:
    """The AGP in which each sequence is one component of the same name."""
    return Agp({name: [Component(name, 0, length)] for name, length in lengths.items() if length})


def part_of(parts: Sequence[Part], start: int, end: int) -> list[Part]:
    """The parts of an object between its positions [start, end); those at the edges are cut."""
    cut: list[Part] = []
    position = 0
    for part in parts:
        low, high = max(start, position), min(end, position + part.length)
        if low < high:
            cut.append(_piece(part, low - position, high - position))
        position += part.length
    return cut


def _piece(part: Part, low: int, high: int) -> Part:
    """[low, high) of a part, counted in the direction in which the object reads it."""
    if isinstance(part, Gap):
        return part if high - low == part.length else replace(part, length=high - low, kind="N")
    if part.orientation == "-":
        return replace(part, start=part.end - high, end=part.end - low)
    return replace(part, start=part.start + low, end=part.start + high)


def turned(parts: Sequence[Part]) -> list[Part]:
    """The reverse complement of an object."""
    return [part.reversed() for part in reversed(parts)]


def compose(outer: Agp, inner: Agp) -> Agp:
    """The AGP of the objects of `outer` in components of `inner`, whose objects are the components of
    `outer`.

    Applied to the components it gives the same bases as both, one after the other. Orientation ? of either is
    read as +, and a reversed ? becomes -. Neighbouring stretches that continue each other are joined. Raises
    InputError for components of `outer` that `inner` lacks or that are longer there.
    """
    refuse(
        check_components(outer, inner.lengths()),
        "The AGP files are not of consecutive steps",
    )
    starts = {name: np.cumsum([0, *(part.length for part in parts)]) for name, parts in inner.objects.items()}
    composed: dict[str, list[Part]] = {}
    for name, parts in outer.objects.items():
        made: list[Part] = []
        for part in parts:
            if isinstance(part, Gap):
                made.append(part)
                continue
            edges, inside = starts[part.name], inner.objects[part.name]
            # Only the parts between both ends: an object may have thousands.
            first = int(np.searchsorted(edges, part.start, "right")) - 1
            last = int(np.searchsorted(edges, part.end, "left"))
            shift = int(edges[first])
            cut = part_of(inside[first:last], part.start - shift, part.end - shift)
            if part.orientation == "-":
                cut = turned(cut)
            made += [replace(one, tags=part.tags) if isinstance(one, Component) else one for one in cut]
            only = made[-1] if len(cut) == 1 else None
            if isinstance(only, Component) and only.orientation == "+" and part.orientation != "-":
                made[-1] = replace(only, orientation=part.orientation)
        composed[name] = _joined(made)
    return Agp(composed)


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Parts, with neighbouring stretches of a component as one where the second continues the first."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if (
            isinstance(part, Component)
            and isinstance(last, Component)
            and (last.name, last.orientation, last.tags) == (part.name, part.orientation, part.tags)
            and (part.start == last.end if part.orientation != "-" else part.end == last.start)
        ):
            joined[-1] = replace(last, start=min(last.start, part.start), end=max(last.end, part.end))
        else:
            joined.append(part)
    return joined


def trace(agp: Agp, name: str, position: int) -> tuple[str, int, str] | None:
    """Component, its 0-based position and strand (+ or -) of a base of an object; None inside a gap."""
    for part in part_of(agp.objects[name], position, position + 1):
        if isinstance(part, Component):
            return part.name, part.start, "-" if part.orientation == "-" else "+"
    return None


def sequence_layout(path: str | os.PathLike, min_gap_bp: int = 10) -> Agp:
    """The AGP of a FASTA: runs of at least `min_gap_bp` N are gaps, the rest are components of the same name.

    A component has the positions that its bases have in the sequence, so applied to the FASTA this AGP gives
    the FASTA again. Runs of N at the ends of a sequence are gaps there. A gap of `UNKNOWN_GAP_BP` is one of
    unknown length.
    """
    objects: dict[str, list[Part]] = {}
    for name, edges in _runs(path, min_gap_bp):
        if name in objects:
            raise InputError(f"{path}: two sequences are named {name}; give every sequence its own name")
        parts: list[Part] = []
        for start, end, is_gap in edges:
            if is_gap:
                unknown = end - start == UNKNOWN_GAP_BP
                parts.append(Gap(end - start, "U" if unknown else "N", evidence=("unspecified",)))
            else:
                parts.append(Component(name, start, end))
        objects[name] = parts
    return Agp(objects)


def _runs(path: str | os.PathLike, min_gap_bp: int) -> Iterator[tuple[str, list[tuple[int, int, bool]]]]:
    """Name and runs (start, end, is gap) of each sequence of a FASTA, streamed."""
    gaps: list[tuple[int, int]] = []
    name, length = None, 0
    for head, piece in fasta_pieces(path):
        if head is not None:
            if name is not None:
                yield name, _between(gaps, length, min_gap_bp)
            name, gaps, length = head, [], 0
        if piece:
            unknown = (np.frombuffer(piece, np.uint8) | 32) == ord("n")
            changes = np.flatnonzero(np.diff(unknown, prepend=False, append=False))
            for start, end in (changes.reshape(-1, 2) + length).tolist():
                if gaps and gaps[-1][1] == start:
                    gaps[-1] = (gaps[-1][0], end)
                else:
                    gaps.append((start, end))
            length += len(piece)
    if name is not None:
        yield name, _between(gaps, length, min_gap_bp)


def _between(gaps: Iterable[tuple[int, int]], length: int, min_gap_bp: int) -> list[tuple[int, int, bool]]:
    runs, reached = [], 0
    for start, end in gaps:
        if end - start >= min_gap_bp:
            runs += [(reached, start, False)] * (start > reached) + [(start, end, True)]
            reached = end
    return runs + [(reached, length, False)] * (length > reached)


def write_objects(agp: Agp, components: SequenceStore, path: str | os.PathLike) -> None:
    """Write the objects of an AGP as FASTA (bgzip if `path` ends in .gz), streamed; gaps are N."""
    file = complete_bgzf(Path(path)) if str(path).endswith(".gz") else complete_file(Path(path), "wb")
    with file as handle:
        for name, parts in agp.objects.items():
            write_record(handle, name, _letters(parts, components))


def _letters(parts: Sequence[Part], components: SequenceStore) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, Component):
            yield from components.pieces(part.name, part.start, part.end, part.orientation == "-")
        else:
            whole, rest = divmod(part.length, LINE_BASES)
            yield from [b"N" * LINE_BASES] * whole + [b"N" * rest]
