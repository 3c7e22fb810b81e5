#!/usr/bin/env python3
import sys

from linnaea.assembly.purge_duplicates import check_need, purge_duplicates
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(check_need=check_need, remove=purge_duplicates)

if __name__ == "__main__":
    sys.exit(run(main))
