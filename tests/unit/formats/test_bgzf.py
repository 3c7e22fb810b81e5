import gzip

import pytest

from linnaea.formats.bgzf import complete_bgzf


def test_the_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.gz"
    with complete_bgzf(path) as handle:
        handle.write(b"one\n")
        assert not path.exists()
    assert gzip.decompress(path.read_bytes()) == b"one\n"
    with pytest.raises(ZeroDivisionError), complete_bgzf(path) as handle:
        handle.write(b"two\n")
        raise ZeroDivisionError
    assert gzip.decompress(path.read_bytes()) == b"one\n"
    assert list(tmp_path.iterdir()) == [path]
