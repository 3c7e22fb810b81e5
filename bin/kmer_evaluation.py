#!/usr/bin/env python3
import sys

from linnaea.assembly.kmer_evaluation import evaluate_assembly
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(evaluate_assembly)

if __name__ == "__main__":
    sys.exit(run(main))
