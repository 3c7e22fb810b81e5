"""Other programs that a step runs."""

import subprocess
from collections.abc import Sequence

from linnaea.base.errors import InputError


def program_output(command: Sequence[str], purpose: str, package: str) -> str:
    """Standard output of a program.

    InputError when it is missing, with the `package` to install, or fails: its last line, or that it was
    killed.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except FileNotFoundError:
        raise InputError(f"{command[0]} is not installed or not on the PATH; install {package}") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
        last = next((line for line in reversed(lines) if line), "no message")
        reason = "killed, usually for lack of memory" if done.returncode < 0 else last
        raise InputError(f"{command[0]} failed to {purpose}: {reason}")
    return done.stdout
