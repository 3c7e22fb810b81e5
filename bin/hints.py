#!/usr/bin/env python3
import sys

from linnaea.annotation.hints import join_hints
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(join_hints)

if __name__ == "__main__":
    sys.exit(run(main))
