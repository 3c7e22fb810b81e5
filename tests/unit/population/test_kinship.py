import json
import subprocess

import msprime
import numpy as np
import pytest
from population_data import site_block, split_blocks, tree_genotypes, write_vcf

import kinship
from linnaea.population.blocks import NO_BASE
from linnaea.population.genotypes import batches, dosages, is_transversion, site_hash
from linnaea.population.kinship import (
    PairCounts,
    allele_sharing,
    kinship_between,
    kinship_rows,
    kinship_within,
    mismatch,
    relation,
    relation_of_pair,
)

NAMES = ["dad", "mum", "kid", "sib", "copy", "half", "other"]
CHROMOSOMES = 12


@pytest.fixture(scope="module")
def family():
    """Blocks of a family on twelve chromosomes: parents, two children, one twice, and a half sib; one
    unrelated.
    """
    blocks = []
    for chromosome in range(CHROMOSOMES):
        pedigree = msprime.PedigreeBuilder(msprime.Demography.isolated_model([10_000]))
        dad, mum, third, _ = (pedigree.add_individual(time=1, is_sample=True) for _ in range(4))
        for parents in ((dad, mum), (dad, mum), (dad, third)):
            pedigree.add_individual(time=0, parents=list(parents), is_sample=True)
        ts = msprime.sim_ancestry(
            initial_state=pedigree.finalise(3e5),
            model="fixed_pedigree",
            recombination_rate=1e-5,
            random_seed=chromosome + 1,
        )
        ts = msprime.sim_ancestry(
            initial_state=ts, population_size=2000, recombination_rate=5e-7, random_seed=chromosome + 10
        )
        ts = msprime.sim_mutations(
            ts, rate=2e-7, model=msprime.BinaryMutationModel(), random_seed=chromosome + 20
        )
        genotypes, position = tree_genotypes(ts)
        # Individuals are dad, mum, third, other, kid, sib, half; the kid comes twice.
        rng = np.random.default_rng(chromosome)
        genotypes = genotypes[:, [0, 1, 4, 5, 4, 6, 3]]
        error = rng.random(genotypes.shape) < 5e-4
        genotypes = np.where(error, 1 - genotypes, genotypes)
        genotypes[rng.random(genotypes.shape[:2]) < 0.05] = -1
        polymorphic = (genotypes > 0).any(axis=(1, 2))
        blocks.append(site_block(genotypes[polymorphic], position[polymorphic], str(chromosome + 1)))
    return blocks


@pytest.fixture
def folder(tmp_path, family):
    write_vcf(
        tmp_path / "a.vcf", NAMES, family, {str(number + 1): 1_000_000 for number in range(CHROMOSOMES)}
    )
    header = "sample\tgroup\tpopulation\tage_class\tudg\tsex\tlatitude\tlongitude\toutgroup\tlibrary_type\n"
    rows = [f"{name}\tnorth\tnorth\tmodern\tnone\tunknown\t.\t.\tno\tpaired\n" for name in sorted(NAMES)]
    (tmp_path / "samples.tsv").write_text(header + "".join(rows))
    return tmp_path


def table(path):
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return {(line[0], line[1]): dict(zip(lines[0], line, strict=True)) for line in lines[1:]}


def test_relations_of_a_family_are_told(folder):
    options = {"--vcf": "a.vcf", "--samples": "samples.tsv", "--table": "k.tsv", "--out": "k.json"}
    kinship.main([part for key, value in options.items() for part in (key, str(folder / value))])
    rows = table(folder / "k.tsv")
    expected = {
        ("copy", "kid"): "duplicate",
        ("dad", "kid"): "parent_offspring",
        ("copy", "mum"): "parent_offspring",
        ("mum", "sib"): "parent_offspring",
        ("dad", "half"): "parent_offspring",
        ("kid", "sib"): "full_sib",
        ("half", "kid"): "second_degree",
        ("half", "sib"): "second_degree",
        ("dad", "mum"): "unrelated",
        ("half", "mum"): "unrelated",
        ("kid", "other"): "unrelated",
    }
    assert {pair: rows[pair]["relation"] for pair in expected} == expected
    assert [pair for pair, row in rows.items() if row["flag"] != "."] == [("copy", "kid")]
    assert float(rows["dad", "kid"]["kinship_king_robust"]) == pytest.approx(0.25, abs=0.02)
    record = json.loads((folder / "k.json").read_text())
    assert record["duplicates"] == [["copy", "kid"]]
    assert sum(record["relations"].values()) == len(rows) == 21


