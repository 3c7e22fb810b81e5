"""Principal components of a covariance matrix from genotype likelihoods."""

from pathlib import Path

import numpy as np

from linnaea.base.records import read_metrics, write_metrics
from linnaea.base.tables import write_table
from linnaea.population.samples import read_samples


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


def find_components(
    *,
    samples: str,
    called: str,
    likelihoods: str,
    covariance: str,
    order: Path,
    table: str,
    out: str,
) -> None:
    """Principal components from the covariance matrix of PCAngsd.

    samples: sample table
    called: sample table of those whose genotypes are called
    likelihoods: record of beagle_likelihoods.py
    covariance: *.cov of PCAngsd; not read without samples
    order: samples of the matrix, one per line
    """
    groups = {sample.sample: sample.group for sample in read_samples(samples)}
    called_names = {sample.sample for sample in read_samples(called, may_be_empty=True)}
    names = order.read_text().split()
    coordinates, shares = np.zeros((0, 1)), np.zeros(0)
    if names:
        coordinates, shares = components(np.loadtxt(covariance, ndmin=2), 10)
    columns = [
        "sample",
        "group",
        "route",
        *(f"pc{number + 1}" for number in range(max(1, coordinates.shape[1]))),
    ]
    # PCAngsd starts at random: further digits differ from run to run
    rows = [
        (
            name,
            groups[name],
            "calls" if name in called_names else "likelihoods",
            *(round(float(x), 3) for x in place),
        )
        for name, place in zip(names, coordinates, strict=True)
    ]
    write_table(table, columns, sorted(rows, key=lambda row: row[0]))
    labels = {"id": "popgen", "step": "likelihood_pca", "samples": len(names)}
    labels["reason"] = read_metrics(likelihoods)["reason"]
    write_metrics(out, labels | {"explained_share": shares[: coordinates.shape[1]].round(3)})
