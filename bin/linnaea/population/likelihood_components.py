"""Principal components of a covariance matrix from genotype likelihoods."""

import numpy as np


def components(covariance: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (samples, number) and shares of variance of a covariance matrix of samples.

    The largest coordinate of each component is positive, so that equal matrices give equal tables.
    """
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = min(number, len(values))
    vectors = vectors[:, :kept]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(kept)])
    return vectors * signs, np.clip(values, 0, None) / np.clip(values, 0, None).sum()
