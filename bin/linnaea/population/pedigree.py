"""A given pedigree: its table, the kinship it expects, and whether the estimated kinship agrees."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.text import some
from linnaea.formats.sequences import is_empty, text_lines

_NAMES = {
    "sample": ("sample", "id", "iid", "individual", "name"),
    "sire": ("sire", "father", "pat", "paternal_id", "father_id"),
    "dam": ("dam", "mother", "mat", "maternal_id", "mother_id"),
}
_UNKNOWN = ("", ".", "0", "NA")
_FAM_WIDTH = 6
# An estimate this far from the pedigree's kinship, and so many standard errors, is of another relation.
MAX_DIFFERENCE = 1 / 16
SURE_ERRORS = 3
# Pairs that the pedigree does not know are listed from the second degree on.
UNEXPECTED = 2**-3.5

PEDIGREE_COLUMNS = (
    *("sample_1", "sample_2", "recorded", "expected_kinship", "kinship", "kinship_standard_error"),
    *("estimator", "relation", "verdict"),
)


class Parents(NamedTuple):
    """Names of both parents, None where not known."""

    sire: str | None
    dam: str | None


Pedigree = dict[str, Parents]


def read_pedigree(path: str | Path) -> Pedigree:
    """Parents of each individual, from a table with the columns sample, sire and dam (tab, comma or blanks
    between them), or from a PLINK .fam file, which has no header.

    Parents may have no row. An unknown parent is empty, `.`, `0` or `NA`. InputError names all faults.
    """
    rows = _rows(path)
    if not rows:
        raise InputError(f"{path}: it has no individuals; give a table with the columns sample, sire and dam")
    places, rows = _columns(path, rows)
    pedigree: Pedigree = {}
    faults: list[str] = []
    for number, cells in rows:
        if len(cells) <= max(places):
            faults.append(f"line {number}: {len(cells)} columns are too few")
            continue
        name, *parents = (cells[place].strip() for place in places)
        if name in _UNKNOWN:
            faults.append(f"line {number}: the individual has no name")
        elif name in pedigree:
            faults.append(f"line {number}: {name} occurs twice; keep one row")
        else:
            sire, dam = (None if parent in _UNKNOWN else parent for parent in parents)
            pedigree[name] = Parents(sire, dam)
            if name in parents:
                faults.append(f"line {number}: {name} is its own parent")
            elif sire and sire == dam:
                faults.append(f"line {number}: {sire} is both parents of {name}")
    sires = {parents.sire for parents in pedigree.values() if parents.sire}
    dams = {parents.dam for parents in pedigree.values() if parents.dam}
    faults += [f"{name} is a sire and a dam" for name in sorted(sires & dams)]
    if not faults and (circle := _own_ancestors(pedigree)):
        faults.append(f"{some(circle)}: own ancestors")
    if faults:
        raise InputError(f"{path}: {some(faults, 5)}; correct the pedigree")
    return pedigree


def _rows(path: str | Path) -> list[tuple[int, list[str]]]:
    """Number and cells of each line with text; the first shows what is between cells."""
    if is_empty(path):
        return []
    lines = [(number, line) for number, line in text_lines(path) if line.strip()]
    while lines and lines[0][1].startswith(("##", "# ")):
        lines.pop(0)
    if not lines:
        return []
    first = lines[0][1]
    mark = next((mark for mark in ("\t", ",", ";") if mark in first), None)
    if mark is None:
        return [(number, line.split()) for number, line in lines]
    return [
        (number, cells)
        for (number, _), cells in zip(
            lines, csv.reader((line for _, line in lines), delimiter=mark), strict=True
        )
    ]


def _columns(
    path: str | Path, rows: list[tuple[int, list[str]]]
) -> tuple[tuple[int, ...], list[tuple[int, list[str]]]]:
    """Places of sample, sire and dam, and the rows without the header."""
    header = [cell.strip().lstrip("#\ufeff").lower() for cell in rows[0][1]]
    places = [next((header.index(word) for word in words if word in header), -1) for words in _NAMES.values()]
    if min(places) >= 0:
        return tuple(places), rows[1:]
    if max(places) < 0 and len(header) == _FAM_WIDTH:
        return (1, 2, 3), rows
    lacking = [name for name, place in zip(_NAMES, places, strict=True) if place < 0]
    raise InputError(
        f"{path}, line 1: no column {some(lacking)}; give a header with sample, sire and dam, or a PLINK "
        ".fam file of six columns"
    )


def _own_ancestors(pedigree: Pedigree) -> list[str]:
    """Individuals of a circle: those that never run out of known parents with a row."""
    left = dict(pedigree)
    while True:
        founders = [name for name, parents in left.items() if not any(parent in left for parent in parents)]
        if not founders:
            return sorted(left)
        for name in founders:
            del left[name]


def expected_kinship(pedigree: Pedigree, names: Sequence[str]) -> np.ndarray:
    """(m, m) kinship of the named individuals by descent, founders unrelated (the tabular method, Emik &
    Terrill 1949, J Hered 40:51); the diagonal is (1 + F) / 2.
    """
    order = _ancestors_first(pedigree, names)
    place = {name: row for row, name in enumerate(order)}
    kinship = np.zeros((len(order), len(order)))
    for row, name in enumerate(order):
        parents = [place[parent] for parent in pedigree.get(name, Parents(None, None)) if parent is not None]
        kinship[row, :row] = kinship[:row, row] = kinship[parents, :row].sum(axis=0) / 2
        kinship[row, row] = 0.5 + (kinship[parents[0], parents[1]] / 2 if len(parents) == 2 else 0)
    chosen = [place[name] for name in names]
    return kinship[np.ix_(chosen, chosen)]


def _ancestors_first(pedigree: Pedigree, names: Iterable[str]) -> list[str]:
    order: dict[str, None] = {}
    stack = [(name, False) for name in names]
    while stack:
        name, ready = stack.pop()
        if name in order:
            continue
        if ready:
            order[name] = None
            continue
        stack.append((name, True))
        stack += [(parent, False) for parent in pedigree.get(name, ()) if parent is not None]
    return list(order)


def recorded(pedigree: Pedigree, one: str, two: str) -> str:
    """The relation of a pair that the rows of both name, `.` for more distant ones."""
    mine, other = (pedigree.get(name, Parents(None, None)) for name in (one, two))
    if one in other or two in mine:
        return "parent_offspring"
    shared = [parent for parent, same in zip(mine, other, strict=True) if parent and parent == same]
    return {2: "full_sib", 1: "half_sib"}.get(len(shared), ".")


def compare_pedigree(
    pedigree: Pedigree, rows: Iterable[Mapping[str, Any]], inbred: float
) -> list[tuple[Any, ...]]:
    """Rows of `PEDIGREE_COLUMNS` of the pairs (rows of `kinship.tsv`) that the pedigree relates, and of close
    ones that it does not; what disagrees first.

    KING counts, or allele sharing where a sample has an inbreeding above `inbred`. A pair differs if its
    estimate is more than 1/16 and three standard errors from the pedigree's kinship, or if it is recorded as
    parent and offspring but shows the opposite homozygotes of full siblings.
    """
    rows = [row for row in rows if row["sample_1"] in pedigree and row["sample_2"] in pedigree]
    names = sorted({row[key] for row in rows for key in ("sample_1", "sample_2")})
    place = {name: column for column, name in enumerate(names)}
    kinship = expected_kinship(pedigree, names)
    made = []
    for row in rows:
        one, two = row["sample_1"], row["sample_2"]
        expected = float(kinship[place[one], place[two]])
        sharing = row["kinship_sharing"] is not None and (
            row["kinship_king_robust"] is None
            or max(row["inbreeding_1"] or 0, row["inbreeding_2"] or 0) > inbred
        )
        kind = "kinship_sharing" if sharing else "kinship_king_robust"
        value = row[kind]
        error = row["kinship_sharing_standard_error" if sharing else "kinship_king_standard_error"]
        named = recorded(pedigree, one, two)
        verdict = _verdict(expected, value, error, named, row["relation"])
        if expected > 0 or verdict == "not in the pedigree":
            made.append((one, two, named, expected, value, error, kind, row["relation"], verdict))
    return sorted(made, key=lambda row: (_VERDICTS.index(row[-1]), -row[3], row[:2]))


_VERDICTS = ("differs", "not in the pedigree", "undetermined", "agrees")


def _verdict(expected: float, value: float | None, error: float | None, named: str, relation: str) -> str:
    if value is None or relation == "undetermined":
        return "undetermined"
    sure = SURE_ERRORS * (error or 0)
    if expected == 0:
        return "not in the pedigree" if value > max(UNEXPECTED, sure) else "agrees"
    if abs(value - expected) > max(MAX_DIFFERENCE, sure) or (
        named == "parent_offspring" and relation == "full_sib"
    ):
        return "differs"
    return "agrees"


def sexes_of_parents(pedigree: Pedigree) -> dict[str, str]:
    """The sex that being a sire or a dam means."""
    return {parents.sire: "male" for parents in pedigree.values() if parents.sire} | {
        parents.dam: "female" for parents in pedigree.values() if parents.dam
    }
