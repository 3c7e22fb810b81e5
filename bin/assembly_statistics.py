#!/usr/bin/env python3
import sys

from linnaea.assembly.statistics import measure_assembly
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(measure_assembly)

if __name__ == "__main__":
    sys.exit(run(main))
