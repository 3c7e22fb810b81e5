#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.plan_regions import cut_genome

main = step(cut_genome)

if __name__ == "__main__":
    sys.exit(run(main))
