#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.likelihood_contrast import contrast_heterozygosity

main = step(contrast_heterozygosity)

if __name__ == "__main__":
    sys.exit(run(main))
