#!/usr/bin/env python3
import sys

from linnaea.annotation.rna_evidence import collect_evidence
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(collect_evidence)

if __name__ == "__main__":
    sys.exit(run(main))
