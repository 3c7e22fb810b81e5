import csv
import json

import allel
import msprime
import numpy as np
import pytest
from population_data import site_block, tree_genotypes, write_vcf

import f_statistics
from linnaea.population.diversity import ratio
from linnaea.population.f_statistics import (
    F_COLUMNS,
    OUTGROUP,
    FrequencySums,
    GroupTree,
    best_splits,
    block_size,
    residual_rows,
    rows_of,
)
from linnaea.population.genotypes import dosages

NAMES = ["a", "b", "c", OUTGROUP]
SAMPLES = 4
COLUMNS = [np.arange(SAMPLES * group, SAMPLES * (group + 1)) for group in range(4)]
LENGTH = 3_000_000


def history(seed, share=0.0, into="a", source="c", chromosomes=2):
    """((a, b), c), outgroup: splits 2000, 8000 and 20000 generations ago; 200 ago a share of `into` came from
    `source`.
    """
    model = msprime.Demography()
    for name in ("a", "b", "c", "o", "ab", "abc", "root"):
        model.add_population(name=name, initial_size=2000)
    if share:
        model.add_mass_migration(time=200, source=into, dest=source, proportion=share)
    model.add_population_split(time=2000, derived=["a", "b"], ancestral="ab")
    model.add_population_split(time=8000, derived=["ab", "c"], ancestral="abc")
    model.add_population_split(time=20000, derived=["abc", "o"], ancestral="root")
    for chromosome in range(chromosomes):
        ts = msprime.sim_ancestry(
            dict.fromkeys("abco", SAMPLES),
            demography=model,
            sequence_length=LENGTH,
            recombination_rate=2e-8,
            random_seed=seed * 10 + chromosome + 1,
        )
        yield msprime.sim_mutations(
            ts, rate=1e-8, model=msprime.BinaryMutationModel(), random_seed=seed * 10 + chromosome + 7
        )


