#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.likelihood_spectrum import estimate_spectra

main = step(estimate_spectra)

if __name__ == "__main__":
    sys.exit(run(main))
