"""Overlaps found through bins against all compared with all."""

import numpy as np

from linnaea.formats.overlaps import OverlapIndex


def test_places_finds_every_overlap_once():
    rng = np.random.default_rng(2)
    places, everything = OverlapIndex(), []
    for number in range(300):
        start = int(rng.integers(0, 200_000))
        end = start + int(rng.integers(1, 60_000))
        strand = str(rng.choice(["+", "-"]))
        places.add(strand, start, end, number)
        everything.append((strand, start, end, number))
    for _ in range(100):
        low = int(rng.integers(0, 200_000))
        high = low + int(rng.integers(1, 50_000))
        wanted = [n for strand, start, end, n in everything if strand == "+" and start < high and low < end]
        assert sorted(places.near("+", low, high)) == wanted
