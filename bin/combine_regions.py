#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.combine_regions import combine_regions

main = step(combine_regions)

if __name__ == "__main__":
    sys.exit(run(main))
