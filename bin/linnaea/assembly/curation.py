"""A curated contact map made into an assembly: scaffolds, chromosomes and their names, and what is left out.

The tags are those of PretextView. Names follow the rules of the Sanger Institute's pretext-to-asm, so that
chromosomes have the names that curators expect: SUPER_1 is the longest autosome, SUPER_1_unloc_1 lies
somewhere in it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import groupby

from linnaea.assembly.chromosome_lists import letters, natural_key
from linnaea.assembly.curation_cuts import SNAP_TEXELS, Cut, Piece, place_pieces
from linnaea.base.text import listing, some
from linnaea.formats.agp import Agp, Gap, Part, refuse

TAGS = (
    "Painted", "Contaminant", "Cut", "FalseDuplicate", "Haplotig", "Primary", "Singleton", "Target", "Unloc",
)  # fmt: skip
# Tags of what leaves the assembly, the one that counts first, each with its file.
REMOVED = {"FalseDuplicate": "false_duplicates", "Haplotig": "haplotigs", "Contaminant": "contaminants"}
REASONS = {
    "FalseDuplicate": "tagged as a false duplicate",
    "Haplotig": "tagged as a haplotig",
    "Contaminant": "tagged as a contaminant",
}
# Names of chromosomes by tag: X, Z1, B2, 2RL, III, I_II.
_CHROMOSOME = re.compile(r"[A-Z]\d*[A-Z]?|[IVX_]+|\d+[A-Z]+")
_HAPLOTYPE_WORD = r"hap_?\d+|h\d+|paternal|maternal|mat|pat"
_HAPLOTYPE = re.compile(rf"(?:({_HAPLOTYPE_WORD})_.*|super_\w+_({_HAPLOTYPE_WORD}))", re.IGNORECASE)
PRIMARY = "Primary"


@dataclass
class Scaffold:
    """A scaffold of the result.

    `role` is chromosome, unlocalised, unplaced or one of the keys of `REMOVED`; `chromosome` is the name of
    the chromosome that it is or belongs to ("1", "X"), `named` whether a tag gave it; `origin` is the object
    of the map, "" where there was none.
    """

    name: str
    pieces: list[Piece]
    role: str
    haplotype: str | None
    origin: str
    chromosome: str = ""
    named: bool = False
    tags: frozenset[str] = frozenset()

    @property
    def bases(self) -> int:
        """Bases without gaps."""
        return sum(piece.bases for piece in self.pieces)

    def parts(self, gap: Gap) -> list[Part]:
        parts: list[Part] = []
        for piece in self.pieces:
            parts += [gap] * bool(parts) + list(piece.parts)
        return parts


@dataclass
class Curation:
    """The result: scaffolds by assembly (a haplotype, "primary", or a value of `REMOVED`), the cuts that were
    made, and the stretches that the map lacked (they are among the scaffolds too)."""

    assemblies: dict[str, list[Scaffold]]
    cuts: list[Cut]
    missing: list[Piece]

    def agp(self, assembly: str, gap: Gap) -> Agp:
        """One assembly as objects of the input's sequences."""
        return Agp({one.name: one.parts(gap) for one in self.assemblies[assembly]})


@dataclass
class _Group:
    """What the tags of an object of the map say."""

    origin: str
    pieces: list[Piece]
    tags: frozenset[str]
    chromosome: str = ""
    haplotype: str | None = None

    @property
    def painted(self) -> bool:
        return "Painted" in self.tags


