"""Where code lies: floors of the package, and scripts named after their module."""

import pytest

from linnaea.base.paths import ROOT
from linnaea.catalogue.floors import FLOOR, imported_rooms

BIN = ROOT / "bin"
MODULES = {path.relative_to(BIN / "linnaea").with_suffix("") for path in BIN.glob("linnaea/**/*.py")}


def test_every_room_has_a_floor():
    rooms = {path.parts[0] for path in MODULES} - {"__init__"}
    assert rooms == FLOOR.keys()


def test_rooms_import_downwards_only():
    upward = []
    for path in sorted(MODULES):
        room = path.parts[0]
        for other in imported_rooms((BIN / "linnaea" / path.with_suffix(".py")).read_text()) - {room}:
            if FLOOR[other] >= FLOOR.get(room, 99):
                upward.append(f"{path} imports from {other}")
    assert not upward


@pytest.mark.parametrize(
    "source", ["from linnaea.run.plan import x", "from linnaea.run import plan", "import linnaea.run.plan"]
)
def test_an_import_is_seen_however_it_is_written(source):
    assert imported_rooms(source) == {"run"}


def test_a_script_has_the_name_of_its_module():
    """`x.py` or `room_x.py` or `x_room.py`, for the module x of a room; or that of a room with its page."""
    names = {path.name for path in MODULES} | {path.parts[0] for path in MODULES}
    for path in MODULES:
        words = [word for word in path.parts if word != "__init__"]
        names |= {"_".join(words), "_".join(reversed(words))}
        names |= {"_".join(words[:-1]), "_".join(reversed(words[:-1]))}
    assert not sorted(path.name for path in BIN.glob("*.py") if path.stem not in names)
