"""Effective size through time: the model against its own equations, counts against a plain implementation,
histories against simulated ones."""

import json
from pathlib import Path

import msprime
import numpy as np
import pytest
from numpy.testing import assert_allclose

from linnaea.base.tables import read_table
from linnaea.population import size_history
from linnaea.population.size_history import (
    INTERVALS,
    LEVELS,
    Model,
    estimate_history,
    expected_counts,
    fit,
    history,
    observe,
    stretches,
    time_bounds,
)

MUTATION_RATE, RECOMBINATION_RATE = 4e-8, 3e-8


def models() -> list[Model]:
    rng = np.random.default_rng(1)
    return [
        Model(np.ones(INTERVALS), 0.04, 0.01),
        Model(np.exp(rng.normal(0, 1, INTERVALS)), 0.04, 0.03),
        Model(np.exp(rng.normal(0, 0.5, INTERVALS)), 0.003, 0.0005),
    ]


@pytest.mark.parametrize("model", models())
def test_the_stationary_distribution_is_that_of_the_transitions(model: Model) -> None:
    assert_allclose(model.transitions.sum(1), 1)
    assert_allclose(model.stationary.sum(), 1)
    assert_allclose(model.stationary @ model.transitions, model.stationary, atol=1e-8)


def test_times_lie_in_their_intervals() -> None:
    for model in models():
        bounds = time_bounds()
        assert (model.times >= bounds[:-1]).all() and (model.times <= bounds[1:]).all()


@pytest.mark.parametrize("theta", [1e-3, 0.02, 0.1])
def test_the_diversity_of_a_constant_size(theta: float) -> None:
    """Of a population of constant size, theta / (1 + theta) of the bins differ."""
    model = Model(np.ones(INTERVALS), theta, theta / 4)
    differ = (model.stationary * model.emissions[-1]).sum()
    assert differ == pytest.approx(theta / (1 + theta), rel=0.03)


