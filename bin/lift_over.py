#!/usr/bin/env python3
import sys

from linnaea.annotation.lift_over import extract_transcripts, place_models
from linnaea.base.errors import run
from linnaea.base.step import step

main = step(transcripts=extract_transcripts, models=place_models)

if __name__ == "__main__":
    sys.exit(run(main))