def test_counts_and_kinship_are_those_of_plink2(folder):
    options = {"--vcf": "a.vcf", "--samples": "samples.tsv", "--table": "k.tsv", "--out": "k.json"}
    kinship.main([part for key, value in options.items() for part in (key, str(folder / value))])
    command = [
        "plink2",
        "--vcf",
        str(folder / "a.vcf"),
        "--make-king-table",
        "counts",
        "--out",
        str(folder / "p"),
    ]
    subprocess.run([*command, "--threads", "1", "--memory", "640"], check=True, capture_output=True)
    lines = [line.split("\t") for line in (folder / "p.kin0").read_text().splitlines()]
    rows = table(folder / "k.tsv")
    seen = 0
    for line in lines[1:]:
        theirs = dict(zip([name.lstrip("#") for name in lines[0]], line, strict=True))
        first, second = sorted((theirs["IID1"], theirs["IID2"]))
        ours = rows[first, second]
        assert int(ours["shared_sites"]) == int(theirs["NSNP"])
        assert int(ours["het_both_sites"]) == int(theirs["HETHET"])
        assert int(ours["ibs0_sites"]) == int(theirs["IBS0"])
        assert float(ours["kinship_king_robust"]) == pytest.approx(float(theirs["KINSHIP"]), abs=1e-5)
        seen += 1
    assert seen == len(rows)


def test_estimators_of_four_sites_by_hand():
    # Sites: both heterozygous, opposite homozygotes, one heterozygous, one missing.
    counts = PairCounts(2)
    counts.add(np.array([[1, 1], [0, 2], [1, 0], [1, -1]], np.int8))
    assert counts.shared[0, 1] == 3
    assert (counts.het[0, 1], counts.het[1, 0], counts.het_both[0, 1], counts.ibs0[0, 1]) == (2, 1, 1, 1)
    assert kinship_between(counts)[0, 1] == pytest.approx((1 - 2) / 2 + 0.5 - 3 / 4)
    assert kinship_within(counts)[0, 1] == pytest.approx((1 - 2) / 3)
    assert np.isnan(kinship_between(PairCounts(2))).all()


def test_classes_by_published_limits():
    values = {
        0.5: "duplicate",
        0.2: "full_sib",
        0.1: "second_degree",
        0.05: "third_degree",
        0.01: "unrelated",
    }
    assert {value: relation(value, 70, 1000) for value in values} == values
    assert relation(0.25, 5, 1000) == "parent_offspring"


def test_only_diploid_calls_of_passed_biallelic_snvs_count():
    alleles = [[0, 1, 4, 4], [0, 2, 3, 4], [0, 4, 4, 4], [2, 0, 4, 4], [1, 3, 4, 4]]
    calls = [[[0, 1], [1, -2]], [[0, 2], [0, 0]], [[0, 0], [0, 0]], [[1, 1], [0, -1]], [[0, 0], [0, 1]]]
    block = site_block(calls, alleles=alleles, passed=[True, True, True, True, False])
    sites = dosages(block)
    assert sites.position.tolist() == [1, 4]
    assert sites.dosage.tolist() == [[1, -1], [2, -1]]
    assert dosages(block, [1, 0]).dosage.tolist() == [[-1, 1], [-1, 2]]
    assert NO_BASE == 4
    assert is_transversion(np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]], np.uint8)).tolist() == [
        True,
        False,
        True,
        True,
        False,
        True,
    ]


def test_batches_do_not_depend_on_blocks(family):
    whole = [site.dosage for block in family[:2] for site in batches([dosages(block)], 64)]
    stream = (dosages(part) for block in family[:2] for part in split_blocks(block, 10, 11, 150))
    parts = list(batches(stream, 64))
    assert all(np.array_equal(one, two.dosage) for one, two in zip(whole, parts, strict=True))
    assert max(len(part.position) for part in parts) == 64


def test_hash_spreads_positions_and_chromosomes():
    position = np.arange(1, 100_001)
    values = site_hash("chr1", position)
    assert np.bincount(values >> np.uint64(61), minlength=8) == pytest.approx(np.full(8, 12_500), rel=0.05)
    assert (values != site_hash("chr2", position)).all()


# Inbred lines: pedigrees dropped onto founders whose haplotypes are labelled, so that what is identical by
# descent is known at every site.
SITES, MAPS = 800, 12  # sites of a chromosome of one Morgan, chromosomes


