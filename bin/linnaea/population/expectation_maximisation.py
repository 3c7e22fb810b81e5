"""Expectation maximisation with acceleration."""

from collections.abc import Callable

import numpy as np


def accelerated_em(
    step: Callable[[np.ndarray], tuple[np.ndarray, float]],
    start: np.ndarray,
    rounds: int = 500,
    tolerance: float = 1e-3,
) -> np.ndarray:
    """Shares of maximum likelihood by EM with squared extrapolation (Varadhan & Roland 2008, Scand J Stat
    35:335).

    `step` gives the next shares and the log-likelihood of the ones given. It stops when the log-likelihood
    rises by less than `tolerance` in a round of three steps.
    """
    share, before = start, -np.inf
    for _ in range(rounds):
        first, value = step(share)
        if value - before < tolerance:
            return first
        before = value
        second, _ = step(first)
        change, bend = first - share, second - 2 * first + share
        length = np.sqrt((change**2).sum() / max((bend**2).sum(), 1e-300))
        jump = second
        while length > 1:
            trial = share + 2 * length * change + length**2 * bend
            if (trial >= 0).all():
                jump = np.maximum(trial, 1e-12 * (second > 0))
                break
            length = (length + 1) / 2 if length > 1.05 else 1
        share, after = step(jump / jump.sum())
        if after < value:
            share = second
    return share
