#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.report.page import report_genome

main = step(report_genome)

if __name__ == "__main__":
    sys.exit(run(main))
