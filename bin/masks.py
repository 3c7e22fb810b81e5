#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.masks import join_masks

main = step(join_masks)

if __name__ == "__main__":
    sys.exit(run(main))
