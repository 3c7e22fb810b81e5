import csv
import json

import allel
import msprime
import numpy as np
import pytest
from population_data import site_block, tree_genotypes, write_vcf

import window_scans
from linnaea.base.tables import write_table
from linnaea.population.combine_regions import DIVERGENCE_WINDOW_COLUMNS, DIVERSITY_WINDOW_COLUMNS
from linnaea.population.genotypes import dosages
from linnaea.population.local_pca import block_scores, similarities, window_snps, windows
from linnaea.population.window_scans import (
    closest_triples,
    fst_of,
    marked_blocks,
    population_branches,
    tail,
)

GROUPS = ["a", "b", "c"]
SAMPLES = 6
WINDOW = 50_000
LENGTH = 3_000_000
SWEEP = (1_500_000, 1_600_000)


def three_groups(seed, length=LENGTH, shrunk=1.0):
    """(n, 18, 2) genotypes and positions of a, b and c, which split 2000 and 4000 generations ago.

    The size of a since then is `shrunk` of that of the others.
    """
    model = msprime.Demography()
    for name in ("a", "b", "c", "ab", "abc"):
        model.add_population(name=name, initial_size=10_000 * (shrunk if name == "a" else 1))
    model.add_population_split(time=2000, derived=["a", "b"], ancestral="ab")
    model.add_population_split(time=4000, derived=["ab", "c"], ancestral="abc")
    ts = msprime.sim_ancestry(
        dict.fromkeys("abc", SAMPLES), demography=model, sequence_length=length, recombination_rate=2e-8,
        random_seed=seed,
    )  # fmt: skip
    return tree_genotypes(
        msprime.sim_mutations(ts, rate=2e-8, model=msprime.BinaryMutationModel(), random_seed=seed)
    )


def inserted(whole, part, start, end):
    """Sites of `whole` with those from `start` to `end` replaced by those of `part`, which begins at 0."""
    (genotypes, position), (new, place) = whole, part
    kept = (position <= start) | (position > end)
    positions = np.concatenate([position[kept], place + start])
    order = np.argsort(positions, kind="stable")
    return np.concatenate([genotypes[kept], new])[order], positions[order]


def write_tables(folder, chromosomes):
    """Tables of windows from allele counts by scikit-allel, and a VCF."""
    diversity, divergence = [], []
    for chromosome, (genotypes, position) in chromosomes.items():
        for start in range(0, LENGTH, WINDOW):
            rows = (position > start) & (position <= start + WINDOW)
            place = (chromosome, "autosome", start, start + WINDOW)
            counts = [
                allel.GenotypeArray(genotypes[rows, SAMPLES * g : SAMPLES * (g + 1)]).count_alleles(
                    max_allele=1
                )
                for g in range(3)
            ]
            for name, of in zip(GROUPS, counts, strict=True):
                pi = np.nansum(allel.mean_pairwise_difference(of)) / WINDOW
                d = allel.tajima_d(of)
                diversity.append(
                    (*place, name, SAMPLES, WINDOW, int(of.is_segregating().sum()), 1, 1, pi, pi, d)
                )
            for one in range(3):
                for two in range(one + 1, 3):
                    numerator, denominator = (
                        float(np.nansum(term)) for term in allel.hudson_fst(counts[one], counts[two])
                    )
                    terms = (numerator, denominator, None, None, None, None)
                    divergence.append((*place, GROUPS[one], GROUPS[two], WINDOW, 1, 1, 1.0, *terms))
    write_table(folder / "diversity.tsv", DIVERSITY_WINDOW_COLUMNS, diversity)
    write_table(folder / "divergence.tsv", DIVERGENCE_WINDOW_COLUMNS, divergence)
    names = [f"{group}{n}" for group in GROUPS for n in range(SAMPLES)]
    blocks = [site_block(*of, chromosome) for chromosome, of in chromosomes.items()]
    write_vcf(folder / "v.vcf", names, blocks, dict.fromkeys(chromosomes, LENGTH))
    (folder / "s.tsv").write_text("sample\tpopulation\n" + "".join(f"{name}\t{name[0]}\n" for name in names))


