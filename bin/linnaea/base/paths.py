"""Files of the checkout that the package reads."""

from pathlib import Path

ROOT = Path(__file__).parents[3]


def asset(name: str) -> Path:
    """Path of `assets/<name>`.

    Write the name as a literal: a step runs again when an asset changes that its modules name in such a
    call (`Code` in lib/Code.groovy).
    """
    return ROOT / "assets" / name
