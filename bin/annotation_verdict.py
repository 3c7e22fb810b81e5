#!/usr/bin/env python3
import sys

from linnaea.annotation.verdict import judge_annotation
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(judge_annotation)

if __name__ == "__main__":
    sys.exit(run(main))
