#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.window_scans import scan_windows

main = step(scan_windows)

if __name__ == "__main__":
    sys.exit(run(main))
