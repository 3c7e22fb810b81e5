#!/usr/bin/env python3
import sys

from linnaea.annotation.protein_models import build_models
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(build_models)

if __name__ == "__main__":
    sys.exit(run(main))