def child(first, second, rng):
    """A child (2, chromosomes, sites) of two parents' labels, by recombination without interference."""

    def gamete(parent):
        switch = rng.random((MAPS, SITES)) < 1 / SITES
        switch[:, 0] = rng.random(MAPS) < 0.5
        return np.where(switch.cumsum(1) % 2 == 0, parent[0], parent[1])

    return np.stack([gamete(first), gamete(second)])


def simulated_line(rng, generations, unrelated, fst):
    """Dosages (sites, m), labels (m, 2, sites) and groups. In each population are two sibs whose ancestors
    were sibs for some generations, and unrelated samples.
    """
    labels, groups, population_of = [], [], []
    for population in (0, 1) if fst else (0,):

        def founder(population=population):
            population_of.extend([population] * 2)
            start = len(population_of) - 2
            return np.stack([np.full((MAPS, SITES), start), np.full((MAPS, SITES), start + 1)])

        pair = [founder(), founder()]
        for _ in range(generations + 1):
            pair = [child(*pair, rng), child(*pair, rng)]
        labels += [*pair, *(founder() for _ in range(unrelated))]
        groups += [f"p{population}"] * (2 + unrelated)
    ancestral = rng.beta(0.6, 0.6, MAPS * SITES)
    scale = (1 - fst) / fst if fst else 1e6
    frequency = [np.clip(rng.beta(ancestral * scale, (1 - ancestral) * scale), 0, 1) for _ in (0, 1)]
    alleles = np.array([rng.random(MAPS * SITES) < frequency[place] for place in population_of])
    labels = np.array(labels).reshape(len(labels), 2, -1)
    haplotypes = alleles[labels, np.arange(MAPS * SITES)]
    dosage = haplotypes.sum(1).T.astype(np.int8)
    dosage = dosage[(dosage > 0).any(1) & (dosage < 2).any(1)]
    dosage[rng.random(dosage.shape) < 0.03] = -1
    return dosage, labels, groups


def realised(labels):
    """Kinship (m, m) and inbreeding (m,) by descent."""
    same = (labels[:, None, :, None] == labels[None, :, None, :]).mean(axis=(2, 3, 4))
    return same, (labels[:, 0] == labels[:, 1]).mean(axis=1)


@pytest.mark.parametrize("fst", [0, 0.15])
@pytest.mark.parametrize("unrelated", [3, 10])
@pytest.mark.parametrize("generations", [0, 1, 3, 6])
def test_kinship_of_inbred_lines_is_that_by_descent(generations, unrelated, fst):
    rng = np.random.default_rng(100 * generations + unrelated)
    dosage, labels, groups = simulated_line(rng, generations, unrelated, fst)
    truth, inbreeding = realised(labels)
    counts = PairCounts(len(groups))
    for part in np.array_split(dosage, 7):
        counts.add(part)
    sharing = allele_sharing(counts, groups)
    within = np.equal.outer(groups, groups) & ~np.eye(len(groups), dtype=bool)
    assert np.abs(sharing.kinship - truth)[within].max() < 0.06
    assert np.abs(sharing.inbreeding - inbreeding).max() < 0.07
    assert (np.abs(sharing.kinship - truth) < 3 * sharing.kinship_error)[within].mean() > 0.9
    names = [f"s{place}" for place in range(len(groups))]
    found = {row[:2]: row for row in kinship_rows(counts, names, dict(zip(names, groups, strict=True)))}
    sibs = [("s0", "s1")] + ([(f"s{unrelated + 2}", f"s{unrelated + 3}")] if fst else [])
    for pair, row in found.items():
        if pair in sibs:
            assert row[-2] == "full_sib" if generations == 0 else row[-2] in ("full_sib", "first_degree")
        else:
            assert row[-2] == "unrelated"
    # the fault that allele sharing mends: sibs of an inbred line by KING
    if generations == 6:
        assert truth[0, 1] > 0.7 and found["s0", "s1"][10] < 0.25


