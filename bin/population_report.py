#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.report.population.page import report_populations

main = step(report_populations)

if __name__ == "__main__":
    sys.exit(run(main))
