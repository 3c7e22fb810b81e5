#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.runs_of_homozygosity import find_runs

main = step(find_runs)

if __name__ == "__main__":
    sys.exit(run(main))