def run(folder, chromosomes, *more):
    if chromosomes:
        write_tables(folder, chromosomes)
    options = ["--vcf", folder / "v.vcf", "--samples", folder / "s.tsv"]
    for name in ("diversity", "divergence", "scans", "outliers"):
        options += [f"--{name}", folder / f"{name}.tsv"]
    window_scans.main([*map(str, [*options, "--out", folder / "r.json", *more])])
    tables = []
    for name in ("scans", "outliers"):
        with (folder / f"{name}.tsv").open() as handle:
            tables.append(list(csv.DictReader(handle, delimiter="\t")))
    return *tables, json.loads((folder / "r.json").read_text())


def test_branches_are_those_of_scikit_allel():
    genotypes, _ = three_groups(1, 400_000)
    counts = [
        allel.GenotypeArray(genotypes[:, SAMPLES * g : SAMPLES * (g + 1)]).count_alleles(max_allele=1)
        for g in range(3)
    ]
    size = 200
    fst = np.stack(
        [allel.moving_hudson_fst(counts[one], counts[two], size) for one, two in ((0, 1), (0, 2), (1, 2))]
    )
    lengths = population_branches(fst)
    assert lengths[0] == pytest.approx(allel.pbs(*counts, size, normed=False))
    assert lengths[0] / (1 + lengths.sum(axis=0)) == pytest.approx(allel.pbs(*counts, size, normed=True))


def test_each_group_is_scanned_with_its_two_closest():
    fst = {
        ("a", "b"): 0.1,
        ("a", "c"): 0.2,
        ("a", "d"): 0.5,
        ("b", "c"): 0.25,
        ("b", "d"): 0.5,
        ("c", "d"): 0.3,
    }
    assert closest_triples(fst) == [("a", "b", "c"), ("b", "a", "c"), ("c", "a", "b"), ("d", "c", "a")]
    assert closest_triples({("a", "b"): 0.1}) == []


def test_the_tail_expects_what_an_exponential_one_has():
    rng = np.random.default_rng(1)
    expected = np.concatenate([tail(rng.exponential(1, 1000)).expected for _ in range(40)])
    # of 1000 windows each, 10 are expected beyond the value whose expectation is 10
    assert (expected <= 10).mean() == pytest.approx(0.01, rel=0.2)
    assert (expected <= 0.05).sum() <= 10
    low = tail(-rng.exponential(1, 1000), high=False)
    assert low.share.min() == 0.001 and low.share.max() == 1
    assert np.isnan(tail(np.arange(39.0)).share).all()
    assert (tail(np.zeros(50)).expected > 1).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_stands_out_of_neutral_windows(tmp_path, seed):
    _, outliers, record = run(tmp_path, {"1": three_groups(10 + seed), "2": three_groups(20 + seed)})
    assert record["windows"] == 120 and record["scans"] == {"pbs": 3, "fst": 3, "pi": 3, "tajimas_d": 3}
    assert [row for row in outliers if row["stands_out"] == "yes"] == []
    # a share of the windows is always listed, so the table says how many were expected
    listed = [row for row in outliers if row["statistic"] == "pbs"]
    assert sum(int(row["windows"]) for row in listed) == 3
    assert {row["genes"] for row in outliers} == {"NA"}
    assert record["local_pca"]["blocks"] == 0


