import numpy as np
import pytest

from linnaea.population.likelihood_spectrum import group_spectrum


def levels_of(genotypes: np.ndarray) -> np.ndarray:
    """(n, m, 3) PL that leave no doubt of (n, m) genotypes."""
    return np.where(np.arange(3) == genotypes[:, :, None], 0, 255).astype(float)


def test_certain_genotypes_give_their_own_spectrum_and_diversity():
    rng = np.random.default_rng(3)
    genotypes = rng.binomial(2, rng.choice([0, 0, 0, 0.1, 0.4], 4000)[:, None], (4000, 5))
    spectrum = group_spectrum(levels_of(genotypes))
    count = genotypes.sum(axis=1)
    rarer = np.minimum(count, 10 - count)
    assert spectrum.counts == pytest.approx(np.bincount(rarer, minlength=6), abs=0.01)
    # differences of all pairs of chromosomes
    haplotypes = (np.arange(2)[:, None, None] < genotypes).transpose(1, 0, 2).reshape(4000, 10)
    pairs = [(a, b) for a in range(10) for b in range(a)]
    pi = np.mean([(haplotypes[:, a] != haplotypes[:, b]).mean() for a, b in pairs])
    assert spectrum.pi_per_bp == pytest.approx(pi, rel=1e-4)
    theta = (rarer > 0).mean() / sum(1 / i for i in range(1, 10))
    assert spectrum.theta_watterson_per_bp == pytest.approx(theta, rel=1e-4)


def test_a_group_without_variation_has_no_diversity():
    spectrum = group_spectrum(levels_of(np.zeros((200, 3), int)))
    assert spectrum.counts == pytest.approx([200, 0, 0, 0], abs=1e-3)
    assert (spectrum.pi_per_bp, spectrum.theta_watterson_per_bp) == pytest.approx((0, 0), abs=1e-5)
