"""Maps of pairs against a count of the pairs one by one."""

import gzip

import cooler
import numpy as np
import pytest

from linnaea.assembly.contact_bins import resolutions, write_mcool
from linnaea.base.errors import InputError

LENGTHS = {"b": 5_200, "a": 3_000}
HEADER = (
    "## pairs format v1.0.0\n#chromsize: b 5200\n#chromsize: a 3000\n"
    "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2 pair_type mapq1 mapq2\n"
)


@pytest.fixture
def pairs(tmp_path):
    """Random pairs in two files, either end first, and unmapped ones and a duplicate."""
    rng = np.random.default_rng(2)
    rows = []
    for _ in range(3000):
        ends = [
            (str(name), int(rng.integers(1, LENGTHS[str(name)] + 1))) for name in rng.choice(["a", "b"], 2)
        ]
        quality = rng.choice([0, 9, 10, 60], 2, p=[0.2, 0.1, 0.2, 0.5])
        rows.append((*ends[0], *ends[1], "UU", *map(int, quality)))
    paths = []
    for part in (0, 1):
        text = HEADER + "".join(
            f"r{part}\t{c1}\t{p1}\t{c2}\t{p2}\t+\t-\t{kind}\t{q1}\t{q2}\n"
            for c1, p1, c2, p2, kind, q1, q2 in rows[part::2]
        )
        text += "r\t!\t0\ta\t5\t+\t-\tNU\t0\t60\nr\ta\t5\ta\t6\t+\t-\tDD\t60\t60\n"
        path = tmp_path / f"{part}.pairs.gz"
        path.write_bytes(gzip.compress(text.encode()))
        paths.append(str(path))
    return paths, rows


def counted(rows, min_mapq):
    """Pairs by bins of 1 kb, one by one."""
    first = {"b": 0, "a": 6}
    matrix = np.zeros((9, 9), int)
    for c1, p1, c2, p2, _, q1, q2 in rows:
        if min(q1, q2) >= min_mapq:
            i, j = first[c1] + (p1 - 1) // 1000, first[c2] + (p2 - 1) // 1000
            matrix[i, j] += 1
            matrix[j, i] += i != j
    return matrix


@pytest.mark.parametrize("min_mapq", [0, 10, 30])
def test_every_pair_of_enough_quality_is_in_its_bin(tmp_path, pairs, min_mapq):
    paths, rows = pairs
    counts = write_mcool(paths, LENGTHS, 1000, min_mapq, tmp_path / "x.mcool")
    clr = cooler.Cooler(f"{tmp_path}/x.mcool::resolutions/1000")
    np.testing.assert_array_equal(clr.matrix(balance=False)[:], counted(rows, min_mapq))
    assert clr.chromnames == ["b", "a"]
    kept = sum(min(row[-2:]) >= min_mapq for row in rows)
    assert (counts.used, counts.low_mapq) == (kept, 3000 - kept)
    assert counts.unmapped == counts.duplicate == 2


def test_the_map_of_all_pairs_holds_that_of_certain_ones(tmp_path, pairs):
    maps = []
    for quality in (0, 10):
        write_mcool(pairs[0], LENGTHS, 1000, quality, tmp_path / f"{quality}.mcool")
        clr = cooler.Cooler(f"{tmp_path}/{quality}.mcool::resolutions/1000")
        maps.append(clr.matrix(balance=False)[:])
    assert (maps[0] >= maps[1]).all()
    assert maps[0].sum() > maps[1].sum()


def test_bins_go_up_to_one_picture():
    assert resolutions(1000, 100_000) == [1000]
    assert resolutions(1000, 1_000_000) == [1000, 2000, 5000]
    sizes = resolutions(1000, 3_000_000_000)
    assert sizes[:7] == [1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000]
    assert 3_000_000_000 / sizes[-1] <= 256 < 3_000_000_000 / sizes[-2]


def test_no_pair_is_an_error_in_words(tmp_path):
    (tmp_path / "x.pairs").write_text(HEADER + "r\ta\t5\ta\t6\t+\t-\tUU\t3\t60\n")
    with pytest.raises(InputError, match="none of 1 Hi-C pairs has both ends"):
        write_mcool([str(tmp_path / "x.pairs")], LENGTHS, 1000, 10, tmp_path / "x.mcool")
