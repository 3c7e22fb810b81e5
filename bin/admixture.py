#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.admixture import join_fits

main = step(join_fits)

if __name__ == "__main__":
    sys.exit(run(main))
