#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.formats.split_pairs import separate_mates

main = step(separate_mates)

if __name__ == "__main__":
    sys.exit(run(main))
