#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.beagle_likelihoods import convert_likelihoods

main = step(convert_likelihoods)

if __name__ == "__main__":
    sys.exit(run(main))
