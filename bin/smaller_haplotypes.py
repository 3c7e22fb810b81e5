#!/usr/bin/env python3
"""Name the reads of the smaller haplotype of each phase block, from the list of `whatshap haplotag`."""

import argparse
import csv
import sys
from pathlib import Path

from linnaea.assembly.smaller_haplotypes import smaller_haplotypes
from linnaea.base.errors import run


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
