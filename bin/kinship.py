#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.kinship import estimate_kinship

main = step(estimate_kinship)

if __name__ == "__main__":
    sys.exit(run(main))
