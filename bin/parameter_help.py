#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.catalogue.parameter_help import print_help

main = step(print_help)

if __name__ == "__main__":
    sys.exit(run(main))
