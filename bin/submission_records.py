#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.submission.records import write_records

main = step(write_records)

if __name__ == "__main__":
    sys.exit(run(main))
