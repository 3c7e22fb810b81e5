import numpy as np
import pytest
from shallow_reads import shallow_sites

from linnaea.population.likelihood_kinship import (
    INBREEDING_COLUMNS,
    KINSHIP_COLUMNS,
    pair_chances,
    relatedness,
)

CHROMOSOMES = 20


def gamete(parent, chromosome, rng):
    """One allele of each site of a parent (2, n): a Poisson number of crossovers, one on average, in each."""
    side = np.zeros(len(chromosome), int)
    for number in range(CHROMOSOMES):
        sites = np.flatnonzero(chromosome == number)
        breaks = np.sort(rng.integers(0, len(sites) + 1, rng.poisson(1)))
        side[sites] = (rng.integers(2) + np.searchsorted(breaks, np.arange(len(sites)), side="right")) % 2
    return parent[side, np.arange(len(chromosome))]


FOUNDERS, SITES = 18, 16_000


@pytest.fixture(scope="module")
def pedigree():
    """Founders of both alleles of each person, name -> (2, n), and dosages (n, people).

    Of the founders three have children: two full sibs and a half sib, and the sibs an inbred child.
    """
    rng = np.random.default_rng(21)
    # as under neutrality, in proportion to 1 / frequency
    frequency = 0.02 * (0.9 / 0.02) ** rng.random(SITES)
    alleles = rng.random((2 * FOUNDERS, SITES)) < frequency
    chromosome = np.arange(SITES) * CHROMOSOMES // SITES
    origin = np.repeat(np.arange(2 * FOUNDERS)[:, None], SITES, axis=1)
    people = {f"f{i:02d}": origin[2 * i : 2 * i + 2] for i in range(FOUNDERS)}
    for child, (one, two) in {
        "kid1": ("f00", "f01"), "kid2": ("f00", "f01"), "half": ("f00", "f02"), "inbred": ("kid1", "kid2"),
    }.items():  # fmt: skip
        people[child] = np.stack([gamete(people[one], chromosome, rng), gamete(people[two], chromosome, rng)])
    dosages = [alleles[sides, np.arange(SITES)].sum(axis=0) for sides in people.values()]
    return people, np.stack(dosages, axis=1).astype(np.uint8)


def true_kinship(one, two):
    return np.mean([one[a] == two[b] for a in (0, 1) for b in (0, 1)])


RELATED = {
    ("f00", "kid1"): "parent_offspring",
    ("f01", "kid2"): "parent_offspring",
    ("f02", "half"): "parent_offspring",
    ("kid1", "kid2"): "full_sib",
    ("half", "kid1"): "second_degree",
    ("half", "kid2"): "second_degree",
}


@pytest.mark.parametrize("depth", [2, 4])
def test_relations_are_those_of_the_pedigree(pedigree, depth):
    people, dosages = pedigree
    (sites,) = shallow_sites(dosages, depth, np.random.default_rng(depth))
    names = list(people)
    kinship, inbreeding = relatedness(sites.levels, {"all": np.arange(len(names))}, names)
    rows = {(row[0], row[1]): dict(zip(KINSHIP_COLUMNS, row, strict=True)) for row in kinship}
    assert len(rows) == len(names) * (len(names) - 1) / 2
    for pair, expected in RELATED.items():
        # half sibs of this pedigree share 0.108 and 0.124, where the second degree begins at 0.088
        allowed = {expected, "third_degree"} if expected == "second_degree" else {expected}
        assert rows[pair]["relation"] in allowed, pair
        true = true_kinship(*(people[name] for name in pair))
        assert abs(rows[pair]["kinship"] - true) < max(0.02, 3 * rows[pair]["kinship_standard_error"])
    founders = [row for pair, row in rows.items() if all(name.startswith("f") for name in pair)]
    assert {row["relation"] for row in founders} <= {"unrelated", "third_degree"}
    assert np.mean([row["relation"] == "unrelated" for row in founders]) > 0.9
    f = {row[0]: dict(zip(INBREEDING_COLUMNS, row, strict=True)) for row in inbreeding}
    true = np.mean(people["inbred"][0] == people["inbred"][1])
    assert abs(f["inbred"]["inbreeding"] - true) < 2 * f["inbred"]["inbreeding_standard_error"] < 0.12
    assert np.mean([f[name]["inbreeding"] for name in names if name != "inbred"]) < 0.04


def test_too_little_is_undetermined(pedigree):
    _, dosages = pedigree
    (few,) = shallow_sites(dosages[:, :4], 4, np.random.default_rng(1))
    kinship, inbreeding = relatedness(few.levels, {"all": np.arange(4)}, list("abcd"))
    assert {row[-2:] for row in kinship} == {("undetermined", "fewer than 5 samples in the group")}
    assert all(row[3] is None for row in inbreeding)
    (thin,) = shallow_sites(dosages[:600, :8], 2, np.random.default_rng(1))
    kinship, _ = relatedness(thin.levels, {"all": np.arange(8)}, list("abcdefgh"))
    assert {row[-2] for row in kinship} == {"undetermined"}


def test_chances_of_all_genotypes_sum_to_one():
    one, two = (part.reshape(-1, 3) for part in np.broadcast_arrays(np.eye(3)[:, None], np.eye(3)[None]))
    total = pair_chances(one, two, np.full(9, 0.3), 30).sum(axis=0)
    assert total == pytest.approx([1, 1, 1])