def plain_counts(model: Model, row: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Forward-backward of one stretch without scaling, in long doubles."""
    p, emit = model.transitions.astype(np.longdouble), model.emissions.astype(np.longdouble)
    forward = [model.stationary * emit[row[0]]]
    for seen in row[1:]:
        forward.append((forward[-1] @ p) * emit[seen])
    backward = [np.ones(INTERVALS, np.longdouble)]
    for seen in row[:0:-1]:
        backward.insert(0, p @ (emit[seen] * backward[0]))
    total = forward[-1].sum()
    moves, observed = np.zeros((INTERVALS, INTERVALS)), np.zeros((1 + 2 * LEVELS, INTERVALS))
    for at, seen in enumerate(row):
        observed[seen] += (forward[at] * backward[at] / total).astype(float)
        if at:
            moves += (np.outer(forward[at - 1], emit[seen] * backward[at]) * p / total).astype(float)
    return moves, observed, float(np.log(total))


def test_expected_counts_equal_those_of_a_plain_implementation() -> None:
    rng = np.random.default_rng(2)
    rows = rng.choice([0, 3, LEVELS, LEVELS + 4, 2 * LEVELS], (4, 60), p=[0.1, 0.1, 0.6, 0.05, 0.15]).astype(
        np.uint8
    )
    weights = np.array([1.0, 0.0, 2.0, 1.0])
    model = models()[1]
    counts = expected_counts(model, rows, weights)
    plain = [plain_counts(model, row) for row in rows]
    assert_allclose(
        counts.transitions, sum(w * one[0] for w, one in zip(weights, plain, strict=True)), atol=2e-4
    )
    assert_allclose(
        counts.observations, sum(w * one[1] for w, one in zip(weights, plain, strict=True)), atol=2e-3
    )
    assert counts.log_likelihood == pytest.approx(
        sum(w * one[2] for w, one in zip(weights, plain, strict=True)), rel=1e-5
    )


def test_no_round_makes_the_likelihood_worse() -> None:
    rows = stretches([simulated("constant", 3e6, 5)], 1000)
    likelihoods = [fit(rows, rounds=rounds)[1].log_likelihood for rounds in range(5)]
    assert (np.diff(likelihoods) > -0.5).all() and likelihoods[-1] > likelihoods[0]


def test_observations_of_bins() -> None:
    sites = np.array([0, 0, 100, 100, 52, 4, 6])
    different = np.array([0, 1, 0, 3, 0, 0, 1])
    assert observe(sites, different).tolist() == [0, LEVELS + 1, 10, LEVELS + 10, 5, 0, LEVELS + 1]


def test_stretches_without_enough_known_bins_are_left_out() -> None:
    known, unknown = np.full(1500, 10, np.uint8), np.zeros(1000, np.uint8)
    table = stretches([known, unknown, known[:150]], 1000)
    assert table.shape == (2, 1000)
    assert (table[1] > 0).sum() == 500


def demography(kind: str) -> msprime.Demography:
    result = msprime.Demography()
    result.add_population(name="A", initial_size={"decline": 2000}.get(kind, 10_000))
    if kind == "decline":
        result.add_population_parameters_change(time=4000, initial_size=20_000)
    if kind == "growth":
        result.add_population_parameters_change(time=12_000, initial_size=2_500)
    return result


def simulated(kind: str, length: float, seed: int, callable_share: float = 1.0) -> np.ndarray:
    """Observations of one diploid genome, of which a share of each bin is callable."""
    trees = msprime.sim_ancestry(
        1,
        demography=demography(kind),
        sequence_length=length,
        recombination_rate=RECOMBINATION_RATE,
        random_seed=seed,
    )
    trees = msprime.sim_mutations(trees, rate=MUTATION_RATE, random_seed=seed)
    calls = trees.genotype_matrix()
    position = trees.sites_position[calls[:, 0] != calls[:, 1]].astype(int)
    position = position[position % 100 < 100 * callable_share]
    bins = int(length) // 100
    return observe(np.full(bins, 100 * callable_share), np.bincount(position // 100, minlength=bins))


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("constant", 0.6),
        ("decline", 1.0),
        pytest.param("constant", 1.0, marks=pytest.mark.nightly),
        pytest.param("growth", 1.0, marks=pytest.mark.nightly),
    ],
)
def test_a_history_is_that_of_the_simulation(kind: str, share: float) -> None:
    rows = stretches([simulated(kind, 10e6, seed, share) for seed in (1, 2)], 1000)
    found = history(rows, bootstraps=4)
    generations = found.divergence / (2 * MUTATION_RATE)
    size = found.theta / (4 * MUTATION_RATE)
    middle = np.sqrt(np.maximum(generations[:-1], 200) * np.minimum(generations[1:], 3 * generations[-2]))
    true = demography(kind).debug().population_size_trajectory(middle)[:, 0]
    change = {"constant": np.inf, "decline": 4000, "growth": 12_000}[kind]
    steady = (generations[1:] < change) | (generations[:-1] > change)
    trusted = (found.recombinations >= 200) & steady & np.isfinite(generations[1:])
    assert trusted.sum() >= 2
    assert np.abs(np.log(size / true))[trusted].max() < 0.35
    assert (found.low < found.theta).all() and (found.theta < found.high).all()
    if kind == "constant":
        # a size that does not change shows no change where there is much to see
        assert size[trusted].max() / size[trusted].min() < 1.5
    if kind == "decline":
        assert size[0] < 0.2 * size[trusted].max()
    if kind == "growth":
        assert size[2] > 3 * size[trusted][-1]


def write_cohort(
    folder: Path, observed: dict[str, np.ndarray], groups: dict[str, str], udg: str = "none"
) -> None:
    """Bins, VCF and table of samples whose genomes are these observations, all sites callable."""
    header = "sample\tgroup\tpopulation\tage_class\tudg\tsex\tlatitude\tlongitude\toutgroup\tlibrary_type\n"
    rows = [
        f"{name}\t{group}\t{group}\t{age}\t{udg}\tunknown\t.\t.\tno\tbam\n"
        for name, group in groups.items()
        for age in ["historical" if group == "old" else "modern"]
    ]
    (folder / "samples.tsv").write_text(header + "".join(rows))
    bins = len(next(iter(observed.values()))) // 10
    arrays = {"chromosome": np.array(["c"] * bins), "start_bp": np.arange(bins) * 1000}
    for name, one in observed.items():
        arrays[f"callable/{name}"] = np.full(bins, 1000, np.uint32)
        arrays[f"heterozygous/{name}"] = (one > LEVELS).reshape(bins, 10).sum(1).astype(np.uint32)
    np.savez(folder / "bins.npz", **arrays)
    table = np.stack([observed[name] > LEVELS for name in groups])
    lines = ["##fileformat=VCFv4.2", f"##contig=<ID=c,length={bins * 1000}>"]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="G">']
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(groups))
    for bin_ in np.flatnonzero(table.any(0)).tolist():
        calls = "\t".join("0/1" if one else "0/0" for one in table[:, bin_])
        lines.append(f"c\t{100 * bin_ + 50}\t.\tA\tG\t50\tPASS\t.\tGT\t{calls}")
    (folder / "x.vcf").write_text("\n".join(lines) + "\n")


def run(folder: Path, **options: float) -> tuple[list[dict[str, str]], dict]:
    estimate_history(
        bins=str(folder / "bins.npz"),
        vcf=str(folder / "x.vcf"),
        samples=str(folder / "samples.tsv"),
        table=str(folder / "size_history.tsv"),
        out=str(folder / "size_history.json"),
        **options,  # type: ignore[arg-type]
    )
    return read_table(folder / "size_history.tsv"), json.loads((folder / "size_history.json").read_text())


def test_histories_of_a_cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_history, "STRETCH", 2000)
    genome = simulated("constant", 3e6, 7)
    empty = np.where(genome > LEVELS, LEVELS, genome).astype(np.uint8)
    observed = {"A": genome, "B": genome, "C": genome, "D": empty, "H": genome}
    write_cohort(tmp_path, observed, {"A": "x", "B": "x", "C": "x", "D": "y", "H": "old"})
    rows, record = run(tmp_path, mutation_rate=MUTATION_RATE, generation_years=3.0, bootstraps=2)
    # two of a group, by name where they are alike
    assert record["samples"] == ["A", "B"]
    assert record["reasons"]["D"].startswith("0 bins of 100 bp with a heterozygous site")
    assert record["reasons"]["H"].startswith("damage of old DNA")
    direct = history(stretches([genome]), bootstraps=2)
    own = [row for row in rows if row["sample"] == "A"]
    assert_allclose([float(row["theta_per_bp"]) for row in own], direct.theta, rtol=1e-4)
    for row in own:
        assert float(row["ne"]) == pytest.approx(float(row["theta_per_bp"]) / (4 * MUTATION_RATE), rel=1e-4)
        assert float(row["start_years"]) == pytest.approx(3 * float(row["start_generations"]), rel=1e-4)
        assert float(row["start_generations"]) == pytest.approx(
            float(row["start_divergence_per_bp"]) / (2 * MUTATION_RATE), rel=1e-4
        )


def test_without_a_mutation_rate_there_are_no_individuals(tmp_path: Path) -> None:
    genome = simulated("constant", 3e6, 7)
    write_cohort(tmp_path, {"A": genome}, {"A": "x"})
    rows, _ = run(tmp_path, bootstraps=2)
    assert {row["ne"] for row in rows} == {row["start_generations"] for row in rows} == {"NA"}


def test_a_genome_that_is_too_small(tmp_path: Path) -> None:
    write_cohort(tmp_path, {"A": simulated("constant", 1e6, 7)}, {"A": "x"})
    rows, record = run(tmp_path)
    assert rows == []
    assert record["reasons"]["A"].startswith("5 stretches of 200 kb")
