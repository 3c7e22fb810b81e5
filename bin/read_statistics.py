#!/usr/bin/env python3
import sys

from linnaea.assembly.read_statistics import measure_library
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(measure_library)

if __name__ == "__main__":
    sys.exit(run(main))
