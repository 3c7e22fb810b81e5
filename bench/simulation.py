"""Simulation of the default species beside merely compressing what it writes."""

import shlex
import sys
from pathlib import Path

from timing import Limit, at_most, compare

OURS, PEER = "linnaea simulate", "gzip -1 of its files"
PEER_TIMES = 2  # times the CPU of gzip that ours may take


def limits(folder: Path, runs: int) -> list[Limit]:
    """The default species, with all its reads."""
    out = shlex.quote(str(folder / "species"))
    linnaea = shlex.quote(str(Path(sys.executable).with_name("linnaea")))
    commands = {
        OURS: ["sh", "-ec", f"rm -rf {out}; {linnaea} simulate --out {out}"],
        PEER: ["sh", "-ec", f"test -d {out}; find {out} -type f -exec zcat -f {{}} + | gzip -1"],
    }
    measured = compare("The default species, 1.5 Mb", commands, runs)
    return [at_most(PEER_TIMES, measured[OURS].cpu, measured[PEER].cpu, OURS, PEER)]
