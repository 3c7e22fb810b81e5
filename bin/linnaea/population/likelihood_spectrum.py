"""Folded frequency spectra of groups of low depth, by EM from genotype likelihoods."""

import sys
from typing import Any, NamedTuple

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.compartments import read_compartments
from linnaea.population.genotypes import sample_columns, site_hash
from linnaea.population.likelihoods import header_samples, is_transition, read_sites
from linnaea.population.samples import groups, read_samples
from linnaea.population.sfs import SPECTRUM_COLUMNS, fold


def allele_count_likelihoods(likelihoods: np.ndarray) -> np.ndarray:
    """(n, 2m + 1) likelihoods of the count of alternate alleles among m samples, from (n, m, 3) of genotypes.

    By the recursion over samples of Nielsen et al. (2012, equation 8), each row scaled to a largest value of
    1.
    """
    from scipy.special import comb

    sites, samples, _ = likelihoods.shape
    table = np.zeros((sites, 2 * samples + 1))
    table[:, 0] = 1
    for sample in range(samples):
        zero, one, two = (likelihoods[:, sample, genotype, None] for genotype in range(3))
        update = table * zero
        update[:, 1:] += 2 * one * table[:, :-1]
        update[:, 2:] += two * table[:, :-2]
        table = update / update.max(axis=1, keepdims=True)
    table /= comb(2 * samples, np.arange(2 * samples + 1))
    return table / table.max(axis=1, keepdims=True)


def spectrum_by_em(likelihoods: np.ndarray, rounds: int = 2000, tolerance: float = 1e-6) -> np.ndarray:
    """(c,) shares of sites by allele count, of maximum likelihood, from (n, c) `allele_count_likelihoods`.

    It stops when no class changes by more than `tolerance` of its share and of one site.
    """
    sites, classes = likelihoods.shape
    share = np.full(classes, 0.1 / (classes - 1))
    share[0] = 0.9
    for _ in range(rounds):
        inverse = 1 / (likelihoods @ share.astype(likelihoods.dtype))
        update = share * (likelihoods.T @ inverse).astype(float) / sites
        update /= update.sum()
        change = np.abs(update - share)
        share = update
        if (change <= np.maximum(tolerance * share, 1e-3 * tolerance)).all():
            break
    return share


class SiteSample:
    """At most `limit` sites, evenly over the genome and always the same, in whatever order they come.

    A site stays while its hash is below a threshold; the threshold is halved when there are too many.
    """

    def __init__(self, limit: int):
        self.limit, self.level = limit, 0
        self._kept: list[tuple[int, Any]] = []

    def wants(self, chromosome: bytes, position: int) -> bool:
        return self._hash(chromosome, position) >> (64 - self.level) == 0 if self.level else True

    def add(self, chromosome: bytes, position: int, item: Any) -> None:
        self._kept.append((self._hash(chromosome, position), item))
        while len(self._kept) > self.limit:
            self.level += 1
            self._kept = [pair for pair in self._kept if pair[0] >> (64 - self.level) == 0]

    def items(self) -> list[Any]:
        return [item for _, item in self._kept]

    @staticmethod
    def _hash(chromosome: bytes, position: int) -> int:
        return int(site_hash(chromosome.decode(), np.array([position]))[0])


class GroupSpectrum(NamedTuple):
    """Sites by count of the rarer allele (0 to m), and what they say of diversity per base."""

    counts: np.ndarray
    pi_per_bp: float
    theta_watterson_per_bp: float


def group_spectrum(levels: np.ndarray) -> GroupSpectrum:
    """Folded spectrum, pi, Watterson's theta of one group, from (n, m, 3) PL of m samples at n > 0 sites."""
    sites, samples, _ = levels.shape
    chromosomes = 2 * samples
    shares = spectrum_by_em(allele_count_likelihoods(10 ** (-levels / 10)))
    folded = fold(shares * sites)[: samples + 1]
    count = np.arange(len(folded))
    pairs = 2 * count * (chromosomes - count) / (chromosomes * (chromosomes - 1))
    harmonic = (1 / np.arange(1, chromosomes)).sum()
    return GroupSpectrum(folded, float(pairs @ folded) / sites, float(folded[1:].sum() / harmonic) / sites)


def estimate_spectra(
    *,
    samples: str,
    table: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    transversions_only: bool = False,
    max_sites: int = 1_000_000,
    max_samples: int = 20,
) -> None:
    """Folded site frequency spectra of groups by EM on genotype likelihoods.

    Standard input is the text of `bcftools query -H`.

    samples: sample table
    compartments: chromosomes that are not autosomes
    transversions_only: leave out transitions
    max_sites: more sites are thinned evenly
    max_samples: of a larger group the first by name
    out: metrics record
    """
    names = header_samples(sys.stdin.buffer.readline(), "standard input")
    present = {
        group: [name for name in members if name in names]
        for group, members in groups(read_samples(samples)).items()
    }
    members = {group: found[:max_samples] for group, found in present.items() if found}
    wanted = [name for group in members.values() for name in group]
    columns = sample_columns(names, wanted, samples)
    sample = SiteSample(max_sites)
    for site in read_sites(
        sys.stdin.buffer, "standard input", columns, read_compartments(compartments), sample.wants
    ):
        if not (transversions_only and is_transition(site.reference, site.alternate)):
            sample.add(site.chromosome, site.position, np.minimum(site.levels, 255).astype(np.uint8))
    levels = np.array(sample.items(), float).reshape(-1, len(wanted), 3)
    rows: list[tuple[Any, ...]] = []
    record: dict[str, dict[str, float]] = {}
    for group, found in members.items():
        part, levels = levels[:, : len(found)], levels[:, len(found) :]
        part = part[part.any(axis=(1, 2))]
        record[group] = {"samples": len(found), "samples_of_group": len(present[group]), "sites": len(part)}
        if len(part):
            spectrum = group_spectrum(part)
            counts = enumerate(spectrum.counts.tolist())
            rows += [(group, "folded", 2 * len(found), count, value) for count, value in counts]
            record[group] |= {
                "pi_per_bp": spectrum.pi_per_bp,
                "theta_watterson_per_bp": spectrum.theta_watterson_per_bp,
            }
    write_table(table, SPECTRUM_COLUMNS, rows)
    write_metrics(
        out,
        {
            "id": id,
            "step": "likelihood_spectrum",
            "thinned_to_share": 0.5**sample.level,
            "transversions_only": transversions_only,
            "groups": record,
        },
    )
