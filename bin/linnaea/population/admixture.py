"""Tables of structure from the files of other programs: ancestry of fastmixture, components of PCAngsd."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError

ADMIXTURE_COLUMNS = ("k", "sample", "group", "source", "proportion", "cross_validation_error")


def fit_of(log: str | Path) -> dict[str, float | None]:
    """Log-likelihood and cross-validation error that fastmixture's log tells; None where it tells none."""
    text = Path(log).read_text()

    def last(pattern: str) -> float | None:
        found = re.findall(pattern, text)
        return float(found[-1]) if found else None

    return {
        "log_likelihood": last(r"[Ll]og-?likelihood:?\s*(-?[\d.]+)"),
        "cross_validation_error": last(r"(?i)cross-validation[^:\n]*:\s*([\d.]+)"),
    }


def ancestry_rows(
    proportions: Mapping[int, np.ndarray],
    samples: Sequence[str],
    groups: Mapping[str, str],
    fits: Mapping[int, Mapping[str, Any]],
) -> list[tuple[Any, ...]]:
    """Rows of admixture.tsv, by K, sample and source. `proportions` has (samples, K) for each K.

    Sources are numbered by the first sample, in order of name, that has most of its ancestry from them, so
    that the order does not depend on the program's.
    """
    rows = []
    order = sorted(range(len(samples)), key=lambda index: samples[index])
    for k, shares in sorted(proportions.items()):
        if shares.shape != (len(samples), k):
            raise InputError(
                f"the proportions of K={k} are of {len(shares)} samples, not of {len(samples)}; are they of "
                "another run?"
            )
        main = [int(shares[index].argmax()) for index in order]
        sources = list(dict.fromkeys([*main, *range(k)]))
        for index in order:
            name, error = samples[index], fits[k]["cross_validation_error"]
            rows += [
                (k, name, groups[name], number, float(shares[index, source]), error)
                for number, source in enumerate(sources, 1)
            ]
    return rows
