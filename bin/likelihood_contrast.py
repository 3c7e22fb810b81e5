#!/usr/bin/env python3
import sys

from linnaea.population.likelihood_contrast import contrast_heterozygosity

from linnaea.base.errors import run
from linnaea.base.step import step

main = step(contrast_heterozygosity)

if __name__ == "__main__":
    sys.exit(run(main))
