#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.truth.population.checks import compare_populations

main = step(compare_populations)

if __name__ == "__main__":
    sys.exit(run(main))
