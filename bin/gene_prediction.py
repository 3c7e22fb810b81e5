#!/usr/bin/env python3
import sys

from linnaea.annotation.gene_prediction import predict_genes
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(predict_genes)

if __name__ == "__main__":
    sys.exit(run(main))
