#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.sample_depth import measure_sample

main = step(measure_sample)

if __name__ == "__main__":
    sys.exit(run(main))
