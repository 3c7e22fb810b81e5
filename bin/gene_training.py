#!/usr/bin/env python3
import sys

from linnaea.annotation.gene_training import train_model
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(train_model)

if __name__ == "__main__":
    sys.exit(run(main))
