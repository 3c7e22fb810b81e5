"""How plain and gzip files are opened."""

import gzip

import numpy as np
import pytest
from isal import igzip_threaded

from linnaea.formats.sequences import byte_blocks, is_empty, sniff_format


@pytest.fixture
def threads(monkeypatch):
    """Paths that are decompressed in a thread."""
    paths = []
    opened = igzip_threaded.open
    monkeypatch.setattr(igzip_threaded, "open", lambda path, mode: paths.append(path) or opened(path, mode))
    return paths


def test_only_large_files_that_are_read_whole_take_a_thread(tmp_path, threads):
    letters = np.frombuffer(b"ACGT", np.uint8)
    contents = {
        name: b">a\n" + letters[np.random.default_rng(1).integers(0, 4, length)].tobytes()
        for name, length in (("small", 1000), ("large", 6_000_000))
    }
    paths = {name: tmp_path / f"{name}.fa.gz" for name in contents}
    for name, content in contents.items():
        paths[name].write_bytes(gzip.compress(content, 1))
        assert sniff_format(paths[name]) == "fasta" and not is_empty(paths[name])
    assert paths["large"].stat().st_size > 1 << 20
    assert not threads
    assert all(b"".join(byte_blocks(paths[name])) == content for name, content in contents.items())
    assert threads == [paths["large"]]
