#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.run.finish import finish_run

main = step(finish_run)

if __name__ == "__main__":
    sys.exit(run(main))
