#!/usr/bin/env python3
import sys

from linnaea.annotation.clean_proteins import prepare_proteins
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(prepare_proteins)

if __name__ == "__main__":
    sys.exit(run(main))
