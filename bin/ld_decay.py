#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.ld_decay import measure_decay

main = step(measure_decay)

if __name__ == "__main__":
    sys.exit(run(main))
