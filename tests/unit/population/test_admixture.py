"""Tables made from fastmixture and PCAngsd, and the contrast of heterozygosities by likelihoods."""

import numpy as np
import pytest

from linnaea.base.errors import InputError
from linnaea.population.admixture import ancestry_rows, fit_of
from linnaea.population.likelihood_components import components
from linnaea.population.likelihood_contrast import likelihood_contrast
from linnaea.population.samples import Sample


def test_sources_are_numbered_by_the_samples_not_by_the_program():
    shares = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    groups = {"b": "x", "a": "y", "c": "x"}
    rows = ancestry_rows({2: shares}, ["b", "a", "c"], groups, {2: 0.5})
    assert rows == ancestry_rows({2: shares[:, ::-1]}, ["b", "a", "c"], groups, {2: 0.5})
    assert rows[:2] == [(2, "a", "y", 1, 0.8, 0.5), (2, "a", "y", 2, 0.2, 0.5)]
    assert rows[2] == (2, "b", "x", 1, 0.1, 0.5)
    with pytest.raises(InputError, match="the proportions of K=2 are of 3 samples, not of 2"):
        ancestry_rows({2: shares}, ["b", "a"], groups, {2: 0.5})


def test_fit_from_the_log(tmp_path):
    log = tmp_path / "k2.log"
    log.write_text(
        "(5)\tLog-like: -9.0\nFinal log-likelihood: -2701.3\nCross-validation error (SD): 0.85 (0.4)\n"
    )
    assert fit_of(log) == {"log_likelihood": -2701.3, "cross_validation_error": 0.85}
    log.write_text("nothing")
    assert fit_of(log) == {"log_likelihood": None, "cross_validation_error": None}


def test_components_are_those_of_the_matrix():
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(6, 40))
    covariance = rows @ rows.T
    coordinates, shares = components(covariance, 6)
    rebuilt = coordinates @ np.diag(shares * np.trace(covariance)) @ coordinates.T
    assert np.allclose(rebuilt, covariance)
    assert (coordinates[np.abs(coordinates).argmax(0), range(6)] > 0).all()


def sample(name, age, population="p", outgroup=False):
    return Sample(name, "g", population, age, ".", "unknown", None, None, outgroup, ".")


def test_historical_against_modern():
    samples = [sample("h1", "historical"), sample("h2", "historical"), sample("m1", "modern")]
    samples += [sample("m2", "modern"), sample("q", "modern", "other"), sample("o", "modern", "p", True)]
    values = {"h1": 0.004, "h2": 0.002, "m1": 0.002, "m2": 0.001, "q": 0.009, "o": 0.5}
    rows = [
        {"sample": name, "sites": "transversions", "heterozygosity_per_bp": str(value)}
        for name, value in values.items()
    ]
    (row,) = likelihood_contrast(rows, samples)
    assert row[:4] == ("p", "transversions", 2, 2)
    assert row[4:7] == pytest.approx((0.003, 0.0015, 2.0))
    # variances of the means: 1e-6 and 2.5e-7
    assert row[7] == pytest.approx(2 * np.sqrt(1e-6 / 0.003**2 + 2.5e-7 / 0.0015**2))
    assert likelihood_contrast(rows[2:], samples) == []
    (alone,) = likelihood_contrast(rows[1:], samples)
    assert np.isnan(alone[7])
