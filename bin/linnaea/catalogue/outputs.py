"""The documented list of published files, assets/outputs.tsv."""

import csv
from dataclasses import dataclass
from fnmatch import fnmatch

from linnaea.base.paths import asset


@dataclass(frozen=True)
class Output:
    """A published file: glob `pattern` below the output directory, the process (`step`) that makes it.

    `empty` tells that nothing in it can be a result.
    """

    pattern: str
    step: str
    empty: bool
    description: str

    def matches(self, name: str) -> bool:
        """Whether a path below the output directory is such a file."""
        return fnmatch(name, self.pattern.replace("<id>", "*"))


def known_outputs() -> list[Output]:
    """The rows of assets/outputs.tsv."""
    with asset("outputs.tsv").open() as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        return [Output(**row | {"empty": row["empty"] == "yes"}) for row in rows]