def test_a_long_branch_of_one_group_stands_out_with_its_genes(tmp_path):
    swept = inserted(three_groups(11), three_groups(31, SWEEP[1] - SWEEP[0], 0.02), *SWEEP)
    (tmp_path / "g.gff3").write_text(
        "##gff-version 3\n"
        "1\tx\tgene\t1520001\t1530000\t.\t+\t.\tID=g1;Name=EDAR\n"
        "1\tx\tmRNA\t1520001\t1530000\t.\t+\t.\tID=t1;Parent=g1\n"
        "1\tx\texon\t1520001\t1530000\t.\t+\t.\tParent=t1\n"
        "1\tx\tgene\t1600001\t1610000\t.\t-\t.\tID=g2\n"
        "1\tx\tmRNA\t1600001\t1610000\t.\t-\t.\tID=t2;Parent=g2\n"
        "1\tx\texon\t1600001\t1610000\t.\t-\t.\tParent=t2\n"
    )
    scans, outliers, record = run(tmp_path, {"1": swept, "2": three_groups(21)}, "--gff", tmp_path / "g.gff3")
    best = [row for row in outliers if row["stands_out"] == "yes" and row["statistic"] == "pbs"]
    assert [(row["groups"], row["chromosome"], row["start_bp"], row["end_bp"]) for row in best] == [
        ("a;b,c", "1", str(SWEEP[0]), str(SWEEP[1]))
    ]
    assert (best[0]["genes"], best[0]["gene_names"], best[0]["windows"]) == ("1", "EDAR", "2")
    assert record["regions_that_stand_out"] >= 1
    of_a = [row for row in scans if row["groups"] == "a;b,c"]
    assert len(of_a) == 120
    assert sorted(of_a, key=lambda row: -float(row["value"]))[0]["start_bp"] in ("1500000", "1550000")
    assert all(float(row["normalised"]) < float(row["value"]) or float(row["value"]) <= 0 for row in of_a)
    assert sum(row["outlier"] == "yes" for row in of_a) == 2


def test_windows_of_few_sites_have_no_value():
    rows = {
        "callable_sites": np.array([100.0] * 9 + [20, 100]),
        "fst_hudson_numerator": np.ones(11),
        "fst_hudson_denominator": np.array([10.0] * 10 + [4]),
    }
    assert np.isnan(fst_of(rows)).tolist() == [False] * 9 + [True, True]
    # a VCF of variants has no callable sites
    rows["callable_sites"] = np.full(11, np.nan)
    assert np.isnan(fst_of(rows)).tolist() == [False] * 10 + [True]


def test_few_groups_and_windows_give_tables(tmp_path):
    genotypes, position = three_groups(5, 300_000)
    scans, outliers, record = run(tmp_path, {"1": (genotypes, position)})
    # windows after 300 kb have no difference between groups, and no pi
    assert record["windows"] == 60 and outliers == []
    assert len(scans) == 3 * 6
    assert record["local_pca"]["reason"] == "fewer than 40 windows of 100 common SNPs"
    assert {row["rank_share"] for row in scans} == {"NA"}


def test_one_group_has_neither_pairs_nor_branches(tmp_path):
    write_tables(tmp_path, {"1": three_groups(5, 100_000)})
    for name in ("diversity", "divergence"):
        header, *rows = (tmp_path / f"{name}.tsv").read_text().splitlines()
        kept = [row for row in rows if name == "diversity" and row.split("\t")[4] == "a"]
        (tmp_path / f"{name}.tsv").write_text("\n".join([header, *kept]) + "\n")
    scans, outliers, record = run(tmp_path, {})
    assert (
        record["scans"] == {"pbs": 0, "fst": 0, "pi": 1, "tajimas_d": 1} and record["triples_left_out"] == 0
    )
    assert scans == [] and outliers == []


# Local PCA


