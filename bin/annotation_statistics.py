#!/usr/bin/env python3
import sys

from linnaea.annotation.statistics import measure_annotation
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(measure_annotation)

if __name__ == "__main__":
    sys.exit(run(main))
