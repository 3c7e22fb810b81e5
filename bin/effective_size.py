#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.effective_size import estimate_sizes

main = step(estimate_sizes)

if __name__ == "__main__":
    sys.exit(run(main))
