#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.formats.tool_metrics import convert_report

main = step(convert_report)

if __name__ == "__main__":
    sys.exit(run(main))
