#!/usr/bin/env python3
import sys

from linnaea.annotation.prepare_assembly import prepare_assembly
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(prepare_assembly)

if __name__ == "__main__":
    sys.exit(run(main))
