#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.merged_duplicates import mark_stream

main = step(mark_stream)

if __name__ == "__main__":
    sys.exit(run(main))
