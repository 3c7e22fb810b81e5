#!/usr/bin/env python3
import sys

from linnaea.assembly.coverage_cap import cap_coverage
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(cap_coverage)

if __name__ == "__main__":
    sys.exit(run(main))
