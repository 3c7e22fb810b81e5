#!/usr/bin/env python3
import sys

from linnaea.base.errors import run
from linnaea.base.step import step
from linnaea.population.damage_curves import measure_damage

main = step(measure_damage)

if __name__ == "__main__":
    sys.exit(run(main))
