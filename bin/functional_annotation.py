#!/usr/bin/env python3
import sys

from linnaea.annotation.functional_annotation import annotate_functions
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(annotate_functions)

if __name__ == "__main__":
    sys.exit(run(main))
