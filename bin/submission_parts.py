#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.submission.parts import package_part

main = step(package_part)

if __name__ == "__main__":
    sys.exit(run(main))