def curate(
    layout: Agp,
    curated: Agp,
    *,
    prefix: str = "SUPER_",
    chromosomes: int | None = None,
    haplotypes: Mapping[str, str] | None = None,
    homologues: Mapping[str, str] | None = None,
    snap_texels: float = SNAP_TEXELS,
) -> Curation:
    """Make the assembly of a map.

    `layout` has the contigs and gaps of the sequences, `curated` the objects of the map, with tags.
    `chromosomes`: so many of the longest objects are painted, for maps without tags. `haplotypes` gives that
    of each sequence, which counts where no tag tells it; no others may occur then.
    `homologues` gives an object the name of a chromosome of the other
    haplotype; without a homologue it gets a number of its own. Objects of an AGP without tags and resolution
    keep their names, unless `chromosomes` is given. Raises InputError, with all faults, for tags that
    contradict each other and for a map of another assembly.
    """
    pieces, missing, cuts = place_pieces(layout, curated, snap_texels)
    if chromosomes is not None:
        pieces = _painted(pieces, chromosomes)
    groups = [
        _Group(origin, members, frozenset().union(*(piece.tags for piece in members)))
        for origin, members in (
            (origin, list(found)) for origin, found in groupby(pieces, lambda one: one.scaffold)
        )
    ]
    plain = curated.texel_bp is None and not any(group.tags for group in groups)
    groups += [_Group("", [piece], frozenset()) for piece in missing]
    refuse([f"{curated.path}: {fault}" for fault in _read_tags(groups, haplotypes or {})])
    targeted = any("Target" in group.tags for group in groups)
    scaffolds = [scaffold for group in groups for scaffold in _scaffolds(group, targeted)]
    if plain:
        _keep_names(scaffolds, prefix)
    else:
        faults = _name_chromosomes(scaffolds, prefix, homologues)
        refuse([f"{curated.path}: {fault}" for fault in faults])
    _name_removed(scaffolds)
    _name_unplaced(scaffolds, lambda one: plain and one.origin != "")
    assemblies: dict[str, list[Scaffold]] = defaultdict(list)
    for one in scaffolds if plain else sorted(scaffolds, key=_place_in_file):
        assemblies[REMOVED.get(one.role) or one.haplotype or PRIMARY.lower()].append(one)
    return Curation(dict(assemblies), cuts, missing)


def _keep_names(scaffolds: Iterable[Scaffold], prefix: str) -> None:
    """Names as in the AGP; what is named like a chromosome, SUPER_1 or SUPER_1_unloc_2, is one."""
    for one in scaffolds:
        if not one.origin:
            continue
        one.name = one.origin
        if match := re.fullmatch(
            rf"{re.escape(prefix)}([A-Za-z0-9.-]+?)(?:_unloc_\d+)?(?:_{_HAPLOTYPE_WORD})?", one.name
        ):
            one.role = "unlocalised" if "_unloc_" in one.name else "chromosome"
            one.chromosome = match[1]


def _painted(pieces: Sequence[Piece], chromosomes: int) -> list[Piece]:
    """Pieces, those of so many of the longest objects with the tag Painted."""
    bases: dict[str, int] = defaultdict(int)
    for piece in pieces:
        bases[piece.scaffold] += piece.bases
    longest = sorted(bases, key=lambda name: -bases[name])[:chromosomes]
    return [
        replace(piece, tags=piece.tags | {"Painted"}) if piece.scaffold in longest else piece
        for piece in pieces
    ]


