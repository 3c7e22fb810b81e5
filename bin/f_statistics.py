#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.f_statistics import compare_groups

main = step(compare_groups)

if __name__ == "__main__":
    sys.exit(run(main))