def test_duplicates_of_inbred_samples_are_duplicates_and_hidden_structure_is_undetermined():
    rng = np.random.default_rng(4)
    dosage, _, groups = simulated_line(rng, 4, 6, 0)
    copied = np.column_stack([dosage, dosage[:, 0]])
    counts = PairCounts(copied.shape[1])
    counts.add(copied)
    names = [f"s{place}" for place in range(copied.shape[1])]
    found = {row[:2]: row for row in kinship_rows(counts, names, dict.fromkeys(names, "p0"))}
    assert [pair for pair, row in found.items() if row[-2] == "duplicate"] == [("s0", "s8")]
    assert found["s0", "s8"][-1] == "duplicate_or_swap"
    assert found["s0", "s1"][-2] in ("full_sib", "first_degree")
    # two populations given as one: their own pairs are no relatives, and are not called so
    dosage, _, groups = simulated_line(rng, 0, 8, 0.15)
    counts = PairCounts(len(groups))
    counts.add(dosage)
    names = [f"s{place:02d}" for place in range(len(groups))]
    kinds = {row[-2] for row in kinship_rows(counts, names, dict.fromkeys(names, "all"))}
    assert kinds <= {"unrelated", "undetermined", "full_sib"}


def test_two_samples_alone_are_told_only_what_king_tells():
    rng = np.random.default_rng(9)
    dosage, _, _ = simulated_line(rng, 6, 3, 0)
    counts = PairCounts(2)
    counts.add(dosage[:, [1, 2]])  # one inbred, one not, unrelated
    (row,) = kinship_rows(counts, ["a", "b"], {"a": "p", "b": "p"})
    assert row[10] < -0.2 and row[13] is None and row[-2] == "undetermined"
    (row,) = kinship_rows(counts, ["a", "b"], {"a": "p", "b": "q"})
    assert row[-2] == "unrelated"


def test_mismatch_is_that_of_pairs_of_alleles():
    rng = np.random.default_rng(1)
    dosage = rng.integers(-1, 3, (300, 4)).astype(np.int8)
    counts = PairCounts(4)
    counts.add(dosage)
    found = mismatch(counts.het_both, counts.ibs0, counts.het)
    alleles = {0: (0, 0), 1: (0, 1), 2: (1, 1)}
    for one in range(4):
        for two in range(4):
            both = [(a, b) for a, b in dosage[:, [one, two]].tolist() if a >= 0 and b >= 0]
            expected = sum(x != y for a, b in both for x in alleles[a] for y in alleles[b]) / 4
            # of a sample with itself het_both is het: half of its heterozygous sites, by drawing twice
            assert found[one, two] == pytest.approx(expected)


def test_counts_do_not_depend_on_batches_nor_blocks_on_their_joining():
    rng = np.random.default_rng(2)
    dosage = rng.integers(-1, 3, (20_000, 3)).astype(np.int8)
    whole, parts = PairCounts(3), PairCounts(3)
    whole.add(dosage)
    for part in np.array_split(dosage, 333):
        parts.add(part)
    assert np.array_equal(whole.blocks, parts.blocks)
    called = (dosage >= 0).astype(int)
    assert np.array_equal(whole.shared, called.T @ called)
    assert 64 <= whole.blocks.shape[1] <= 128


NAN = float("nan")


@pytest.mark.parametrize(
    "king, sharing, inbred, same, expected",
    [
        ((0.25, 0.01), (0.24, 0.01), False, True, "full_sib"),
        ((0.0, 0.02), (0.55, 0.02), True, True, "first_degree"),
        ((0.0, 0.02), (0.0, 0.02), True, True, "unrelated"),
        ((-0.1, 0.02), (0.12, 0.02), True, True, "undetermined"),
        ((0.06, 0.01), (0.06, 0.01), True, True, "third_degree"),
        ((0.0, 0.08), (0.1, 0.04), True, True, "unrelated"),
        ((0.15, 0.08), (0.79, 0.02), True, True, "first_degree"),
        ((0.06, 0.01), (0.12, 0.01), True, True, "undetermined"),
        ((0.06, 0.01), (0.04, 0.01), True, True, "third_degree"),
        ((0.5, 0.0), (0.8, 0.02), True, True, "duplicate"),
        ((0.0, 0.01), (0.1, 0.01), False, True, "unrelated"),
        ((-3737.0, 900.0), (0.5, 0.2), True, True, "undetermined"),
        ((-3737.0, 900.0), (NAN, NAN), False, True, "undetermined"),
        ((-0.3, 0.02), (NAN, NAN), False, False, "unrelated"),
        ((NAN, NAN), (0.6, 0.01), True, True, "first_degree"),
        ((NAN, NAN), (NAN, NAN), False, True, "undetermined"),
        ((0.25, 0.1), (0.24, 0.1), False, True, "undetermined"),
        ((0.02, NAN), (NAN, NAN), False, True, "unrelated"),
    ],
)
def test_class_by_two_estimators(king, sharing, inbred, same, expected):
    assert relation_of_pair(king, sharing, inbred, same, 70, 1000) == expected