def summed(trees, missing=0.0, block_bp=LENGTH // 25, rooted=True):
    rng = np.random.default_rng(1)
    sums = FrequencySums(COLUMNS, 4 * SAMPLES, rooted, block_bp)
    counts = []
    for chromosome, ts in enumerate(trees):
        genotypes, position = tree_genotypes(ts)
        genotypes[rng.random(genotypes.shape[:2]) < missing] = -1
        sums.add(dosages(site_block(genotypes, position, f"chr{chromosome}")))
        counts.append(
            [allel.GenotypeArray(genotypes[:, group]).count_alleles(max_allele=1) for group in COLUMNS]
        )
    return sums, [np.concatenate(of) for of in zip(*counts, strict=True)]


def table(sums, names=NAMES):
    return {row[:5]: dict(zip(F_COLUMNS, row, strict=True)) for row in rows_of(names, sums)}


def test_sums_are_those_of_tskit():
    trees = list(history(1, 0.2))
    sums, _ = summed(trees)
    tables, of = sums.tables(), sums.combinations
    sets = [[2 * column + copy for column in group for copy in (0, 1)] for group in COLUMNS]
    for kind, chosen, statistic in (
        ("f2", of.pairs, "f2"), ("f3", of.triples, "f3"), ("f4", of.quartets, "f4"),
    ):  # fmt: skip
        expected = sum(
            getattr(ts, statistic)(sets, indexes=chosen.tolist(), span_normalise=False, mode="site")
            for ts in trees
        )
        assert tables[kind][0].sum(axis=1) == pytest.approx(expected, rel=1e-9, abs=1e-9), kind


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_estimates_and_errors_are_those_of_scikit_allel(missing):
    sums, counts = summed(history(2, 0.1), missing)
    found = table(sums)
    acs = [allel.AlleleCountsArray(of) for of in counts]
    called = np.all([of.sum(axis=1) > 0 for of in acs], axis=0)
    d, error, z, _, _ = allel.average_patterson_d(*(of[called] for of in acs), blen=called.sum() // 50)
    row = found["d", "a", "b", "c", OUTGROUP]
    # theirs is the mean over blocks; both use the ratio of sums for the value
    assert row["estimate"] == pytest.approx(d, abs=0.003)
    assert row["standard_error"] == pytest.approx(error, rel=0.25)
    assert row["z"] == pytest.approx(z, rel=0.25)
    for place, (target, one, two) in enumerate(sums.combinations.triples):
        three = np.all([acs[g].sum(axis=1) > 0 for g in (target, one, two)], axis=0)
        numerator, _ = allel.patterson_f3(*(acs[g][three] for g in (target, one, two)))
        assert found["f3", NAMES[target], NAMES[one], NAMES[two], "."]["estimate"] == pytest.approx(
            np.nanmean(numerator), rel=1e-6
        )
        assert sums.tables()["f3"][1, place].sum() == three.sum()


def test_gene_flow_is_found_with_its_sign_and_nothing_in_its_absence():
    # c into a: a is like c, so (a - b)(c - outgroup) is positive; into b negative
    with_a, with_b = (table(summed(history(3, 0.2, into))[0]) for into in "ab")
    assert with_a["d", "a", "b", "c", OUTGROUP]["z"] > 5
    assert with_b["d", "a", "b", "c", OUTGROUP]["z"] < -5
    assert (
        with_a["d", "a", "b", "c", OUTGROUP]["baba_sites"]
        > with_a["d", "a", "b", "c", OUTGROUP]["abba_sites"]
    )
    zs = [
        table(summed(history(seed, chromosomes=1))[0])["f4", "a", "b", "c", OUTGROUP]["z"]
        for seed in range(20, 32)
    ]
    assert max(map(abs, zs)) < 3.5
    assert 0.5 < np.std(zs) < 1.6


def test_only_a_mixed_group_has_negative_f3():
    mixed, plain = (table(summed(history(4, share, "b", "c"))[0]) for share in (0.4, 0.0))
    assert mixed["f3", "b", "a", "c", "."]["z"] < -3
    assert min(row["z"] for key, row in plain.items() if key[0] == "f3") > -2
    assert plain["f3", "b", "a", "c", "."]["estimate"] > 0


def test_the_best_split_is_that_of_the_tree():
    found = table(summed(history(5))[0])
    best = [key[1:] for key, row in found.items() if key[0] == "f4" and row["split"] == "best"]
    assert best == [("a", "b", "c", OUTGROUP)]
    # Sums of f2 of the splits 5, 2, 3: f4 are (3 - 2) / 2, (3 - 5) / 2, (2 - 5) / 2.
    assert best_splits(np.array([0.5, -1, -1.5])).tolist() == [False, True, False]
    assert not best_splits(np.array([np.nan, 0.1, 0.2])).any()


def test_residuals_of_the_tree_point_to_the_two_that_mixed():
    def fitted(share):
        sums, _ = summed(history(6, share, "a", "c"))
        f2 = sums.tables()["f2"]
        tree = GroupTree(sums.combinations.pairs, f2, 4)
        values = ratio(f2[0].sum(1), f2[1].sum(1))
        return residual_rows(NAMES, sums.combinations.pairs, values, tree, rows_of(NAMES, sums)), tree

    rows, tree = fitted(0.1)
    first = rows[0]
    assert first[:2] in {("a", "c"), ("b", OUTGROUP)} and first[6] < -5
    assert next(row for row in rows if row[:2] == ("a", "c"))[7:] == (
        "a,b;c,outgroup", pytest.approx(-first[6], rel=0.1),
    )  # fmt: skip
    rows, tree = fitted(0.0)
    assert max(abs(row[6]) for row in rows) < 3
    # a and b are sisters: 2000 generations of drift each side, and c has 8000
    edges = {tuple(sorted(edge)) for edge in ((0, 1), (2, 3))}
    siblings = {
        tuple(sorted(leaf for leaf in tree.tree[node] if leaf < 4)) for node in tree.tree if node >= 4
    }
    assert siblings == edges


def test_a_distance_that_is_additive_has_no_residual():
    pairs = np.array([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
    distances = np.array([0.3, 0.5, 0.6, 0.6, 0.7, 0.5])  # tips 0.1 0.2 0.2 0.3, inner branch 0.2
    sums = np.stack([distances[:, None] * np.ones(20), np.ones((6, 20))])
    tree = GroupTree(pairs, sums, 4)
    assert tree.distance == pytest.approx(distances)
    assert tree.residual == pytest.approx(0, abs=1e-12)
    assert sorted(length for node in range(4) for length in tree.tree[node].values()) == pytest.approx(
        [0.1, 0.2, 0.2, 0.3]
    )


def test_short_scaffolds_share_a_block():
    sums = FrequencySums(COLUMNS, 16, True, 1000, {f"s{n}": 100 for n in range(40)})
    rng = np.random.default_rng(1)
    for number in range(40):
        sums.add(dosages(site_block(rng.integers(0, 2, (5, 16, 2)), np.arange(5) + 1, f"s{number}")))
    assert sums.tables()["f2"].shape[2] == 4
    assert block_size([20_000_000]) == 400_000
    assert block_size([10**9]) == 5_000_000
    assert block_size([2 * 10**10]) == 20_000_000
    assert block_size([10**6, None]) == 5_000_000


def write_run(folder, groups, samples=2, outgroup=True, sites=600, udg="."):
    names = [f"{group}{n}" for group in range(groups + outgroup) for n in range(samples)]
    rng = np.random.default_rng(3)
    frequency = np.clip(rng.beta(0.5, 0.5, (sites, 1)) + rng.normal(0, 0.2, (sites, groups + outgroup)), 0, 1)
    genotypes = rng.random((sites, len(names), 2)) < np.repeat(frequency, samples, axis=1)[:, :, None]
    alleles = np.array([[0, 1 + row % 2, 4, 4] for row in range(sites)])
    write_vcf(
        folder / "v.vcf",
        names,
        [site_block(genotypes, np.arange(sites) * 1000 + 1, "1", alleles)],
        {"1": 600_000},
    )
    rows = [
        f"{name}\tg{int(name[:-1]):02}\t{'historical' if udg != '.' and name == '00' else 'modern'}\t{udg}\t"
        + ("yes" if outgroup and int(name[:-1]) == groups else "no")
        for name in names
    ]
    (folder / "s.tsv").write_text("sample\tpopulation\tage_class\tudg\toutgroup\n" + "\n".join(rows) + "\n")
    options = ["--vcf", str(folder / "v.vcf"), "--samples", str(folder / "s.tsv")]
    for name, file in (("table", "f.tsv"), ("residuals", "r.tsv"), ("tree", "t.nwk"), ("out", "f.json")):
        options += [f"--{name}", str(folder / file)]
    return options


def read(folder):
    with (folder / "f.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    return rows, json.loads((folder / "f.json").read_text())


def test_a_run_counts_its_tests_and_says_which_groups_it_left_out(tmp_path):
    f_statistics.main([*write_run(tmp_path, 6), "--max-groups", "5"])
    rows, record = read(tmp_path)
    assert record["groups_left_out"] == ["g05"]
    assert (record["tests_d"], record["tests_f3"]) == (10, 30)
    assert sum(row["statistic"] == "d" for row in rows) == 3 * record["tests_d"]
    assert {row["group_4"] for row in rows if row["statistic"] == "d"} == {OUTGROUP}
    assert record["blocks"] == 50 and record["sites_used"] == "all"
    assert (tmp_path / "t.nwk").read_text().startswith("(outgroup:")
    assert record["tree"].count(",") == 5


def test_old_dna_is_compared_at_transversions(tmp_path):
    f_statistics.main(write_run(tmp_path, 4, outgroup=False, udg="half"))
    record = read(tmp_path)[1]
    # every second site is A/C, the others A/G
    assert (record["sites"], record["sites_used"]) == (300, "transversions")
    assert record["outgroup"] is None and record["tests_d"] == 5  # of five groups, one of them historical
    f_statistics.main(write_run(tmp_path, 4, outgroup=False, udg="full"))
    assert read(tmp_path)[1]["sites_used"] == "all"


@pytest.mark.parametrize("groups, outgroup", [(1, False), (1, True), (2, False), (2, True)])
def test_few_groups_give_what_they_can(tmp_path, groups, outgroup):
    f_statistics.main(write_run(tmp_path, groups, outgroup=outgroup))
    rows, record = read(tmp_path)
    assert sum(row["statistic"] == "f2" for row in rows) == {1: 0, 2: 1, 3: 3}[groups + outgroup]
    assert record["tests_d"] == 0


def test_too_few_blocks_give_no_z(tmp_path):
    f_statistics.main([*write_run(tmp_path, 3, sites=9), "--block-bp", "1000000"])
    rows, _ = read(tmp_path)
    assert {row["z"] for row in rows} == {"NA"}
    assert {row["reason"] for row in rows} == {"fewer than 10 blocks"}
