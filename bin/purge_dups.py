#!/usr/bin/env python3
import sys

from linnaea.assembly.purge_dups import apply_purge_dups, prepare_purge_dups
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(prepare=prepare_purge_dups, apply=apply_purge_dups)

if __name__ == "__main__":
    sys.exit(run(main))
