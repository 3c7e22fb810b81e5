#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.cohort_depths import join_depths

main = step(join_depths)

if __name__ == "__main__":
    sys.exit(run(main))
