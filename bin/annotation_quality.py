#!/usr/bin/env python3
import sys

from linnaea.annotation.quality import examine_annotation
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(examine_annotation)

if __name__ == "__main__":
    sys.exit(run(main))
