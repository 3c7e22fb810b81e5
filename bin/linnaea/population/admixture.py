"""Tables of ancestry from the files of fastmixture (genotypes) and PCAngsd (genotype likelihoods)."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.samples import read_samples

# The last column judges the fit of K; PCAngsd does not cross-validate.
JUDGED_BY = {"admixture": "cross_validation_error", "likelihood_admixture": "log_likelihood"}
ADMIXTURE_COLUMNS = ("k", "sample", "group", "source", "proportion", JUDGED_BY["admixture"])
LIKELIHOOD_COLUMNS = (*ADMIXTURE_COLUMNS[:-1], JUDGED_BY["likelihood_admixture"])


def fit_of(log: str | Path) -> dict[str, float | None]:
    """Log-likelihood and cross-validation error that a program's log tells; None where it tells none."""
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
    judged: Mapping[int, float | None],
) -> list[tuple[Any, ...]]:
    """Rows of the table, by K, sample and source. `proportions` has (samples, K) for each K.

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
            name = samples[index]
            rows += [
                (k, name, groups[name], number, float(shares[index, source]), judged[k])
                for number, source in enumerate(sources, 1)
            ]
    return rows


def join_fits(
    *,
    samples: str,
    order: Path,
    fits: str,
    table: str,
    out: str,
    step: Literal["admixture", "likelihood_admixture"] = "admixture",
) -> None:
    """Join the ancestry proportions of a program for several K into one table.

    samples: sample table
    order: samples of the fits, one per line
    fits: prefix of <prefix>.K<k>*.Q and .log
    step: admixture of fastmixture, with cross-validation, or likelihood_admixture of PCAngsd
    """
    groups = {sample.sample: sample.group for sample in read_samples(samples)}
    names = order.read_text().split()
    proportions, models = {}, {}
    for path in Path().glob(f"{fits}.K*.Q"):
        shares = np.loadtxt(path, ndmin=2)
        proportions[shares.shape[1]] = shares
        models[shares.shape[1]] = fit_of(path.with_suffix(".log"))
    models = dict(sorted(models.items()))
    judged = {k: model[JUDGED_BY[step]] for k, model in models.items()}
    columns = ADMIXTURE_COLUMNS if step == "admixture" else LIKELIHOOD_COLUMNS
    write_table(table, columns, ancestry_rows(proportions, names, groups, judged))
    record: dict[str, Any] = {"id": "popgen", "step": step, "samples": len(names), "ks": models}
    if step == "admixture":
        known = {k: error for k, error in judged.items() if error is not None}
        record["best_k"] = min(known, key=known.__getitem__) if known else None
    write_metrics(out, record)
