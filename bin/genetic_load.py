#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.genetic_load import count_load

main = step(count_load)

if __name__ == "__main__":
    sys.exit(run(main))
