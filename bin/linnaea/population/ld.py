"""Linkage disequilibrium between sites by the correlation of genotypes (Rogers & Huff 2009, Genetics
182:839).
"""

import numpy as np


def r_squared(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a, b) squared correlations of genotypes of (a, m) and (b, m) dosages, and in how many samples both are
    called.

    NaN where a site does not vary among the samples called at both. Sums are of whole numbers, so the result
    does not depend on which sites are compared at once.
    """
    called_1, called_2 = (first >= 0).astype(np.float32), (second >= 0).astype(np.float32)
    x, y = np.maximum(first, 0).astype(np.float32), np.maximum(second, 0).astype(np.float32)
    number = (called_1 @ called_2.T).astype(np.float64)
    sum_x, sum_y = (x @ called_2.T).astype(np.float64), (called_1 @ y.T).astype(np.float64)
    covariance = number * (x @ y.T) - sum_x * sum_y
    variance_x = number * ((x * x) @ called_2.T) - sum_x**2
    variance_y = number * (called_1 @ (y * y).T) - sum_y**2
    with np.errstate(invalid="ignore", divide="ignore"):
        result = covariance**2 / (variance_x * variance_y)
    result[~((variance_x > 0) & (variance_y > 0))] = np.nan
    return result, number
