#!/usr/bin/env python3
import sys

from linnaea.assembly.foreign_contigs import find_foreign_contigs
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(find_foreign_contigs)

if __name__ == "__main__":
    sys.exit(run(main))
