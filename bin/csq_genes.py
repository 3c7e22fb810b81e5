#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.csq_genes import write_csq_genes

main = step(write_csq_genes)

if __name__ == "__main__":
    sys.exit(run(main))
