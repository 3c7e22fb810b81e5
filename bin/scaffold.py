#!/usr/bin/env python3
import sys

from linnaea.assembly.scaffold import scaffold
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(scaffold)

if __name__ == "__main__":
    sys.exit(run(main))
