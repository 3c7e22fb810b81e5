#!/usr/bin/env python3
import sys

from linnaea.annotation.locus_plots import draw_loci
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(draw_loci)

if __name__ == "__main__":
    sys.exit(run(main))
