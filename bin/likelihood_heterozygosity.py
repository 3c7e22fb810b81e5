#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.likelihood_heterozygosity import estimate_heterozygosity

main = step(estimate_heterozygosity)

if __name__ == "__main__":
    sys.exit(run(main))
