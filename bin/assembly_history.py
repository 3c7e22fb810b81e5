#!/usr/bin/env python3
import sys

from linnaea.assembly.history import write_history
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(write_history)

if __name__ == "__main__":
    sys.exit(run(main))
