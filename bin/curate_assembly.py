#!/usr/bin/env python3
import sys

from linnaea.assembly.curate import curate_assembly
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(curate_assembly)

if __name__ == "__main__":
    sys.exit(run(main))
