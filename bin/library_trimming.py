#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.library_trimming import join_lanes

main = step(join_lanes)

if __name__ == "__main__":
    sys.exit(run(main))
