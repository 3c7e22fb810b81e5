import json
import subprocess

import msprime
import numpy as np
import pytest
from population_data import site_block, split_blocks, tree_genotypes, write_vcf

import kinship_table
from linnaea.population.blocks import NO_BASE
from linnaea.population.genotypes import batches, dosages, is_transversion, site_hash
from linnaea.population.kinship import PairCounts, kinship_between, kinship_within, relation

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
    kinship_table.main([part for key, value in options.items() for part in (key, str(folder / value))])
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
    kinship_table.main([part for key, value in options.items() for part in (key, str(folder / value))])
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
