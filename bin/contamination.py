#!/usr/bin/env python3
import sys

from linnaea.assembly.contamination import remove_contamination
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(remove_contamination)

if __name__ == "__main__":
    sys.exit(run(main))
