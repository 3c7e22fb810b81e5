#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.distance_tree import build_tree

main = step(build_tree)

if __name__ == "__main__":
    sys.exit(run(main))
