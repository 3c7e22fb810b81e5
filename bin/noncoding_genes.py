#!/usr/bin/env python3
import sys

from linnaea.annotation.noncoding_genes import convert_hits
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(convert_hits)

if __name__ == "__main__":
    sys.exit(run(main))
