"""Damage of ancient DNA from mapDamage's table: C to T at the 5' end of fragments, G to A at the 3' end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import table_rows

# (end, change, its base): deamination makes uracil of cytosine, read as T; on the other strand as G to A.
CURVES = {"c_to_t_5p": ("5p", "C>T", "C"), "g_to_a_3p": ("3p", "G>A", "G")}
# Positions of the curves; the last of them show the level without damage.
POSITIONS = 25


def damage_curves(path: str | Path) -> dict[str, Any]:
    """Misincorporation by position from the end (1 is the first base) of mapDamage's misincorporation.txt.

    Returns, for each curve, the changes and the bases that could have changed, (POSITIONS,) int, and their
    ratio in percent; `*_first_pct` is that of the first base, `*_excess_pct` that over the mean of the last
    ten positions. Raises InputError when no base is counted at the ends (no read was mapped).
    """
    counts = {name: np.zeros((2, POSITIONS), np.int64) for name in CURVES}
    with Path(path).open() as handle:
        for row in table_rows((line for line in handle if not line.startswith("#")), path):
            at = int(row["Pos"]) - 1
            for name, (end, change, base) in CURVES.items():
                if row["End"] == end and at < POSITIONS:
                    counts[name][:, at] += int(row[change]), int(row[base])
    found: dict[str, Any] = {}
    for name, (changed, bases) in counts.items():
        if not bases[0]:
            raise InputError(
                f"{path}: no bases were counted at the ends of reads; no read of the sample was mapped"
            )
        found |= {f"{name}_changes": changed, f"{name}_bases": bases, **_summary(name, changed, bases)}
    return found


def _summary(name: str, changed: np.ndarray, bases: np.ndarray) -> Mapping[str, Any]:
    share = 100 * changed / np.maximum(bases, 1)
    background = 100 * changed[-10:].sum() / max(bases[-10:].sum(), 1)
    return {f"{name}_pct": share, f"{name}_first_pct": share[0], f"{name}_excess_pct": share[0] - background}


def measure_damage(
    misincorporation: str,
    /,
    *,
    sample: str,
    out: str,
) -> None:
    """The damage curves of one sample from mapDamage's table.

    misincorporation: misincorporation.txt of mapDamage
    """
    labels = {"id": "popgen", "step": "damage", "sample": sample}
    write_metrics(out, labels | damage_curves(misincorporation))
