#!/usr/bin/env python3
"""Names of reads of the smaller haplotype of each phase block, from `whatshap haplotag --output-haplotag-list`."""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from linnaea.errors import run


def smaller_haplotypes(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    """Read names to leave out: in each (sequence, phase set) those of the haplotype with fewer reads (H2 if equal).

    `rows` have the columns #readname, haplotype (H1, H2 or none), phaseset and chromosome.
    """
    tagged = [row for row in rows if row["haplotype"] != "none"]
    sizes = Counter((row["chromosome"], row["phaseset"], row["haplotype"]) for row in tagged)
    for row in tagged:
        block = (row["chromosome"], row["phaseset"])
        larger = "H1" if sizes[*block, "H1"] >= sizes[*block, "H2"] else "H2"
        if row["haplotype"] != larger:
            yield row["#readname"]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tags", type=Path)
    args = parser.parse_args(argv)
    with args.tags.open() as handle:
        for name in smaller_haplotypes(csv.DictReader(handle, delimiter="\t")):
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
