"""The regions of joint calling."""

import numpy as np
import pytest

from linnaea.population.plan_regions import plan_regions, region_size_bp

WINDOW = 50_000
GENOMES = {
    "three chromosomes": {"1": 600_000_001, "2": 50_000_000, "chr|X.1": 120_000},
    "a draft of small scaffolds": {f"s{number}": 1_000 + 37 * number for number in range(5_000)},
    "one short sequence": {"MT": 16_569},
}


@pytest.mark.parametrize("lengths", GENOMES.values(), ids=GENOMES)
@pytest.mark.parametrize("size", [50_000, 1_000_000, 7_777_777])
@pytest.mark.parametrize("most", [1, 7, 200])
def test_every_base_is_in_one_region_and_no_window_is_cut(lengths, size, most):
    bundles = plan_regions(lengths, size, WINDOW, most)
    assert len(bundles) <= most
    covered = [interval for bundle in bundles for interval in bundle]
    expected_start = dict.fromkeys(lengths, 0)
    for name, start, end in covered:
        assert start == expected_start[name] and start % WINDOW == 0 and end > start
        expected_start[name] = end
    assert expected_start == lengths
    assert list(dict.fromkeys(name for name, *_ in covered)) == list(lengths)


def test_regions_are_balanced():
    bundles = plan_regions({"1": 100_000_000, "2": 63_000_000, "3": 900_000}, 5_000_000, WINDOW, 200)
    sizes = np.array([sum(end - start for _, start, end in bundle) for bundle in bundles])
    assert sizes[:-1].max() / sizes[:-1].min() < 1.2


def test_jobs_are_an_hours_work_and_capped():
    assert region_size_bp(1_000_000_000, 10, WINDOW, 200) == 200_000_000
    assert region_size_bp(1_000_000_000, 200, WINDOW, 200) == 10_000_000
    assert region_size_bp(1_000_000_000, 10_000, WINDOW, 200) == 5_000_000  # 200 regions and no more
    assert region_size_bp(1_000_000_000, 10, 30_000, 200) % 30_000 == 0
