#!/usr/bin/env python3
import sys

from linnaea.annotation.mask_repeats import mask_repeats
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(mask_repeats)

if __name__ == "__main__":
    sys.exit(run(main))
