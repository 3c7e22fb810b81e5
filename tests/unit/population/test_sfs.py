import json

import msprime
import numpy as np
import pytest
from population_data import site_block, split_blocks, tree_genotypes

from linnaea.population.sfs import (
    OUTGROUP,
    SpectrumCounts,
    common_size,
    fold,
    merge,
    pair_spectrum,
    projection,
    spectrum,
    write_spectra,
)

GROUPS = {"north": [0, 1, 2, 3, 4], "south": [5, 6, 7]}


@pytest.fixture(scope="module")
def trees():
    demography = msprime.Demography()
    for name in ("north", "south", "old"):
        demography.add_population(name=name, initial_size=1e4)
    demography.add_population_split(time=4000, derived=["north", "south"], ancestral="old")
    ts = msprime.sim_ancestry(
        {"north": 5, "south": 3},
        sequence_length=3e5,
        recombination_rate=1e-8,
        demography=demography,
        random_seed=5,
    )
    # Binary mutations with the ancestral allele 0: spectra of tskit count alleles just as ours.
    return msprime.sim_mutations(
        ts, rate=2e-8, model=msprime.BinaryMutationModel(), discrete_genome=False, random_seed=6
    )


def allele_counts(genotypes):
    return {
        name: np.stack([(genotypes[:, columns] == allele).sum(axis=(1, 2)) for allele in range(4)], axis=1)
        for name, columns in GROUPS.items()
    }


def counted(genotypes, outgroup=True, cuts=(), **options):
    """Spectra of genotypes with an outgroup sample, column 8, that has the ancestral allele everywhere."""
    genotypes = np.concatenate([genotypes, np.zeros((len(genotypes), 1, 2), np.int8)], axis=1)
    total = []
    for part in split_blocks(site_block(genotypes), *cuts):
        counts = SpectrumCounts(GROUPS, [8] if outgroup else [], **options)
        counts.add(part, allele_counts(part.genotypes))
        total.append(counts.partial())
    return merge(total)


def nodes(trees, population):
    return [
        node
        for node in trees.samples()
        if trees.population(trees.node(node).population).metadata["name"] == population
    ]


def test_complete_data_give_the_spectra_of_tskit(trees):
    counts = counted(tree_genotypes(trees)[0])
    north, south = nodes(trees, "north"), nodes(trees, "south")
    options = {"span_normalise": False, "polarised": True}
    truth = trees.allele_frequency_spectrum([north, south], **options)
    ours = pair_spectrum(counts["unfolded/north/south"], (10, 6))
    # The tree sequence has no row for sites that do not vary.
    ours[0, 0] = truth[0, 0]
    assert ours == pytest.approx(truth, abs=1e-6)
    for name, group in (("north", north), ("south", south)):
        ours = spectrum(counts[f"unfolded/{name}"], len(group))
        assert ours[1:] == pytest.approx(trees.allele_frequency_spectrum([group], **options)[1:], abs=1e-9)
        folded = fold(spectrum(counts[f"folded/{name}"], len(group)))
        one_way = trees.allele_frequency_spectrum([group], span_normalise=False, polarised=False)
        middle = len(group) // 2
        assert folded[1:middle] == pytest.approx(one_way[1:middle], abs=1e-9)
        # The middle class: every site has two alleles at it, and tskit counts half of each.
        assert folded[middle] == pytest.approx(one_way[middle], abs=1e-9)
    assert fold(truth)[1:, :].sum() > 0
    folded_pair = fold(pair_spectrum(counts["folded/north/south"], (10, 6)))
    expected = fold(truth)
    assert folded_pair.ravel()[1:] == pytest.approx(expected.ravel()[1:], abs=1e-6)


def test_neutral_spectrum_is_theta_over_i():
    """E[xi_i] = theta / i (Fu 1995) over independent genealogies."""
    total = np.zeros(9)
    replicates = 100
    genealogies = msprime.sim_ancestry(
        4,
        population_size=1e4,
        sequence_length=1e5,
        random_seed=3,
        num_replicates=replicates,
        recombination_rate=1e-7,
    )
    for seed, ts in enumerate(genealogies, 1):
        ts = msprime.sim_mutations(
            ts,
            rate=2e-8,
            model=msprime.BinaryMutationModel(),
            discrete_genome=False,
            random_seed=seed,
        )
        genotypes, _ = tree_genotypes(ts)
        counts = SpectrumCounts({"all": range(4)}, [4])
        alleles = np.stack([(genotypes == allele).sum(axis=(1, 2)) for allele in range(4)], axis=1)
        block = site_block(np.concatenate([genotypes, np.zeros((len(genotypes), 1, 2), np.int8)], axis=1))
        counts.add(block, {"all": alleles})
        total += spectrum(counts.partial()["unfolded/all"], 8)
    theta = 4 * 1e4 * 2e-8 * 1e5
    expected = theta / np.arange(1, 8)
    assert total[1:8] / replicates == pytest.approx(expected, rel=0.1)


