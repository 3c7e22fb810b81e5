#!/usr/bin/env python3
import sys

from linnaea.annotation.gene_sequences import extract_sequences
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(extract_sequences)

if __name__ == "__main__":
    sys.exit(run(main))
