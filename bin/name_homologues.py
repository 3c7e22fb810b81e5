#!/usr/bin/env python3
import sys

from linnaea.assembly.name_homologues import name_homologues
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(name_homologues)

if __name__ == "__main__":
    sys.exit(run(main))
