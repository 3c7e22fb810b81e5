#!/usr/bin/env python3
import sys

from linnaea.assembly.ear import write_ear
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(write_ear)

if __name__ == "__main__":
    sys.exit(run(main))
