"""One sequence with its features, the model that all writers, readers and checks share."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from linnaea.submission.location import Location

# /organelle of INSDC, by the location that a chromosome list has.
ORGANELLES = {
    "mitochondrion": "mitochondrion",
    "kinetoplast": "mitochondrion:kinetoplast",
    "hydrogenosome": "hydrogenosome",
    "nucleomorph": "nucleomorph",
    "plastid": "plastid",
    **{
        name: f"plastid:{name}"
        for name in ("chloroplast", "chromoplast", "apicoplast", "cyanelle", "leucoplast", "proplastid")
    },
}
PLASTID_CODE = 11


@dataclass(slots=True)
class Feature:
    """A feature; qualifiers without a value (/pseudo) have None. `line` is that of its file, 0 without."""

    key: str
    location: Location
    qualifiers: list[tuple[str, str | None]] = field(default_factory=list)
    line: int = 0

    def value(self, name: str) -> str:
        """The first value of a qualifier; "" without one."""
        for key, value in self.qualifiers:
            if key == name:
                return value or ""
        return ""

    def has(self, *names: str) -> bool:
        return any(key in names for key, _ in self.qualifiers)


@dataclass(slots=True)
class Entry:
    """A sequence (letters in either case) and its features, the source first."""

    name: str
    letters: bytes
    features: list[Feature] = field(default_factory=list)
    circular: bool = False
    description: str = ""

    def of_key(self, *keys: str) -> Iterator[Feature]:
        return (feature for feature in self.features if feature.key in keys)


def source_qualifiers(organism: str, isolate: str, sex: str = "") -> list[tuple[str, str | None]]:
    """Qualifiers of the source feature."""
    said: list[tuple[str, str | None]] = [("organism", organism), ("mol_type", "genomic DNA")]
    said += [(name, value) for name, value in (("isolate", isolate), ("sex", sex)) if value]
    return said


def code_in(location: str, nuclear: int, mitochondrial: int | None) -> int | None:
    """Genetic code (NCBI) at a place in the cell, as a chromosome list names it; None if not known."""
    organelle = ORGANELLES.get(location.lower(), "")
    if organelle.startswith("mitochondrion"):
        return mitochondrial
    return PLASTID_CODE if organelle.startswith("plastid") else nuclear
