"""Chromosomes that are no autosomes: their table, and how many copies each sex has of them."""

from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.formats.sequences import is_empty, text_lines

# Copies by sex; a sample of unknown sex is taken to have two, but one of the mitochondrion.
COPIES = {
    "X": {"male": 1, "female": 2}, "Y": {"male": 1, "female": 0}, "Z": {"male": 2, "female": 1},
    "W": {"male": 0, "female": 1}, "mito": {"male": 1, "female": 1, "unknown": 1},
}  # fmt: skip


def copies(kind: str | None, sex: str) -> int:
    """Copies of a chromosome of this kind (None: an autosome) in a sample of this sex."""
    return COPIES.get(kind or "", {}).get(sex, 2)


def read_compartments(path: str | Path | None) -> dict[str, str]:
    """Kind (X, Y, Z, W, mito) of the chromosomes that are no autosomes; None gives an empty table.

    The table is plain or gzip, with a tab between the columns; a header line that begins with `chromosome` is
    allowed. InputError names the row that is wrong.
    """
    kinds: dict[str, str] = {}
    for number, line in text_lines(path) if path and not is_empty(path) else ():
        cells = line.rstrip().split("\t")
        if not line.strip() or line.startswith("#") or (not kinds and cells[0].strip() == "chromosome"):
            continue
        where = f"{path}, line {number}"
        if len(cells) != 2:
            raise InputError(f"{where}: expected a sequence and its kind with a tab between; correct the row")
        name, kind = cells
        if kind not in COPIES:
            same = next((known for known in COPIES if known.lower() == kind.strip().lower()), "")
            hint = f"write {same}" if same else f"known are {', '.join(COPIES)}"
            raise InputError(f"{where}: unknown kind {kind!r} of sequence {name}; {hint}")
        if name in kinds:
            raise InputError(f"{where}: the sequence {name} occurs twice; keep one row")
        kinds[name] = kind
    return kinds
