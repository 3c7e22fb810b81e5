#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.report.multiqc_content import convert_records

main = step(convert_records)

if __name__ == "__main__":
    sys.exit(run(main))
