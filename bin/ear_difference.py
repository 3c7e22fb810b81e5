#!/usr/bin/env python3
import sys

from linnaea.assembly.ear_difference import compare_ears
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(compare_ears)

if __name__ == "__main__":
    sys.exit(run(main))
