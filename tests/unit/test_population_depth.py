"""Depth of samples: mosdepth's distribution and a gVCF's blocks against counts; windows, sex, routes."""

import subprocess
from itertools import pairwise

import numpy as np
import pysam
import pytest

from linnaea.errors import InputError
from linnaea.population.cohort import decisions, ploidy_lines
from linnaea.population.depth import (
    block_histograms,
    chromosome_histograms,
    depth_of,
    depth_window,
    median_depth,
    pooled,
)
from linnaea.population.samples import Sample

LENGTHS = {"chr|1": 30_000, "2": 9_000, "X.1": 12_000, "unmapped": 500}


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """A BAM of single reads, and the depth of every base by chromosome."""
    folder = tmp_path_factory.mktemp("depth")
    rng = np.random.default_rng(8)
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"SO": "coordinate"}, "SQ": [{"SN": name, "LN": size} for name, size in LENGTHS.items()]}
    )
    depths = {name: np.zeros(size, int) for name, size in LENGTHS.items()}
    with pysam.AlignmentFile(folder / "s.bam", "wb", header=header) as bam:
        for number, (name, share) in enumerate({"chr|1": 12, "2": 12, "X.1": 6}.items()):
            for start in np.sort(rng.integers(0, LENGTHS[name] - 100, share * LENGTHS[name] // 100)):
                read = pysam.AlignedSegment(header)
                read.query_name, read.reference_id, read.reference_start = "r", number, int(start)
                read.mapping_quality, read.cigarstring, read.query_sequence = 60, "100M", "A" * 100
                read.query_qualities = pysam.qualitystring_to_array("I" * 100)
                bam.write(read)
                depths[name][start : start + 100] += 1
    pysam.index("-c", str(folder / "s.bam"))
    subprocess.run(["mosdepth", "--no-per-base", "s", "s.bam"], cwd=folder, check=True)
    return folder, depths


def test_mosdepth_histograms_equal_counted_depths(mapped):
    folder, depths = mapped
    found = chromosome_histograms(folder / "s.mosdepth.global.dist.txt", folder / "s.mosdepth.summary.txt")
    for name in ("chr|1", "2", "X.1"):
        counted = np.bincount(depths[name])
        # mosdepth writes shares with two decimals
        assert np.abs(pooled([found[name]])[: counted.size] - counted).max() <= 0.011 * LENGTHS[name]


def test_blocks_equal_counted_depths(mapped):
    _, depths = mapped
    lines = []
    for name, values in depths.items():
        edges = [0, *(np.flatnonzero(np.diff(values)) + 1), values.size]
        for start, end in pairwise(edges):
            if values[start]:
                lines.append(f"{name}\t{start + 1}\t{end}\t{values[start]}\n")
    lines.insert(3, lines[2])  # an indel's row repeats its base
    found = block_histograms(lines, LENGTHS)
    for name, values in depths.items():
        assert found[name].tolist() == np.bincount(values).tolist()


def test_window_and_sex(mapped):
    folder, depths = mapped
    histograms = chromosome_histograms(
        folder / "s.mosdepth.global.dist.txt", folder / "s.mosdepth.summary.txt"
    )
    autosomes = np.concatenate([depths["chr|1"], depths["2"]])
    found = depth_of("s", histograms, {"X.1": "X"}, 0.33, 2, 4)
    assert abs(found["median_depth_x"] - np.median(autosomes[autosomes > 0])) <= 1
    assert found["mean_depth_x"] == pytest.approx(autosomes.mean(), rel=0.03)
    assert found["sex_by_depth"] == "male"
    assert depth_of("s", histograms, {"X.1": "Z"}, 0.33, 2, 4)["sex_by_depth"] == "female"
    assert depth_of("s", histograms, {}, 0.33, 2, 4)["sex_by_depth"] == "unknown"
    with pytest.raises(InputError, match="sample s: no read covers an autosome"):
        depth_of("s", {"1": np.array([100.0])}, {}, 0.33, 2, 4)


@pytest.mark.parametrize(
    ("median", "expected"), [(12, (4, 24)), (30, (10, 60)), (3, (4, 6)), (1, (4, 4)), (100, (33, 200))]
)
def test_depth_window(median, expected):
    assert depth_window(median, 0.33, 2, 4) == expected


def test_median_is_of_covered_bases():
    assert median_depth(np.array([1000, 1, 1, 1.0])) == 2
    assert median_depth(np.array([1000.0])) == 0


def test_ploidy_of_sex_chromosomes_is_that_of_bcftools():
    lines = ploidy_lines({"a": "X", "b": "Y", "c": "Z", "d": "W", "e": "mito"}, dict.fromkeys("abcde", 9))
    assert lines[-3:] == ["* * * female 2", "* * * male 2", "* * * unknown 2"]
    expected = ["a 1 9 male 1", "b 1 9 female 0", "b 1 9 male 1", "c 1 9 female 1", "d 1 9 female 1"]
    expected += ["d 1 9 male 0", "e 1 9 female 1", "e 1 9 male 1", "e 1 9 unknown 1"]
    assert lines[:-3] == expected


def test_route_by_depth_and_disagreeing_sex():
    def sample(name, sex):
        return Sample(name, "g", "g", "modern", ".", sex, None, None, False, ".")

    depth = {"min_depth_x": 4, "max_depth_x": 9}
    rows = decisions(
        [sample("a", "male"), sample("b", "female"), sample("c", "unknown")],
        {
            "a": depth | {"median_depth_x": 4.9, "sex_by_depth": "male"},
            "b": depth | {"median_depth_x": 5.0, "sex_by_depth": "male"},
            "c": depth | {"median_depth_x": 9.0, "sex_by_depth": "female"},
        },
        5,
    )
    assert [row["route"] for row in rows] == ["likelihoods", "calls", "calls"]
    assert [row["sex_disagrees"] for row in rows] == [False, True, False]
