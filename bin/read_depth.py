#!/usr/bin/env python3
import sys

from linnaea.assembly.read_depth import measure_depth
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(measure_depth)

if __name__ == "__main__":
    sys.exit(run(main))
