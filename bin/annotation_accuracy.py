#!/usr/bin/env python3
import sys

from linnaea.annotation.accuracy import compare_annotations
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(compare_annotations)

if __name__ == "__main__":
    sys.exit(run(main))
