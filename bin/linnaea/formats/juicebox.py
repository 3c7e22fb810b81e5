"""The .assembly file of Juicebox Assembly Tools (JBAT), as 3D-DNA and YaHS write it.

Lines `>NAME NUMBER LENGTH` list the pieces of the contigs in their order, a piece of a cut contig as
NAME:::fragment_1 (with :::debris behind it where 3D-DNA says so); each other line is a scaffold, the numbers
of its pieces with a minus sign for those that are reversed.
"""

import os

from linnaea.base.errors import InputError
from linnaea.formats.agp import Agp, Component, Part, join_gap, refuse
from linnaea.formats.sequences import text_lines


def is_juicebox(path: str | os.PathLike) -> bool:
    """Whether the first line is that of an .assembly file."""
    _, line = next(text_lines(path))
    words = line.split()
    return line.startswith(">") and len(words) == 3 and words[1] == "1" and words[2].isdecimal()


def read_juicebox(path: str | os.PathLike) -> Agp:
    """The scaffolds, named scaffold_1, scaffold_2, …, of contigs. Raises InputError with all faults and their
    lines.

    A contig of several pieces has them one after the other, in the order of the list.
    """
    pieces: dict[int, Component] = {}
    reached: dict[str, int] = {}
    objects: dict[str, list[Part]] = {}
    placed: dict[int, int] = {}
    faults: list[str] = []
    for number, line in text_lines(path):
        words = line.split()
        where = f"{path}, line {number}"
        if not words:
            continue
        if words[0].startswith(">"):
            if len(words) != 3 or not words[1].isdecimal() or not words[2].isdecimal() or int(words[2]) == 0:
                faults.append(
                    f"{where}: expected >NAME NUMBER LENGTH; give the .review.assembly file of Juicebox"
                )
                continue
            name = words[0][1:].split(":::", 1)[0]
            start = reached.get(name, 0)
            reached[name] = start + int(words[2])
            if int(words[1]) in pieces:
                faults.append(
                    f"{where}: number {words[1]} is given to a second piece; number each piece once"
                )
            pieces[int(words[1])] = Component(name, start, reached[name])
            continue
        parts: list[Part] = []
        for word in words:
            if not word.removeprefix("-").isdecimal():
                faults.append(
                    f"{where}: {word!r} is not the number of a piece, with a minus sign if reversed"
                )
                continue
            piece = abs(int(word))
            if piece not in pieces:
                faults.append(f"{where}: piece {piece} is not in the list above; do not remove its line")
            elif piece in placed:
                faults.append(
                    f"{where}: piece {piece} is used twice, first on line {placed[piece]}; use it once"
                )
            else:
                placed[piece] = number
                component = pieces[piece]
                parts += [join_gap()] * bool(parts)
                parts.append(component.reversed() if word.startswith("-") else component)
        if parts:
            objects[f"scaffold_{len(objects) + 1}"] = parts
    faults += [
        f"{path}: piece {piece} ({component.name}) is in no scaffold; add it as a line of its own"
        for piece, component in pieces.items()
        if piece not in placed and not faults
    ]
    refuse(faults)
    if not objects:
        raise InputError(f"{path}: no scaffolds; give the .review.assembly file of Juicebox")
    return Agp(objects, path=str(path))
