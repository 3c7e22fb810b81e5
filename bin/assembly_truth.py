#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.truth.assembly import compare_assembly

main = step(compare_assembly)

if __name__ == "__main__":
    sys.exit(run(main))
