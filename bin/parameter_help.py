#!/usr/bin/env python3
"""Print every parameter of the workflows with its default."""

import json
import sys

from linnaea.base.errors import run
from linnaea.catalogue.docs import SCHEMA
from linnaea.catalogue.parameter_help import help_text


def main() -> int:
    print(help_text(json.loads(SCHEMA.read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
