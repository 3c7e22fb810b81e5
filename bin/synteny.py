#!/usr/bin/env python3
import sys

from linnaea.assembly.synteny import compare_haplotypes
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(compare_haplotypes)

if __name__ == "__main__":
    sys.exit(run(main))
