import json

import msprime
import numpy as np
import pytest
from population_data import site_block, tree_genotypes, write_vcf

import temporal_contrast
from linnaea.population.blocks import NO_BASE
from linnaea.population.genotypes import dosages
from linnaea.population.temporal_contrast import (
    TemporalCounts,
    contrast_row,
    jackknife,
    ne_of_fc,
    population_pairs,
    temporal_fc,
    temporal_row,
)

NE, GENERATIONS = 200, 40


def drifting(seed, samples=15, chromosomes=6):
    """Blocks of a population of 200: first `samples` sampled 40 generations ago, then as many of now."""
    for chromosome in range(chromosomes):
        ts = msprime.sim_ancestry(
            [
                msprime.SampleSet(samples, time=GENERATIONS, ploidy=2),
                msprime.SampleSet(samples, time=0, ploidy=2),
            ],
            population_size=NE,
            sequence_length=2e6,
            recombination_rate=2e-7,
            random_seed=seed * 100 + chromosome + 1,
        )
        ts = msprime.sim_mutations(
            ts, rate=2e-7, model=msprime.BinaryMutationModel(), random_seed=seed * 100 + chromosome + 51
        )
        yield site_block(*tree_genotypes(ts), f"chr{chromosome}")


def counted(blocks, samples=15, **options):
    counts = TemporalCounts(np.arange(samples), np.arange(samples, 2 * samples), **options)
    for block in blocks:
        counts.add(dosages(block))
    return counts


def test_effective_size_of_a_drifting_population():
    excess, covered = [], 0
    for seed in range(1, 6):
        row = temporal_row("a", counted(drifting(seed)), GENERATIONS)
        excess.append(row[5] - row[6])
        covered += row[9] <= NE <= row[10]
        assert row[9] < row[8] < row[10]
    # F' averages to t / (2 Ne), less a little as frequencies approach their ends.
    assert GENERATIONS / (2 * np.mean(excess)) == pytest.approx(NE, rel=0.25)
    assert covered >= 3


def test_fc_of_frequencies_by_hand():
    # x 0.5, y 0.7: (0.2)^2 / (0.6 - 0.35) and, of the other allele, 0.04 / (0.4 - 0.15).
    assert temporal_fc(np.array([0.5]), np.array([0.7]))[0] == pytest.approx((0.04 / 0.25 + 0.04 / 0.25) / 2)
    # x 0.1, y 0.4: 0.09 / (0.25 - 0.04) and 0.09 / (0.75 - 0.54).
    assert temporal_fc(np.array([0.1]), np.array([0.4]))[0] == pytest.approx(0.09 / 0.21)
    assert ne_of_fc(0.1, 10) == 50
    assert ne_of_fc(-0.01, 10) == np.inf


def test_no_drift_gives_no_effective_size():
    rng = np.random.default_rng(4)
    dosage = rng.binomial(2, rng.uniform(0.1, 0.9, (3000, 1)), (3000, 20))
    block = site_block(np.stack([dosage > 0, dosage > 1], axis=2), np.arange(3000) * 1000 + 1)
    row = temporal_row("a", counted([block], 10), 10)
    assert abs(row[5] - row[6]) < 0.004
    assert row[10] == np.inf or row[10] > 1000


def test_contrast_is_the_ratio_of_diversities_at_shared_sites():
    # Historical: samples 0, 1; modern: 2, 3. The second site is missing in the modern, the third is a
    # transition.
    alleles = [[0, 1, NO_BASE, NO_BASE]] * 2 + [
        [0, 2, NO_BASE, NO_BASE],
        [3, 1, NO_BASE, NO_BASE],
        [0, 3, NO_BASE, NO_BASE],
    ]
    calls = [
        [[0, 1], [0, 1], [0, 0], [0, 1]],
        [[0, 1], [1, 1], [-1, -1], [-1, -1]],
        [[0, 1], [1, 1], [0, 1], [0, 1]],
        [[0, 1], [1, 1], [0, 1], [0, 1]],
        [[0, 0], [1, 1], [0, 1], [1, 1]],
    ]
    row = contrast_row("a", counted([site_block(calls, alleles=alleles)], 2))
    assert row[1] == 2
    # Historical 2/3 and 2/3, modern 1/2 and 1/2.
    assert row[3:6] == pytest.approx((4 / 3, 1, 4 / 3))
    assert row[7:10] == pytest.approx((1, 1, 1))
    everything = contrast_row("a", counted([site_block(calls, alleles=alleles)], 2, transversions_only=False))
    assert (everything[1], everything[-1]) == (4, "all")


def test_jackknife_error_is_that_of_the_mean():
    rng = np.random.default_rng(1)
    table = np.stack([rng.normal(5, 2, 50), np.ones(50)], axis=1)
    value, error = jackknife(table, lambda sums: sums[0] / sums[1])
    assert value == pytest.approx(table[:, 0].mean())
    assert error == pytest.approx(table[:, 0].std(ddof=1) / np.sqrt(50))
    assert np.isnan(jackknife(table[:1], lambda sums: sums[0])[1])


def test_script_writes_populations_with_both_ages(tmp_path):
    names = [f"h{number:02}" for number in range(5)] + [f"m{number:02}" for number in range(5)]
    write_vcf(tmp_path / "a.vcf", names, list(drifting(1, 5, 2)), {"chr0": 2_000_000, "chr1": 2_000_000})
    age = {"h": "historical", "m": "modern"}
    rows = [f"{name}\tsouth\t{age[name[0]]}\n" for name in names[1:]] + ["h00\tnorth\thistorical\n"]
    (tmp_path / "s.tsv").write_text("sample\tpopulation\tage_class\n" + "".join(rows))
    files = {
        "--vcf": "a.vcf",
        "--samples": "s.tsv",
        "--temporal": "t.tsv",
        "--contrast": "c.tsv",
        "--out": "t.json",
    }
    options = [part for key, name in files.items() for part in (key, str(tmp_path / name))]
    temporal_contrast.main([*options, "--generations", "40"])
    lines = [line.split("\t") for line in (tmp_path / "t.tsv").read_text().splitlines()]
    assert len(lines) == 2
    row = dict(zip(*lines, strict=True))
    assert (row["population"], row["samples_historical"], row["samples_modern"]) == ("south", "4", "5")
    assert float(row["ne_temporal_plan_2"]) > 0
    record = json.loads((tmp_path / "t.json").read_text())["populations"]["south"]
    assert record["blocks"] == 4
    temporal_contrast.main(options)
    assert (tmp_path / "t.tsv").read_text().splitlines()[1].endswith("the number of generations is not given")


def test_pairs_need_both_groups():
    columns = {
        "a": np.array([0]),
        "a.historical": np.array([1]),
        "b": np.array([2]),
        "c.historical": np.array([3]),
    }
    assert list(population_pairs(columns)) == ["a"]
