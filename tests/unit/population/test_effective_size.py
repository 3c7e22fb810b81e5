import msprime
import numpy as np
import pytest
from population_data import site_block, split_blocks, tree_genotypes, write_vcf

import effective_size as script
from linnaea.base.errors import InputError
from linnaea.population.effective_size import SiteChoice, SiteSet, expected_r2, mean_r2, ne_of_r2, size_row
from linnaea.population.genotypes import Dosages, dosages

pytestmark = pytest.mark.slow

NE = 100
CHROMOSOMES = 10


def population(samples, seed):
    """Blocks of chromosomes of a population of 100 that mates at random, the last generations by
    Wright-Fisher.

    The chromosomes are one sequence with free recombination between them, so that their genealogies share the
    parents.
    """
    length = 1_000_000
    edges = [0]
    rates = []
    for number in range(CHROMOSOMES):
        edges += [(number + 1) * length, (number + 1) * length + 1]
        rates += [1e-7, np.log(2)]
    edges, rates = edges[:-1], rates[:-1]
    ts = msprime.sim_ancestry(
        samples,
        population_size=NE,
        recombination_rate=msprime.RateMap(position=edges, rate=rates),
        model=[msprime.DiscreteTimeWrightFisher(duration=100), msprime.StandardCoalescent()],
        random_seed=seed,
    )
    ts = msprime.sim_mutations(ts, rate=5e-7, model=msprime.BinaryMutationModel(), random_seed=seed + 50)
    genotypes, position = tree_genotypes(ts)
    chromosome = (position - 1) // length
    for number in range(CHROMOSOMES):
        rows = chromosome == number
        yield site_block(genotypes[rows], position[rows] - number * length, f"chr{number}")


def chosen(blocks, samples, limit=1500):
    choice = SiteChoice(limit)
    for block in blocks:
        choice.add(dosages(block))
    return choice.sites(samples)


def test_effective_size_of_a_population_of_a_hundred():
    estimates = []
    covered = 0
    for seed in range(1, 7):
        row = size_row("all", chosen(population(40, seed), 40, 600))
        estimates.append(row[8])
        covered += row[9] <= NE <= row[10]
        assert row[9] < row[8] < row[10]
    # The harmonic mean is what r2 averages to.
    assert len(estimates) / sum(1 / size for size in estimates) == pytest.approx(NE, rel=0.25)
    assert covered >= 4


def test_independent_sites_have_the_correlation_of_sampling():
    rng = np.random.default_rng(1)
    for samples in (15, 50):
        dosage = rng.binomial(2, rng.uniform(0.2, 0.8, (1200, 1)), (1200, samples)).astype(np.int8)
        sites = SiteSet(dosage, np.repeat(["a", "b"], 600))
        r2, expected, mean, pairs = mean_r2(sites)
        assert expected == pytest.approx(r2, rel=0.02)
        assert (mean, pairs) == (pytest.approx(samples), 600 * 600)


def test_published_formulas():
    # Waples (2006), table 2: of 50 samples and r2' = 0.01, and of 20.
    assert expected_r2(50) == pytest.approx(1 / 50 + 3.19 / 2500)
    assert expected_r2(20) == pytest.approx(0.0018 + 0.907 / 20 + 4.44 / 400)
    assert ne_of_r2(0.01, 50) == pytest.approx((1 / 3 + np.sqrt(1 / 9 - 0.0276)) / 0.02)
    assert ne_of_r2(0.01, 20) == pytest.approx((0.308 + np.sqrt(0.308**2 - 0.0208)) / 0.02)
    assert ne_of_r2(-0.001, 20) == np.inf


def test_the_choice_of_sites_does_not_depend_on_order():
    blocks = list(population(10, 9))[:3]
    forward = chosen(blocks, 10, 200)
    backward = chosen((part for block in reversed(blocks) for part in split_blocks(block, 20)), 10, 200)
    assert np.array_equal(forward.dosage, backward.dosage)
    assert len(forward.dosage) == 200 and set(forward.chromosome) == {"chr0", "chr1", "chr2"}


def test_alleles_seen_once_and_sites_with_holes_are_left_out():
    choice = SiteChoice()
    rows = [[0, 0, 0, 1], [1, 1, 0, 0], [1, 1, -1, -1], [2, 2, 2, 2]]
    choice.add(Dosages("1", np.arange(4), np.array(rows, np.int8), np.zeros((4, 2), np.uint8)))
    assert choice.sites(4).dosage.tolist() == [[1, 1, 0, 0]]


def test_reasons_for_no_estimate(tmp_path):
    blocks = list(population(12, 3))[:1]
    names = [f"s{number:02}" for number in range(12)]
    write_vcf(tmp_path / "a.vcf", names, blocks, {"chr0": 1_000_000})
    rows = [f"{name}\t{'one' if number < 11 else 'two'}\n" for number, name in enumerate(names)]
    (tmp_path / "s.tsv").write_text("sample\tpopulation\n" + "".join(rows))
    files = {"--vcf": "a.vcf", "--samples": "s.tsv", "--table": "t.tsv", "--out": "t.json"}
    options = [part for key, name in files.items() for part in (key, str(tmp_path / name))]
    script.main(options)
    lines = [line.split("\t") for line in (tmp_path / "t.tsv").read_text().splitlines()]
    found = {line[0]: dict(zip(lines[0], line, strict=True)) for line in lines[1:]}
    assert found["one"]["reason"] == "fewer than 2 chromosomes with variable sites"
    assert found["two"]["reason"] == "fewer than 10 samples"
    assert found["one"]["ne_ldne"] == found["two"]["ne_ldne_high"] == "NA"
    script.main([*options, "--exclude", "s00,s01"])
    assert (tmp_path / "t.tsv").read_text().splitlines()[1].startswith("one\t9\t")
    with pytest.raises(InputError, match="--exclude s99: no sample"):
        script.main([*options, "--exclude", "s99"])
