"""How a step fails: one plain sentence on stderr, exit code 1, no traceback for faults of the input."""

import sys
from collections.abc import Callable


class InputError(Exception):
    """A fault of the input. The message names the file (and row), what is wrong, and the remedy."""


def run(main: Callable[[], int | None]) -> int:
    """Call `main` and return its exit code (None counts as 0).

    An `InputError`, or a file the system refuses, becomes one sentence on stderr and exit code 1;
    anything else is a bug and keeps its traceback.
    """
    try:
        return main() or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        if error.filename is None:
            raise
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
    return 1
