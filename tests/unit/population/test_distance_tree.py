import io

import msprime
import numpy as np
import pytest
from Bio import Phylo
from Bio.Phylo.TreeConstruction import DistanceMatrix, DistanceTreeConstructor
from population_data import site_block, tree_genotypes, write_vcf

import distance_tree
from linnaea.population.distance_tree import DistanceCounts, neighbour_joining, newick, without_unknown
from linnaea.population.genotypes import dosages


def read(text):
    return Phylo.read(io.StringIO(text), "newick")


def path_lengths(tree, names):
    return np.array([[tree.distance(a, b) for b in names] for a in names])


def splits(tree, names):
    """The groups of samples that branches part off, each without the first sample."""
    found = set()
    for clade in tree.get_nonterminals() + tree.get_terminals():
        group = frozenset(leaf.name for leaf in clade.get_terminals())
        found.add(group if names[0] not in group else frozenset(names) - group)
    return {group for group in found if len(group) > 1}


def additive(number, seed):
    """Distances along a random tree with branches of positive length."""
    rng = np.random.default_rng(seed)
    parents, lengths = [-1, 0], [0.0, rng.random()]
    places = [0, 1]
    while len(places) < number:
        # A new leaf hangs on a new node in the branch of a random leaf.
        leaf = rng.choice(places[1:])
        parents.append(parents[leaf])
        cut = rng.uniform(0.2, 0.8)
        lengths.append(lengths[leaf] * cut)
        parents[leaf], lengths[leaf] = len(parents) - 1, lengths[leaf] * (1 - cut)
        parents.append(len(parents) - 1)
        lengths.append(rng.uniform(0.1, 1))
        places.append(len(parents) - 1)

    def route(node):
        walked, total = {}, 0.0
        while node != -1:
            walked[node] = total
            total += lengths[node]
            node = parents[node]
        return walked

    routes = [route(place) for place in places]
    return np.array([[min(a[n] + b[n] for n in a.keys() & b.keys()) for b in routes] for a in routes])


