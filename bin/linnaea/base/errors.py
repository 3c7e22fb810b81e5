"""How a step fails: one plain sentence on stderr, exit code 1, no traceback for faults of the input."""

import os
import select
import sys
from collections.abc import Callable

# What a shell reports of a program that SIGPIPE ended.
READER_GONE = 141


class InputError(Exception):
    """A fault of the input. The message names the file (and row), what is wrong, and the remedy."""


def run(main: Callable[[], int | None]) -> int:
    """Call `main` and return its exit code (None counts as 0).

    An `InputError`, or a file the system refuses, becomes one sentence on stderr and exit code 1; a reader
    of our output that stops early (`| head`) ends the program without a word, with 141. Anything else is a
    bug and keeps its traceback.
    """
    try:
        try:
            return main() or 0
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
        except OSError as error:
            if error.filename is None:
                raise
            print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        finally:
            if sys.stdout:  # None where it was closed from the start
                sys.stdout.flush()
        return 1
    except BrokenPipeError:
        closed = [
            stream for stream in (sys.stdout, sys.stderr) if stream and _without_reader(stream.fileno())
        ]
        if not closed:  # it was the pipe to another program
            raise
        for stream in closed:  # the interpreter flushes them once more
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return READER_GONE


def _without_reader(descriptor: int) -> bool:
    """Whether a descriptor is the writing end of a pipe that nobody reads."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
