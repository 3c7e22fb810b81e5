#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.formats.gff3_sort import join_features

main = step(join_features)

if __name__ == "__main__":
    sys.exit(run(main))
