#!/usr/bin/env python3
import sys

from linnaea.annotation.tracks import export_tracks
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(export_tracks)

if __name__ == "__main__":
    sys.exit(run(main))
