#!/usr/bin/env python3
import sys

from linnaea.assembly.smaller_haplotypes import print_smaller_haplotypes
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(print_smaller_haplotypes)

if __name__ == "__main__":
    sys.exit(run(main))
