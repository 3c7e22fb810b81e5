#!/usr/bin/env python3
import os
import sys

# Matrices are small: threads of BLAS would only add CPU time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.scan_sites import scan_sites

main = step(scan_sites)

if __name__ == "__main__":
    sys.exit(run(main))
