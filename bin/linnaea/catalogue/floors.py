"""The floors of the package: a room imports from rooms of floors below it, and from itself."""

import ast
from pathlib import Path

from linnaea.base.paths import ROOT

PACKAGE = ROOT / "bin" / "linnaea"
# From the lowest floor up.
FLOORS = (
    ("base",),
    ("formats", "catalogue"),
    ("assembly", "annotation", "population", "install"),
    ("submission",),
    ("input", "report"),
    ("simulate", "run"),
    ("truth", "publication", "cli"),
)
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def imported_rooms(source: str) -> set[str]:
    """Rooms of the package that the source of a module imports from."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    parts = (name.split(".") for name in names if name.startswith("linnaea."))
    return {part[1] for part in parts} & FLOOR.keys()


def room_of(path: Path) -> str:
    """Room of a module of the package, `cli` for cli.py itself."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports() -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports from the second."""
    pairs = set()
    for path in PACKAGE.glob("**/*.py"):
        pairs |= {(room_of(path), room) for room in imported_rooms(path.read_text())}
    return {(room, other) for room, other in pairs if room in FLOOR and room != other}
