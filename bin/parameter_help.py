#!/usr/bin/env python3
"""Print every parameter of the workflows with its default."""

import json
import sys

from linnaea.docs import SCHEMA, help_text
from linnaea.errors import run


def main() -> int:
    print(help_text(json.loads(SCHEMA.read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
