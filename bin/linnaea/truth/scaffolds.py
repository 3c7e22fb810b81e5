"""Scaffolds held against the places on chromosomes that their contigs were cut from."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from linnaea.formats.agp import Agp, Component


class Origin(NamedTuple):
    """Where the bases [start, end) of a contig come from; a chimeric contig has several origins."""

    start: int
    end: int
    chromosome: str
    chromosome_start: int
    chromosome_end: int
    forward: bool


class Stretch(NamedTuple):
    """A stretch of a chromosome in a scaffold, with the number of the component it is in."""

    chromosome: str
    start: int
    end: int
    forward: bool
    component: int


def scaffold_accuracy(
    agp: Agp, origins: Mapping[str, Sequence[Origin]], tolerance_bp: int, whole: float = 0.9
) -> dict[str, int]:
    """Counts of joints, chromosomes and breaks.

    `adjacencies` are the neighbours that there are on chromosomes, `right` those that are neighbours in a
    scaffold, in the right orientation. Other joints are `wrong_chromosome`, `wrong_order` (or orientation) on
    the same one, or `skipping` (right, but what lies between is in another scaffold). A chromosome is
    restored if one scaffold has 90 % of it and little else. `needless_breaks` lie farther than the tolerance
    from each place where a contig is chimeric, `chimeras_kept` are such places left within a component.
    """
    size: Counter[str] = Counter()
    for listed in origins.values():
        for origin in listed:
            size[origin.chromosome] += origin.end - origin.start
    scaffolds = [_stretches(parts, origins, tolerance_bp) for parts in agp.objects.values()]
    counts = Counter(
        adjacencies=sum(map(len, origins.values())) - len(size),
        chromosomes=len(size),
        chimeras=sum(len(listed) - 1 for listed in origins.values()),
    )
    elsewhere = defaultdict(list)
    for number, stretches in enumerate(scaffolds):
        for one in stretches:
            elsewhere[one.chromosome].append((one.start, one.end, number))
    for number, stretches in enumerate(scaffolds):
        for one, two in pairwise(stretches):
            if one.component == two.component:
                counts["chimeras_kept"] += 1
                continue
            gap = two.start - one.end if one.forward else one.start - two.end
            if one.chromosome != two.chromosome:
                counts["wrong_chromosome"] += 1
            elif one.forward == two.forward and abs(gap) <= tolerance_bp:
                counts["right"] += 1
            else:
                low, high = min(one.start, two.start), max(one.end, two.end)
                here = any(
                    scaffold == number and start >= low - tolerance_bp and end <= high + tolerance_bp
                    for start, end, scaffold in elsewhere[one.chromosome]
                    if (start, end) not in (one[1:3], two[1:3])
                )
                skips = one.forward == two.forward and gap > 0 and not here
                counts["skipping" if skips else "wrong_order"] += 1
    contents = []
    for stretches in scaffolds:
        content: Counter[str] = Counter()
        for one in stretches:
            content[one.chromosome] += one.end - one.start
        contents.append(content)
    counts["restored"] = sum(
        any(content[name] >= max(whole * bp, whole * content.total()) for content in contents)
        for name, bp in size.items()
    )
    counts["needless_breaks"] = _needless_breaks(agp, origins, tolerance_bp)
    return {name: counts[name] for name in COUNTS}


COUNTS = (
    "adjacencies", "right", "wrong_order", "wrong_chromosome", "skipping", "chromosomes", "restored",
    "chimeras", "chimeras_kept", "needless_breaks",
)  # fmt: skip


def _stretches(
    parts: Sequence[object], origins: Mapping[str, Sequence[Origin]], tolerance_bp: int
) -> list[Stretch]:
    """The stretches of chromosomes in a scaffold, in its order; what an inexact break left is passed over."""
    stretches = []
    for number, part in enumerate(parts):
        if not isinstance(part, Component):
            continue
        found = []
        for one in origins[part.name]:
            start, end = max(part.start, one.start), min(part.end, one.end)
            rest = end - start < min(tolerance_bp, (one.end - one.start) / 2) and end - start < part.length
            if end <= start or rest:
                continue
            low = one.chromosome_start + start - one.start
            if not one.forward:
                low = one.chromosome_end - (end - one.start)
            forward = one.forward == (part.orientation != "-")
            found.append(Stretch(one.chromosome, low, low + end - start, forward, number))
        stretches += found[::-1] if part.orientation == "-" else found
    return stretches


def _needless_breaks(agp: Agp, origins: Mapping[str, Sequence[Origin]], tolerance_bp: int) -> int:
    """Breaks away from chimeric places whose two sides are not joined again."""
    healed = set()
    for parts in agp.objects.values():
        components = [part for part in parts if isinstance(part, Component)]
        for one, two in pairwise(components):
            if one.name == two.name and (one.orientation == "-") == (two.orientation == "-"):
                first, second = (two, one) if one.orientation == "-" else (one, two)
                if first.end == second.start:
                    healed.add((first.name, first.end))
    return sum(
        part.start > 0
        and (part.name, part.start) not in healed
        and all(abs(part.start - one.end) > tolerance_bp for one in origins[part.name][:-1])
        for part in agp.components()
    )
