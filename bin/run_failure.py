#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.run.failure import explain_failure

main = step(explain_failure)

if __name__ == "__main__":
    sys.exit(run(main))
