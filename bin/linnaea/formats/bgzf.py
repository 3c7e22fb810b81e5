"""Blocked gzip."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam

from linnaea.base.files import complete_path


@contextmanager
def complete_bgzf(path: str | Path) -> Iterator[pysam.BGZFile]:
    """Open a BGZF file that appears under `path` only when the block ended without an error."""
    with complete_path(path) as partial, pysam.BGZFile(str(partial), "wb", None) as handle:
        yield handle