def _read_tags(groups: Sequence[_Group], given: Mapping[str, str]) -> Iterator[str]:
    """Set chromosome and haplotype of each group (of its first sequence if untold); yields faults."""
    spelling = {haplotype_key(name): name for name in given.values()}
    for group in groups:
        others = sorted(group.tags - set(TAGS))
        for tag in others:
            meant = get_close_matches(tag.lower(), [known.lower() for known in TAGS], 1, 0.8)
            if meant:
                right = next(known for known in TAGS if known.lower() == meant[0])
                yield f"object {group.origin} has the tag {tag}; write {right} if that is meant"
            elif not re.fullmatch(r"[A-Za-z0-9._-]+", tag):
                yield f"object {group.origin} has the tag {tag!r}; use letters, digits and . _ - only"
        names = [tag for tag in others if _CHROMOSOME.fullmatch(tag)]
        haplotypes = [tag for tag in others if tag not in names]
        if len(names) > 1:
            yield f"object {group.origin} has the tags of two chromosomes, {some(names)}; keep one of them"
        if len({haplotype_key(tag) for tag in haplotypes}) > 1:
            yield f"object {group.origin} has the tags of two haplotypes, {some(haplotypes)}; keep one"
        if "Unloc" in group.tags and not group.painted:
            yield (
                f"object {group.origin} has the tag Unloc but is not painted; paint the chromosome that the "
                "unlocalised scaffold belongs to, or remove the tag"
            )
        for piece in group.pieces:
            fates = sorted(piece.tags & {*REMOVED, "Unloc"})
            if len(fates) > 1:
                yield (
                    f"object {group.origin}: bases {piece.start + 1} to {piece.end} of {piece.sequence} have "
                    f"the tags {some(fates)}, which exclude each other; keep one of them"
                )
        group.chromosome = names[0] if names else ""
        if haplotypes:
            group.haplotype = spelling.setdefault(haplotype_key(haplotypes[0]), haplotypes[0])
    for group in groups:
        if group.haplotype is None:
            first = group.pieces[0].sequence
            group.haplotype = given.get(first) or _haplotype_of_name(first, spelling)
        if group.haplotype and haplotype_key(group.haplotype) == haplotype_key(PRIMARY):
            group.haplotype = PRIMARY
    yield from _primary(groups)
    if given:
        known = {haplotype_key(name) for name in given.values()}
        for group in groups:
            if group.haplotype and haplotype_key(group.haplotype) not in known:
                yield (
                    f"object {group.origin} is of the haplotype {group.haplotype}, and the assembly has "
                    f"{listing(sorted(set(given.values())))}; correct its tag, or name the haplotypes of the "
                    "assembly as the tags do"
                )
    haplotypes_painted = {group.haplotype for group in groups if group.painted}
    if None in haplotypes_painted and len(haplotypes_painted) > 1:
        untagged = [group.origin for group in groups if group.painted and group.haplotype is None]
        yield (
            f"objects {some(untagged)} are painted but have no haplotype, while others have; tag them with "
            f"{' or '.join(sorted(filter(None, haplotypes_painted)))}"
        )


def _haplotype_of_name(name: str, spelling: dict[str, str]) -> str | None:
    """The haplotype in the name of a sequence, HAP1_SCAFFOLD_7 or SUPER_7_HAP1, spelt as the tags do."""
    first = name.split("_", 1)[0].lower()
    if first in spelling and "_" in name:
        return spelling[first]
    if match := _HAPLOTYPE.fullmatch(name):
        word = match[1] or match[2]
        return spelling.setdefault(haplotype_key(word), word)
    return None


def haplotype_key(name: str) -> str:
    """What names of a haplotype have in common: hap1, Hap1 and Hap_1 are the same."""
    return name.lower().replace("_", "")


def _primary(groups: Sequence[_Group]) -> Iterator[str]:
    """Make the haplotype of the objects tagged Primary the primary assembly; yields faults."""
    tagged = [group for group in groups if "Primary" in group.tags]
    if not tagged:
        return
    haplotypes = {group.haplotype for group in tagged}
    if haplotypes == {None}:
        yield f"object {tagged[0].origin} has the tag Primary but no haplotype; tag it with one"
    elif len(haplotypes) > 1:
        yield (
            f"objects of the haplotypes {some(sorted(map(str, haplotypes)))} have the tag Primary; "
            "tag objects of one haplotype only"
        )
    for group in groups:
        if group.haplotype in haplotypes:
            group.haplotype = PRIMARY


def _role(piece: Piece, group: _Group, targeted: bool) -> str:
    for tag in REMOVED:
        if tag in piece.tags:
            return tag
    if targeted and "Target" not in group.tags:
        return "Contaminant"
    if "Unloc" in piece.tags:
        return "unlocalised"
    return "chromosome" if group.painted or group.chromosome else "unplaced"