def cohort(seed, groups=1, samples=30, length=LENGTH):
    """Genotypes and positions of a chromosome of one population, or of two that exchange migrants."""
    model = msprime.Demography.island_model([5000] * groups, 1e-4 if groups > 1 else 0)
    ts = msprime.sim_ancestry(
        dict.fromkeys(range(groups), samples // groups), demography=model, sequence_length=length,
        recombination_rate=2e-8, random_seed=seed,
    )  # fmt: skip
    return tree_genotypes(
        msprime.sim_mutations(ts, rate=2e-8, model=msprime.BinaryMutationModel(), random_seed=seed)
    )


def inversion(seed, samples=30, length=300_000):
    """Genotypes of a block of two classes of haplotypes that have not recombined for 20000 generations, given
    to the samples at random.
    """
    model = msprime.Demography()
    for name, size in (("old", 2500), ("new", 2500), ("root", 5000)):
        model.add_population(name=name, initial_size=size)
    model.add_population_split(time=20_000, derived=["old", "new"], ancestral="root")
    ts = msprime.sim_ancestry(
        {"old": samples, "new": samples}, demography=model, ploidy=1, sequence_length=length,
        recombination_rate=2e-8, random_seed=seed,
    )  # fmt: skip
    ts = msprime.sim_mutations(ts, rate=2e-8, model=msprime.BinaryMutationModel(), random_seed=seed)
    shuffled = np.random.default_rng(seed).permutation(2 * samples)
    haplotypes = ts.genotype_matrix()[:, shuffled]
    return haplotypes.reshape(len(haplotypes), samples, 2).astype(np.int8), ts.sites_position.astype(int) + 1


def blocks_of(*chromosomes, missing=0.0):
    rng = np.random.default_rng(1)
    parts = []
    for number, (genotypes, position) in enumerate(chromosomes):
        genotypes = np.where(rng.random(genotypes.shape[:2])[:, :, None] < missing, -1, genotypes)
        parts.append(dosages(site_block(genotypes, position, str(number + 1))))
    found = windows(parts, 100)
    blocks = marked_blocks(found)
    return found, blocks, np.flatnonzero(blocks.outlier)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_a_block_that_does_not_recombine_is_found(groups, missing):
    whole = inserted(cohort(2, groups), inversion(2), 1_000_000, 1_300_000)
    found, _, rows = blocks_of(whole, cohort(102, groups), missing=missing)
    assert len(rows) >= 3 and set(found.chromosome[rows]) == {"1"}
    # its ends are known to a window
    assert found.end[rows].min() > 900_000 and found.start[rows].max() < 1_400_000
    assert found.start[rows].min() < 1_050_000 and found.end[rows].max() > 1_250_000


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("seed", [1, 3, 5])
def test_no_block_is_found_where_all_recombines(groups, seed):
    found, blocks, rows = blocks_of(cohort(seed, groups), cohort(100 + seed, groups))
    assert len(found.chromosome) > 60 and len(rows) == 0
    assert np.nanmin(blocks.tail.expected) > 0.05


def test_similarity_is_that_of_the_covariances():
    found, _, _ = blocks_of(cohort(7, samples=10))
    covariances = np.einsum("wkm,wk,wkn->wmn", found.vectors, found.values, found.vectors)
    distance = np.sqrt(((covariances[:, None] - covariances[None]) ** 2).sum((2, 3)))
    assert similarities(found) == pytest.approx(1 - distance**2 / 2)
    # An independent way to the components: singular values of the centred genotypes of the first window.
    genotypes, _ = cohort(7, samples=10)
    dosage = genotypes.sum(axis=2)
    minor = np.minimum(dosage.sum(axis=1), 20 - dosage.sum(axis=1))
    first = dosage[minor >= 1][:100].astype(float)
    first -= first.mean(axis=1, keepdims=True)
    first -= first.mean(axis=0)
    _, size, vectors = np.linalg.svd(first, full_matrices=False)
    assert np.abs((found.vectors[0] * vectors[:2]).sum(axis=1)) == pytest.approx(1)
    assert found.values[0] == pytest.approx(size[:2] ** 2 / np.hypot(*size[:2] ** 2))


def test_windows_do_not_depend_on_how_the_reader_cuts_and_never_span_chromosomes():
    genotypes, position = cohort(7, samples=10)
    whole = [dosages(site_block(genotypes, position, name)) for name in "12"]
    cut = [
        dosages(site_block(genotypes[rows], position[rows], name))
        for name in "12"
        for rows in (slice(0, 137), slice(137, 138), slice(138, None))
    ]
    one, two = windows(whole, 100), windows(cut, 100)
    assert one.start.tolist() == two.start.tolist() and one.vectors == pytest.approx(two.vectors)
    half = len(one.start) // 2
    assert one.start[:half].tolist() == one.start[half:].tolist()
    assert np.isnan(block_scores(windows(whole[:1], 10**4))[0]).all()
    assert (window_snps(0), window_snps(150_000), window_snps(10**7)) == (100, 100, 5000)
