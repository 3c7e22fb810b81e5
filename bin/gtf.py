#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.formats.gtf import convert_to_gtf

main = step(convert_to_gtf)

if __name__ == "__main__":
    sys.exit(run(main))
