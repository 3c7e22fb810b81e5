#!/usr/bin/env python3
"""The damage curves of one sample from mapDamage's table."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.records import write_metrics
from linnaea.population.damage_curves import damage_curves


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("misincorporation", help="misincorporation.txt of mapDamage")
    parser.add_argument("--sample", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    labels = {"id": "popgen", "step": "damage", "sample": args.sample}
    write_metrics(args.out, labels | damage_curves(args.misincorporation))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
