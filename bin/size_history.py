#!/usr/bin/env python3
import os
import sys

# Matrices are small: threads of BLAS would only add CPU time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.size_history import estimate_history

main = step(estimate_history)

if __name__ == "__main__":
    sys.exit(run(main))
