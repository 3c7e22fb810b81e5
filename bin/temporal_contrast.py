#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.temporal_contrast import contrast_periods

main = step(contrast_periods)

if __name__ == "__main__":
    sys.exit(run(main))
