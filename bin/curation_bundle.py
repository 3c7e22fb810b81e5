#!/usr/bin/env python3
import sys

from linnaea.assembly.curation_bundle import join_haplotypes, write_bundle
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(join=join_haplotypes, write=write_bundle)

if __name__ == "__main__":
    sys.exit(run(main))
