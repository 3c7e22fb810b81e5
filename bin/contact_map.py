#!/usr/bin/env python3
import sys

from linnaea.assembly.contact_map import draw_contact_map
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(draw_contact_map)

if __name__ == "__main__":
    sys.exit(run(main))
