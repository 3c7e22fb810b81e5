"""Tables of structure from the files of other programs: ancestry of fastmixture, components of PCAngsd."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.samples import read_samples

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
                f"the proportions of K={k} are of {len(shares)} samples, not of {len(samples)}; are they "
                "from another run?"
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


def join_fits(
    *,
    samples: str,
    fam: Path,
    fits: str,
    table: str,
    out: str,
) -> None:
    """Join the ancestry proportions of fastmixture for several K into one table.

    samples: sample table
    fam: PLINK samples, in the order of the fits
    fits: prefix of fastmixture: <prefix>.K<k>.s<seed>.Q and .log
    """
    groups = {sample.sample: sample.group for sample in read_samples(samples)}
    names = [line.split()[1] for line in fam.read_text().splitlines()]
    proportions, models = {}, {}
    for path in Path().glob(f"{fits}.K*.Q"):
        shares = np.loadtxt(path, ndmin=2)
        proportions[shares.shape[1]] = shares
        models[shares.shape[1]] = fit_of(path.with_suffix(".log"))
    write_table(table, ADMIXTURE_COLUMNS, ancestry_rows(proportions, names, groups, models))
    errors = {k: fit["cross_validation_error"] for k, fit in sorted(models.items())}
    known = {k: error for k, error in errors.items() if error is not None}
    record = {"id": "popgen", "step": "admixture", "samples": len(names), "ks": dict(sorted(models.items()))}
    write_metrics(out, record | {"best_k": min(known, key=known.__getitem__) if known else None})
