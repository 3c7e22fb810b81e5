#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.run.tool_options import print_options

main = step(print_options)

if __name__ == "__main__":
    sys.exit(run(main))