def _scaffolds(group: _Group, targeted: bool) -> list[Scaffold]:
    """The scaffolds that an object of the map becomes, the chromosome first.

    Haplotigs, false duplicates and unlocalised scaffolds are one each; what is left stays joined.
    """
    whole: dict[str, Scaffold] = {}
    single = []
    for piece in group.pieces:
        role = _role(piece, group, targeted)
        scaffold = Scaffold(piece.sequence, [piece], role, group.haplotype, group.origin, group.chromosome)
        scaffold.named, scaffold.tags = bool(group.chromosome), group.tags
        if role in ("Haplotig", "FalseDuplicate", "unlocalised"):
            single.append(scaffold)
        elif role in whole:
            whole[role].pieces.append(piece)
        else:
            whole[role] = scaffold
    return [*whole.values(), *single]


def _name_chromosomes(
    scaffolds: Sequence[Scaffold], prefix: str, homologues: Mapping[str, str] | None
) -> list[str]:
    """Name chromosomes and their unlocalised scaffolds; returns faults."""
    objects: dict[tuple[str, str | None], list[Scaffold]] = defaultdict(list)
    for one in scaffolds:
        if one.role in ("chromosome", "unlocalised"):
            objects[one.origin, one.haplotype].append(one)
    faults = [
        f"object {members[0].origin} has unlocalised scaffolds only; paint their chromosome in the same "
        "object"
        for members in objects.values()
        if members[0].role != "chromosome"
    ]
    named = [members for members in objects.values() if members[0].named]
    by_name: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for members in named:
        by_name[members[0].chromosome, members[0].haplotype].append(members[0].origin)
        suffix = _suffix(members[0].haplotype)
        members[0].name = f"{prefix}{members[0].chromosome}{suffix}"
        for number, one in enumerate(_by_size(members[1:]), 1):
            one.name = f"{prefix}{one.chromosome}_unloc_{number}{suffix}"
    faults += [
        f"objects {some(origins)} are all tagged as chromosome {name}; join them in the map, or tag one of "
        "them"
        for (name, _), origins in by_name.items()
        if len(origins) > 1
    ]
    autosomes = [members for members in objects.values() if not members[0].named]
    if homologues is not None:
        origins = {members[0].origin for members in objects.values()}
        if strange := [name for name in homologues if name not in origins]:
            faults.append(
                f"the table of homologues names {some(strange)}, which are not painted objects of the map; "
                "correct the names, or paint the objects"
            )
        _name_after(autosomes, prefix, homologues)
        return faults
    groups, missing = _grouped(autosomes)
    groups.sort(key=lambda group: -sum(one.bases for members in group[0] for one in members))
    for number, group in enumerate(groups, 1):
        for found in group:
            _name_homologues(found, prefix, str(number))
    return faults + missing


def _name_homologues(homologues: Sequence[Sequence[Scaffold]], prefix: str, name: str) -> None:
    """Name the chromosomes that one haplotype has of a kind: 9, or 9A and 9B."""
    for members, letter in zip(homologues, letters(len(homologues)), strict=True):
        _name_autosome(members, prefix, name + letter)


def _name_after(autosomes: Iterable[list[Scaffold]], prefix: str, homologues: Mapping[str, str]) -> None:
    """Name chromosomes after their homologues; those without go on behind the highest number, by size."""
    by_name: dict[str, list[list[Scaffold]]] = defaultdict(list)
    alone = []
    for members in sorted(autosomes, key=lambda members: -sum(one.bases for one in members)):
        if members[0].origin in homologues:
            by_name[homologues[members[0].origin]].append(members)
        else:
            alone.append(members)
    highest = max((int(name) for name in homologues.values() if name.isdecimal()), default=0)
    by_name |= {str(number): [members] for number, members in enumerate(alone, highest + 1)}
    for name, found in by_name.items():
        _name_homologues(found, prefix, name)


