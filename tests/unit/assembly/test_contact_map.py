import cooler
import numpy as np
import pandas as pd
import pytest

from linnaea.assembly.contact_map import (
    distance_decay,
    draw,
    pair_metrics,
    read_pairtools_statistics,
    report_matrix,
)

SIZES = {"short": 2_500, "long": 10_000, "middle": 5_000}


@pytest.fixture
def mcool(tmp_path):
    """A map of random contacts, and the same contacts as a dense matrix with the longest sequence first."""
    bins = cooler.binnify(pd.Series(SIZES), 1000)
    rng = np.random.default_rng(5)
    dense = np.triu(rng.integers(0, 4, (len(bins), len(bins))))
    rows, columns = np.nonzero(dense)
    pixels = pd.DataFrame({"bin1_id": rows, "bin2_id": columns, "count": dense[rows, columns]})
    cooler.create_cooler(str(tmp_path / "x.cool"), bins, pixels, ordered=True)
    cooler.zoomify_cooler(str(tmp_path / "x.cool"), str(tmp_path / "x.mcool"), [1000, 2000], chunksize=1000)
    order = pd.concat([bins[bins["chrom"] == name] for name in ("long", "middle", "short")]).index
    symmetric = dense + np.triu(dense, 1).T
    return tmp_path / "x.mcool", symmetric[np.ix_(order, order)]


def test_matrix_is_the_whole_map_longest_sequence_first(mcool):
    path, expected = mcool
    matrix = report_matrix(path)
    assert matrix["bin_bp"] == 1000
    assert [sequence["name"] for sequence in matrix["sequences"]] == ["long", "middle", "short"]
    assert [sequence["first_bin"] for sequence in matrix["sequences"]] == [0, 10, 15]
    np.testing.assert_array_equal(matrix["counts"], expected)


def test_a_large_map_is_shown_coarser(mcool, monkeypatch):
    path, expected = mcool
    monkeypatch.setattr("linnaea.assembly.contact_map.BINS_IN_REPORT", 12)
    matrix = report_matrix(path)
    assert matrix["bin_bp"] == 2000
    assert np.trace(matrix["counts"]) < expected.sum()
    upper = np.triu(matrix["counts"]).sum()
    assert upper == np.triu(expected).sum()


def test_picture_is_drawn(mcool, tmp_path):
    path, _ = mcool
    draw(report_matrix(path), "x", tmp_path / "x.png")
    from matplotlib.image import imread

    assert imread(tmp_path / "x.png").std() > 0.05


def test_shares_of_two_libraries(tmp_path):
    rows = {
        "total": 100, "total_mapped": 80, "total_dups": 20, "total_nodups": 60, "cis": 45, "trans": 15,
        "cis_1kb+": 30, "cis_20kb+": 10, "summary/frac_dups": 0.25,
        "dist_freq/0-1/++": 3, "dist_freq/0-1/--": 4, "dist_freq/1000+/+-": 5,
    }  # fmt: skip
    for name in ("a", "b"):
        (tmp_path / name).write_text("".join(f"{key}\t{value}\n" for key, value in rows.items()))
    every = read_pairtools_statistics([tmp_path / "a", tmp_path / "b"])
    placed = read_pairtools_statistics([tmp_path / "a"]) | {"cis": 30, "trans": 30}
    metrics = pair_metrics(every, placed)
    assert metrics["pairs"] == 200
    assert (metrics["unique_pairs"], metrics["placed_pairs_pct"]) == (120, 50)
    assert (metrics["mapped_pairs_pct"], metrics["duplicate_pct"]) == (80, 25)
    assert (metrics["cis_pct"], metrics["trans_pct"]) == (50, 50)
    assert metrics["distance_decay"] == {"distance_bp": [0, 1000], "pairs": [7, 5]}
    assert distance_decay(every) == {"distance_bp": [0, 1000], "pairs": [14, 10]}
