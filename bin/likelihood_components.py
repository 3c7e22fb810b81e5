#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.likelihood_components import find_components

main = step(find_components)

if __name__ == "__main__":
    sys.exit(run(main))