@pytest.mark.parametrize("number", [3, 4, 9, 25])
def test_additive_distances_come_back_along_the_tree(number):
    distances = additive(number, number)
    names = [f"n{place}" for place in range(number)]
    tree = read(newick(neighbour_joining(distances), names))
    assert path_lengths(tree, names) == pytest.approx(distances, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tree_of_noisy_distances_is_that_of_biopython(seed):
    rng = np.random.default_rng(seed)
    distances = additive(12, seed)
    noise = rng.uniform(0.95, 1.05, distances.shape)
    distances = distances * (noise + noise.T) / 2
    names = [f"n{place}" for place in range(12)]
    lower = [[float(distances[row, column]) for column in range(row)] + [0.0] for row in range(12)]
    expected = DistanceTreeConstructor().nj(DistanceMatrix(names, lower))
    tree = read(newick(neighbour_joining(distances), names))
    assert splits(tree, names) == splits(expected, names)
    # Biopython keeps negative lengths, we write them as 0.
    for clade in expected.find_clades():
        clade.branch_length = max(clade.branch_length or 0, 0)
    assert path_lengths(tree, names) == pytest.approx(path_lengths(expected, names), rel=1e-3, abs=1e-5)


def test_distance_is_the_mean_over_pairs_of_alleles():
    counts = DistanceCounts(3)
    counts.add(np.array([[0, 2, 1], [1, 1, -1], [0, 0, 0]], np.int8))
    distances, shared = counts.distances()
    # Samples 0 and 1: 1 (opposite) + 1/2 (both heterozygous) over 3 sites; samples 0 and 2: 1/2 over 2.
    assert distances[0, 1] == pytest.approx(1.5 / 3)
    assert distances[0, 2] == pytest.approx(0.5 / 2)
    assert shared[0, 2] == 2
    distances, shared = counts.distances(300)
    assert (distances[0, 1], shared[0, 2]) == (pytest.approx(1.5 / 300), pytest.approx(200))


def test_distances_are_the_divergence_of_tskit():
    ts = msprime.sim_ancestry(
        4, population_size=1000, sequence_length=1e5, recombination_rate=1e-7, random_seed=1
    )
    ts = msprime.sim_mutations(ts, rate=1e-6, model=msprime.BinaryMutationModel(), random_seed=2)
    genotypes, position = tree_genotypes(ts)
    counts = DistanceCounts(4)
    counts.add(dosages(site_block(genotypes, position)).dosage)
    nodes = [list(individual.nodes) for individual in ts.individuals()]
    expected = [[ts.divergence([a, b]) if a != b else 0 for b in nodes] for a in nodes]
    assert counts.distances(100_000)[0] == pytest.approx(np.array(expected), rel=1e-6)


def test_samples_without_common_sites_are_taken_out():
    distances = np.zeros((4, 4))
    distances[2, [0, 1, 3]] = distances[[0, 1, 3], 2] = np.nan
    assert without_unknown(distances).tolist() == [0, 1, 3]
    with pytest.raises(ValueError, match="not known"):
        neighbour_joining(distances)


def test_small_trees():
    assert newick(neighbour_joining(np.zeros((1, 1))), ["a"]) == "a;"
    assert newick(neighbour_joining(np.array([[0, 0.5], [0.5, 0]])), ["a", "b"]) == "(a:0,b:0.5);"


def test_outgroup_roots_the_tree(tmp_path):
    demography = msprime.Demography.isolated_model([500, 500, 500])
    demography.add_population(name="mid", initial_size=500)
    demography.add_population(name="old", initial_size=500)
    demography.add_population_split(time=3000, derived=["pop_0", "pop_1"], ancestral="mid")
    demography.add_population_split(time=20_000, derived=["mid", "pop_2"], ancestral="old")
    ts = msprime.sim_ancestry(
        {"pop_0": 3, "pop_1": 3, "pop_2": 1},
        sequence_length=2e5,
        recombination_rate=1e-7,
        demography=demography,
        random_seed=4,
    )
    ts = msprime.sim_mutations(ts, rate=1e-7, model=msprime.BinaryMutationModel(), random_seed=5)
    names = ["n1", "n2", "n3", "s1", "s2", "s3", "o1"]
    write_vcf(tmp_path / "a.vcf", names, [site_block(*tree_genotypes(ts))], {"chr1": 200_000})
    rows = [f"{name}\t{name[0]}\t{'yes' if name == 'o1' else 'no'}\n" for name in names]
    (tmp_path / "s.tsv").write_text("sample\tpopulation\toutgroup\n" + "".join(rows))
    files = {
        "--vcf": "a.vcf",
        "--samples": "s.tsv",
        "--distances": "d.tsv",
        "--tree": "t.nwk",
        "--out": "t.json",
    }
    options = [part for key, name in files.items() for part in (key, str(tmp_path / name))]
    distance_tree.main([*options, "--callable-sites", "200000"])
    tree = read((tmp_path / "t.nwk").read_text())
    groups = [sorted(leaf.name for leaf in clade.get_terminals()) for clade in tree.root.clades]
    assert sorted(groups) == [["n1", "n2", "n3", "s1", "s2", "s3"], ["o1"]]
    assert tree.is_monophyletic([leaf for leaf in tree.get_terminals() if leaf.name[0] == "n"])
    assert tree.is_monophyletic([leaf for leaf in tree.get_terminals() if leaf.name[0] == "s"])
    lines = [line.split("\t") for line in (tmp_path / "d.tsv").read_text().splitlines()]
    assert lines[0][4:] == ["distance_per_site", "estimator"]
    # Expected between the populations: 2 u (T + 2N) with T 3000 and N 500.
    between = [float(line[4]) for line in lines[1:] if line[0][0] + line[1][0] == "ns"]
    assert np.mean(between) == pytest.approx(2e-7 * (3000 + 1000), rel=0.15)