def _name_autosome(members: Sequence[Scaffold], prefix: str, name: str) -> None:
    members[0].name = f"{prefix}{name}{_suffix(members[0].haplotype)}"
    for number, one in enumerate(_by_size(members[1:]), 1):
        one.name = f"{members[0].name}_unloc_{number}"
    for one in members:
        one.chromosome = name


def _suffix(haplotype: str | None) -> str:
    return f"_{haplotype}" if haplotype not in (None, PRIMARY) else ""


def _by_size(scaffolds: Iterable[Scaffold]) -> list[Scaffold]:
    """The longest first, gaps included."""
    return sorted(
        scaffolds, key=lambda one: -sum(part.length for piece in one.pieces for part in piece.parts)
    )


def _grouped(
    objects: Iterable[list[Scaffold]],
) -> tuple[list[list[list[list[Scaffold]]]], list[str]]:
    """Homologous autosomes: for each group, by haplotype, the objects; and faults.

    Neighbours in the map are homologous until a haplotype comes again after another one; a Singleton stands
    alone. Without haplotypes each object is a group.
    """
    objects = list(objects)
    haplotypes = list(dict.fromkeys(members[0].haplotype for members in objects))
    groups: list[dict[str | None, list[list[Scaffold]]]] = []
    last: Scaffold | None = None
    for members in objects:
        haplotype = members[0].haplotype
        again = bool(groups) and haplotype in groups[-1]
        if (
            last is None
            or len(haplotypes) == 1
            or (again and (haplotype != last.haplotype or "Singleton" in last.tags))
        ):
            groups.append({})
        groups[-1].setdefault(haplotype, []).append(members)
        last = members[0]
    faults = [
        f"objects {some(members[0].origin for found in group.values() for members in found)} have no "
        f"chromosome of haplotype {haplotypes[0]} beside them; place them beside their homologue in the map, "
        "or give them the name of a chromosome as a tag if they have none"
        for group in groups
        if haplotypes[0] not in group
    ]
    return [[group.get(haplotype, []) for haplotype in haplotypes] for group in groups], faults


def _name_removed(scaffolds: Iterable[Scaffold]) -> None:
    """H_1, H_2, … for haplotigs from the longest on, False_Duplicate_1, … in the order of the map."""
    scaffolds = list(scaffolds)
    for number, one in enumerate(_by_size(one for one in scaffolds if one.role == "Haplotig"), 1):
        one.name = f"H_{number}"
    for number, one in enumerate((one for one in scaffolds if one.role == "FalseDuplicate"), 1):
        one.name = f"False_Duplicate_{number}"


def _name_unplaced(scaffolds: Sequence[Scaffold], is_named: Callable[[Scaffold], bool]) -> None:
    """Unplaced scaffolds and contaminants keep the name of their first sequence, Hap2_ before it if need be.

    Where a sequence was cut, further ones are NAME_2, NAME_3, ….
    """
    unnamed = [one for one in scaffolds if one.role in ("unplaced", "Contaminant") and not is_named(one)]
    waiting = set(map(id, unnamed))
    taken = {one.name for one in scaffolds if id(one) not in waiting}
    given = {piece.sequence for one in scaffolds for piece in one.pieces}
    for one in unnamed:
        name = one.pieces[0].sequence
        if one.role == "unplaced" and (hap := one.haplotype) not in (None, PRIMARY):
            name = name if name.lower().startswith(f"{hap}_".lower()) else f"{hap}_{name}"
        number = 1
        one.name = name
        while one.name in taken or (number > 1 and one.name in given):
            number += 1
            one.name = f"{name}_{number}"
        taken.add(one.name)


def _place_in_file(scaffold: Scaffold) -> tuple[int, list[str | int]]:
    """Autosomes, named chromosomes, the rest; each by the numbers in the names, unlocalised ones behind."""
    rank = 2 if scaffold.role not in ("chromosome", "unlocalised") else int(scaffold.named)
    return rank, natural_key(scaffold.name)
