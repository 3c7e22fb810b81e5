#!/usr/bin/env python3
import sys

from linnaea.assembly.adaptors import screen_adaptors
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(screen_adaptors)

if __name__ == "__main__":
    sys.exit(run(main))
