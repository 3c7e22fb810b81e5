"""Chromosomes that are no autosomes: their table, and how many copies each sex has of them."""

from pathlib import Path

from linnaea.errors import InputError

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

    A header line `chromosome kind` is allowed. Raises InputError for a row that is not `chromosome<TAB>kind`.
    """
    kinds: dict[str, str] = {}
    for number, line in enumerate(Path(path).read_text().splitlines() if path else (), 1):
        if not line.strip() or line.startswith("#") or (number == 1 and line.startswith("chromosome\t")):
            continue
        fields = line.rstrip().split("\t")
        if len(fields) != 2 or fields[1] not in COPIES:
            raise InputError(
                f"{path}, row {number}: expected a chromosome, a tab and one of {', '.join(COPIES)}; "
                f"got {line.strip()!r}"
            )
        kinds[fields[0]] = fields[1]
    return kinds
