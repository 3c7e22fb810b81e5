#!/usr/bin/env python3
import sys

from linnaea.assembly.genome_profile import profile_genome
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(profile_genome)

if __name__ == "__main__":
    sys.exit(run(main))
