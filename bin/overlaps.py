#!/usr/bin/env python3
import sys

from linnaea.assembly.overlaps import keep_overlaps
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(keep_overlaps)

if __name__ == "__main__":
    sys.exit(run(main))