def test_missing_genotypes_do_not_move_the_projected_spectrum(trees):
    genotypes, _ = tree_genotypes(trees)
    rng = np.random.default_rng(1)
    holes = genotypes.copy()
    holes[rng.random(holes.shape[:2]) < 0.15] = -1
    complete = spectrum(counted(genotypes)["unfolded/north"], 6)
    counts = counted(holes)["unfolded/north"]
    projected = spectrum(counts, 6)
    share = counts[6:].sum() / counts.sum()
    assert share < 0.99
    assert projected[1:6] / share == pytest.approx(complete[1:6], rel=0.1)


def test_projection_is_by_hypergeometric_draws():
    weights = projection(4, 2)
    # Two of four alleles are derived; two are drawn: none 1/6, one 4/6, both 1/6.
    assert weights[2] == pytest.approx([1 / 6, 4 / 6, 1 / 6])
    assert weights.sum(axis=1) == pytest.approx(np.ones(5))


def test_pairs_above_the_cap_are_projected(trees):
    genotypes, _ = tree_genotypes(trees)
    full = pair_spectrum(counted(genotypes)["unfolded/north/south"], (4, 4))
    capped = counted(genotypes, pair_chromosomes=4)["unfolded/north/south"]
    assert capped.shape == (5, 5, 5, 5)
    assert pair_spectrum(capped, (4, 4)) == pytest.approx(full, abs=0.01)


def test_regions_add_up_exactly(trees):
    genotypes, _ = tree_genotypes(trees)
    rng = np.random.default_rng(2)
    genotypes[rng.random(genotypes.shape[:2]) < 0.3] = -1
    whole = counted(genotypes, pair_chromosomes=5)
    parts = counted(genotypes, cuts=(7, 100, 101), pair_chromosomes=5)
    assert whole.keys() == parts.keys()
    assert all(np.array_equal(whole[key], parts[key]) for key in whole)


def test_tables_count_what_was_left_out(tmp_path):
    # Four sites of one group of two samples and an outgroup: plain, three alleles, no ancestral, invariant.
    block = site_block(
        [
            [[0, 1], [0, 0], [1, 1]],
            [[0, 1], [2, 2], [0, 0]],
            [[0, 1], [1, 1], [-1, -1]],
            [[0, 0], [0, 0], [0, 0]],
        ]
    )
    counts = SpectrumCounts({"all": [0, 1]}, [2])
    alleles = np.stack([(block.genotypes[:, :2] == allele).sum(axis=(1, 2)) for allele in range(4)], axis=1)
    counts.add(block, {"all": alleles})
    write_spectra(counts.partial(), tmp_path / "1.tsv", tmp_path / "2.tsv", tmp_path / "r.json")
    rows = [line.split("\t") for line in (tmp_path / "1.tsv").read_text().splitlines()]
    assert rows[0] == ["group", "kind", "chromosomes", "class", "sites"]
    folded = {row[3]: row[4] for row in rows if row[1] == "folded"}
    unfolded = {row[3]: row[4] for row in rows if row[1] == "unfolded"}
    assert folded == {"0": "1", "1": "2", "2": "0"}
    # The outgroup has allele 1 at the first site: three of four alleles are derived.
    assert unfolded == {"0": "1", "1": "0", "2": "0", "3": "1", "4": "0"}
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["no_ancestral_sites"] == 1
    assert record["groups"]["all"]["folded_multiallelic_sites"] == 1
    assert record["groups"]["all"]["unfolded_multiallelic_sites"] == 1


def test_filtered_outgroup_counts_replace_its_genotypes():
    block = site_block([[[0, 1], [0, 0]]])
    counts = SpectrumCounts({"all": [0]}, [1])
    counts.add(block, {"all": np.array([[1, 1, 0, 0]]), OUTGROUP: np.zeros((1, 4), int)})
    assert counts.partial()["no_ancestral"][0] == 1


def test_common_size_is_the_largest_most_sites_have():
    counts = np.zeros((7, 7), int)
    counts[6, 0], counts[4, 1], counts[2, 0] = 70, 15, 15
    assert common_size(counts) == 4
    assert common_size(counts, share=0.7) == 6
    assert common_size(np.zeros((7, 7), int)) == 0
