#!/usr/bin/env python3
import sys

from linnaea.assembly.sex_chromosomes import name_sex_chromosomes
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(name_sex_chromosomes)

if __name__ == "__main__":
    sys.exit(run(main))
