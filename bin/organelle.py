#!/usr/bin/env python3
import sys

from linnaea.assembly.organelle import adopt_organelle, assemble_organelle, separate_organelle
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(assemble=assemble_organelle, adopt=adopt_organelle, separate=separate_organelle)

if __name__ == "__main__":
    sys.exit(run(main))
