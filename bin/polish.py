#!/usr/bin/env python3
import sys

from linnaea.assembly.polish import polish_contigs
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(polish_contigs)

if __name__ == "__main__":
    sys.exit(run(main))
