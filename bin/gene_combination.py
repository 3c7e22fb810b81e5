#!/usr/bin/env python3
import sys

from linnaea.annotation.gene_combination import combine_genes
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(combine_genes)

if __name__ == "__main__":
    sys.exit(run(main))
