import numpy as np
import pytest
from shallow_reads import cohort_of, dosages_of, shallow_sites, two_groups

from linnaea.population.likelihood_spectrum import DIVERSITY_COLUMNS, Spectra, diversity_row

MEMBERS = {"north": np.arange(15)}


def theta(cohort):
    row = diversity_row("north", 15, 15, Spectra(cohort).group("north"))
    return dict(zip(DIVERSITY_COLUMNS, row, strict=True))["theta_watterson_per_bp"]


@pytest.fixture(scope="module")
def north():
    return dosages_of(two_groups(1000, length=80_000, seed=11))[:, :15]


@pytest.mark.parametrize(("error", "depth"), [(0.002, 2), (0.004, 2), (0.008, 4), (0.0008, 4)])
def test_factor_of_errors_to_what_is_stated(north, error, depth):
    """Qualities state 0.002; in the shallowest sample one read in three errors is at a site of two reads."""
    cohort = cohort_of(shallow_sites(north, depth, np.random.default_rng(2), error, stated=0.002), MEMBERS)
    scales = [counts.scale() for counts in cohort.errors]
    factors = np.array([scale.factor for scale in scales])
    errors = np.array([scale.standard_error for scale in scales])
    # qualities are whole numbers: 27 is 0.001995
    assert np.abs((factors - error / 0.002) / errors).max() < 4
    assert factors.mean() == pytest.approx(error / 0.002, rel=0.1)
    assert np.mean([scale.error_rate for scale in scales]) == pytest.approx(error, rel=0.1)
    assert all(scale.significant for scale in scales) == (error != 0.002)
    assert any(scale.significant for scale in scales) == (error != 0.002)


def test_correction_gives_the_true_diversity(north):
    cohorts = [
        cohort_of(shallow_sites(north, 2, np.random.default_rng(3), error, stated=0.002), MEMBERS)
        for error in (0.002, 0.008, 0.008)
    ]
    right, wrong, mended = cohorts
    mended.correct(counts.scale().factor for counts in mended.errors)
    # what reads that state their errors give is the truth, as other tests show
    true = theta(right)
    assert theta(wrong) > 1.5 * true
    assert theta(mended) == pytest.approx(true, rel=0.08)
