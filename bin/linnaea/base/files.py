"""Files that appear under their name only when they are complete."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def complete_path(path: str | Path) -> Iterator[Path]:
    """Give a path to write to; its file appears under `path` only when the block ended without an error."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def complete_file(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a file that appears under `path` only when the block ended without an error."""
    with complete_path(path) as partial, partial.open(mode) as handle:
        yield handle
