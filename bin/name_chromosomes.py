#!/usr/bin/env python3
import sys

from linnaea.assembly.name_chromosomes import name_chromosomes
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(name_chromosomes)

if __name__ == "__main__":
    sys.exit(run(main))
