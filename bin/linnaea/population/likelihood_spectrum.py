"""Spectra, diversity and divergence of groups of low depth, by EM from genotype likelihoods."""

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.compartments import read_compartments
from linnaea.population.diversity import GROUP_SUMS, PAIR_SUMS, harmonic, jackknife, ratio, tajimas_d
from linnaea.population.expectation_maximisation import accelerated_em
from linnaea.population.genotypes import sample_columns
from linnaea.population.likelihood_filters import filter_sites
from linnaea.population.likelihood_kinship import INBREEDING_COLUMNS, KINSHIP_COLUMNS, relatedness
from linnaea.population.likelihood_sites import Cohort, allele_count_likelihoods, read_site_batches
from linnaea.population.likelihoods import header_samples
from linnaea.population.read_errors import TRANSVERSION_SHARE, error_metrics
from linnaea.population.samples import groups, read_samples
from linnaea.population.sfs import SPECTRUM_COLUMNS, fold

# Blocks of the jackknife, and the fewest sites of one.
BLOCKS, MIN_BLOCK_SITES = 25, 1000
# Rounds of EM in a block, which begins at the spectrum of the genome: more do not change standard errors.
BLOCK_ROUNDS = 10

DIVERSITY_COLUMNS = (
    *("compartment", "group", "samples", "samples_of_group", "callable_sites", "segregating_sites"),
    *("pi_differences", "pi_comparisons", "pi_per_bp", "pi_standard_error", "theta_watterson_per_bp"),
    *("theta_watterson_standard_error", "tajimas_d", "tajimas_d_standard_error", "jackknife_blocks"),
)
DIVERGENCE_COLUMNS = (
    *("compartment", "group_1", "group_2", "callable_sites", "dxy_differences", "dxy_comparisons"),
    *("dxy_per_bp", "dxy_standard_error", "fst_hudson_numerator", "fst_hudson_denominator", "fst_hudson"),
    *("fst_hudson_standard_error", "jackknife_blocks"),
)


class Rows(NamedTuple):
    """Likelihoods (n, c) of allele counts of one group, and the sites (n,) that have them."""

    likelihoods: np.ndarray
    sites: np.ndarray


def _start(shape: tuple[int, ...]) -> np.ndarray:
    """Shares to begin with: a hundredth of the sites vary, neutrally."""
    share = np.ones(shape)
    for axis, size in enumerate(shape):
        index = np.arange(size)
        slope = 1 / np.maximum(np.minimum(index, size - 1 - index), 1)
        share = share * slope.reshape([-1 if place == axis else 1 for place in range(len(shape))])
    share.flat[0] = 0
    share *= 0.01 / share.sum()
    share.flat[0] = 0.99
    return share


def spectrum_by_em(
    likelihoods: np.ndarray,
    sites: np.ndarray | None = None,
    start: np.ndarray | None = None,
    rounds: int = 500,
) -> np.ndarray:
    """(c,) shares of sites by allele count, of maximum likelihood, from (n, c) `allele_count_likelihoods`.

    `sites` (n,) counts how often a row occurs, once by default.
    """
    counts = np.ones(len(likelihoods)) if sites is None else sites
    total = counts.sum()

    def step(share: np.ndarray) -> tuple[np.ndarray, float]:
        chance = (likelihoods @ share.astype(likelihoods.dtype)).astype(float)
        update = share * ((counts / chance).astype(likelihoods.dtype) @ likelihoods).astype(float) / total
        return update / update.sum(), float(counts @ np.log(chance))

    return accelerated_em(step, _start((likelihoods.shape[1],)) if start is None else start, rounds)


def joint_spectrum_by_em(
    one: np.ndarray,
    two: np.ndarray,
    sites: np.ndarray,
    start: np.ndarray | None = None,
    rounds: int = 500,
) -> np.ndarray:
    """(c1, c2) shares of sites by the allele counts of two groups, from (n, c1) and (n, c2) likelihoods."""
    total = sites.sum()

    def step(share: np.ndarray) -> tuple[np.ndarray, float]:
        chance = np.einsum("ij,ij->i", one @ share.astype(one.dtype), two).astype(float)
        update = share * (one.T @ (two * (sites / chance).astype(two.dtype)[:, None])).astype(float) / total
        return update / update.sum(), float(sites @ np.log(chance))

    if start is None:
        start = _start((one.shape[1], two.shape[1]))
    return accelerated_em(step, start, rounds, tolerance=0.1)


def group_sums(share: np.ndarray, sites: float) -> np.ndarray:
    """GROUP_SUMS (7,) of `sites` sites from the shares (2m + 1,) by allele count."""
    number = len(share) - 1
    count = np.arange(number + 1)
    pi = float(share @ (2 * count * (number - count))) / (number * (number - 1))
    segregating = sites * float(share[1:-1].sum())
    pairs = number * (number - 1) / 2
    return np.array(
        [sites, sites * pairs, sites * pi * pairs, segregating, segregating * number,
         segregating / harmonic(number - 1), sites * pi]
    )  # fmt: skip


def pair_sums(share: np.ndarray, sites: float) -> np.ndarray:
    """The first five of PAIR_SUMS of `sites` sites, from the shares (c1, c2) by allele counts."""
    numbers = [size - 1 for size in share.shape]
    first, second = (np.arange(number + 1) / number for number in numbers)
    between = float(share.ravel() @ (first[:, None] * (1 - second) + second * (1 - first[:, None])).ravel())
    within = [
        float(share.sum(axis=1 - axis) @ (2 * part * (1 - part))) * number / (number - 1)
        for axis, (part, number) in enumerate(zip((first, second), numbers, strict=True))
    ]
    pairs = numbers[0] * numbers[1]
    return np.array(
        [sites, sites * pairs, sites * pairs * between, sites * (between - sum(within) / 2), sites * between]
    )


class GroupSpectrum(NamedTuple):
    """Shares of sites by count of the alternate (2m + 1,), GROUP_SUMS (7,), and those of blocks (7, b)."""

    share: np.ndarray
    sums: np.ndarray
    blocks: np.ndarray


class JointSpectrum(NamedTuple):
    """Shares of sites by counts of both groups (c1, c2), five of PAIR_SUMS, and those of blocks (5, b)."""

    share: np.ndarray
    sums: np.ndarray
    blocks: np.ndarray


class Spectra:
    """Spectra of the groups of a cohort, whose sites and rows of likelihoods are shared by all of them."""

    def __init__(self, cohort: Cohort, blocks: int = BLOCKS) -> None:
        self.cohort = cohort
        sites = len(cohort.varied_place) + len(cohort.plain_place)
        self.number = max(1, min(blocks, sites // MIN_BLOCK_SITES))
        self.varied_block, self.plain_block = cohort.blocks(self.number)
        self.varied = {
            name: allele_count_likelihoods_of_levels(cohort.levels, columns)
            for name, columns in cohort.members.items()
        }
        self.informed = {
            name: cohort.depth[:, columns].any(axis=1) for name, columns in cohort.members.items()
        }
        self.place = {name: index for index, name in enumerate(cohort.members)}

    def group(self, name: str) -> GroupSpectrum | None:
        """Of one group; None without a site."""
        index = self.place[name]
        depth = self.cohort.plain_depth[:, index].astype(np.int64)
        plain = np.bincount(self.plain_block * 256 + depth, minlength=256 * self.number)
        plain = plain.reshape(self.number, 256)
        plain[:, 0] = 0
        used = self.informed[name]
        varied, block = self.varied[name][used], self.varied_block[used]
        table = self.cohort.plain_rows[name].astype(np.float32)

        def rows(chosen: np.ndarray, counts: np.ndarray) -> Rows:
            filled = counts > 0
            both = np.concatenate([varied[chosen], table[filled]])
            return Rows(both, np.concatenate([np.ones(int(chosen.sum())), counts[filled]]))

        whole = rows(np.ones(len(varied), bool), plain.sum(axis=0))
        if not whole.sites.sum():
            return None
        share = spectrum_by_em(*whole)
        parts = [rows(block == number, plain[number]) for number in range(self.number)]
        sums = [
            group_sums(spectrum_by_em(*part, start=_near(share)), part.sites.sum())
            for part in parts
            if part.sites.sum()
        ]
        return GroupSpectrum(share, group_sums(share, whole.sites.sum()), np.stack(sums, axis=1))

    def pair(self, one: str, two: str) -> JointSpectrum | None:
        """Of two groups; None without a site that both have reads of."""
        depths = self.cohort.plain_depth[:, [self.place[one], self.place[two]]].astype(np.int64)
        known = depths.all(axis=1)
        key = (self.plain_block[known] * 256 + depths[known, 0]) * 256 + depths[known, 1]
        keys, counts = np.unique(key, return_counts=True)
        rest, second = np.divmod(keys, 256)
        plain_block, first = np.divmod(rest, 256)
        used = self.informed[one] & self.informed[two]
        tables = [self.cohort.plain_rows[name].astype(np.float32) for name in (one, two)]
        varied = [self.varied[name][used] for name in (one, two)]
        block = self.varied_block[used]

        def joint(number: int | None, start: np.ndarray | None) -> tuple[np.ndarray, float]:
            chosen = slice(None) if number is None else block == number
            if number is None:
                depth_key, place = np.unique(first * 256 + second, return_inverse=True)
                plain = np.bincount(place, counts, len(depth_key))
            else:
                own = plain_block == number
                depth_key, plain = first[own] * 256 + second[own], counts[own]
            left = np.concatenate([varied[0][chosen], tables[0][depth_key // 256]])
            right = np.concatenate([varied[1][chosen], tables[1][depth_key % 256]])
            sites = np.concatenate([np.ones(len(left) - len(plain)), plain])
            if not sites.sum():
                return np.zeros(0), 0.0
            return joint_spectrum_by_em(
                left, right, sites, start, 500 if number is None else BLOCK_ROUNDS
            ), float(sites.sum())

        share, sites = joint(None, None)
        if not sites:
            return None
        parts = [joint(number, _near(share)) for number in range(self.number)]
        sums = [pair_sums(*part) for part in parts if part[1]]
        return JointSpectrum(share, pair_sums(share, sites), np.stack(sums, axis=1))


def _near(share: np.ndarray) -> np.ndarray:
    """The spectrum of the genome as a start for a block: no class at zero, which EM could not leave."""
    return 0.99 * share + 0.01 * _start(share.shape)


def allele_count_likelihoods_of_levels(levels: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(n, 2m + 1) float32 `allele_count_likelihoods` of PL (n, samples, 3), a part of the sites at a time."""
    table = 10 ** (-np.arange(256) / 10)
    result = np.zeros((len(levels), 2 * len(columns) + 1), np.float32)
    for first in range(0, len(levels), 50_000):
        part = slice(first, first + 50_000)
        result[part] = allele_count_likelihoods(table[levels[part][:, columns]])
    return result


def diversity_row(group: str, samples: int, of_group: int, spectrum: GroupSpectrum) -> tuple[Any, ...]:
    """The row of DIVERSITY_COLUMNS of one group."""
    named = dict(zip(GROUP_SUMS, spectrum.sums.tolist(), strict=True))
    blocks = spectrum.blocks
    weights = dict(zip(GROUP_SUMS, blocks, strict=True))
    return (
        *("autosome", group, samples, of_group, round(named["callable_sites"])),
        *(named[key] for key in ("segregating_sites", "pi_differences", "pi_comparisons")),
        named["pi_differences"] / named["pi_comparisons"],
        jackknife(blocks, _quotient(2, 1), weights["pi_comparisons"]),
        named["theta_sum"] / named["callable_sites"],
        jackknife(blocks, _quotient(5, 0), weights["callable_sites"]),
        tajimas_d(spectrum.sums[:, None])[0],
        jackknife(blocks, tajimas_d, weights["segregating_sites"]),
        blocks.shape[1],
    )


def divergence_row(one: str, two: str, spectrum: JointSpectrum) -> tuple[Any, ...]:
    """The row of DIVERGENCE_COLUMNS of two groups."""
    named = dict(zip(PAIR_SUMS[:5], spectrum.sums.tolist(), strict=True))
    blocks = spectrum.blocks
    return (
        *("autosome", one, two, round(named["callable_sites"])),
        *(named["dxy_differences"], named["dxy_comparisons"]),
        named["dxy_differences"] / named["dxy_comparisons"],
        jackknife(blocks, _quotient(2, 1), blocks[1]),
        *(named["fst_hudson_numerator"], named["fst_hudson_denominator"]),
        ratio(spectrum.sums[3], spectrum.sums[4]),
        jackknife(blocks, _quotient(3, 4), blocks[4]),
        blocks.shape[1],
    )


# The order of GROUP_SUMS here: 0 callable_sites, 1 pi_comparisons, 2 pi_differences, 5 theta_sum.
def _quotient(numerator: int, denominator: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda sums: ratio(sums[numerator], sums[denominator])


def _results_of_groups(
    spectra: Spectra, present: Mapping[str, Sequence[str]]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], dict[str, dict[str, Any]]]:
    """Rows of the folded spectra and of diversity, and the record of each group; `present` are its samples.

    A group without sites has a record alone.
    """
    folded_rows: list[tuple[Any, ...]] = []
    diversity_rows: list[tuple[Any, ...]] = []
    record: dict[str, dict[str, Any]] = {}
    for group, places in spectra.cohort.members.items():
        samples, of_group = len(places), len(present[group])
        record[group] = {"samples": samples, "samples_of_group": of_group, "sites": 0}
        spectrum = spectra.group(group)
        if spectrum is None:
            continue
        sites = round(spectrum.sums[0])
        folded = fold(spectrum.share * sites)[: samples + 1]
        folded_rows += [(group, "folded", 2 * samples, count, value) for count, value in enumerate(folded)]
        row = diversity_row(group, samples, of_group, spectrum)
        diversity_rows.append(row)
        record[group] |= {"sites": sites} | dict(zip(DIVERSITY_COLUMNS[5:], row[5:], strict=True))
    return folded_rows, diversity_rows, record


def estimate_spectra(
    *,
    samples: str,
    table: str,
    diversity: str,
    divergence: str,
    kinship: str,
    inbreeding: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    transversions_only: bool = False,
    excess_heterozygosity: float = 0.001,
    max_sites: int = 8_000_000,
    max_samples: int = 20,
) -> None:
    """Site frequency spectra, diversity and divergence of groups by EM on genotype likelihoods.

    Standard input is the text of `bcftools query -H`.

    samples: sample table
    table: folded spectra of groups
    diversity: pi, theta and Tajima's D of groups
    divergence: Fst and dxy of pairs of groups
    kinship: of pairs of samples of a group
    inbreeding: of samples
    compartments: chromosomes that are not autosomes
    transversions_only: leave out transitions
    excess_heterozygosity: leave out sites with more heterozygotes than this probability allows
    max_sites: more sites are thinned evenly
    max_samples: of a larger group the first by name are in its spectrum
    out: metrics record
    """
    names = header_samples(sys.stdin.buffer.readline(), "standard input")
    present = {
        group: [name for name in members if name in names]
        for group, members in groups(read_samples(samples)).items()
    }
    present = {group: listed for group, listed in present.items() if listed}
    wanted = [name for listed in present.values() for name in listed]
    columns = sample_columns(names, wanted, samples)
    ends = np.cumsum([len(listed) for listed in present.values()])
    of_group = {
        group: np.arange(end - len(listed), end)
        for (group, listed), end in zip(present.items(), ends, strict=True)
    }
    cohort = Cohort(
        {group: places[:max_samples] for group, places in of_group.items()}, len(wanted), max_plain=max_sites
    )
    others = read_compartments(compartments)
    for sites in read_site_batches(
        sys.stdin.buffer, "standard input", columns, others, transversions_only, cohort.thinning
    ):
        cohort.add(sites)
    cohort.close()
    # Of transversions one base of the two fits a mismatch, whose likelihood is that of any of three.
    counted = TRANSVERSION_SHARE if transversions_only else 1.0
    scales = [counts.scale(counted) for counts in cohort.errors]
    cohort.correct(counted * (scale.factor if scale.significant else 1) for scale in scales)
    filters = filter_sites(cohort, excess_heterozygosity)
    spectra = Spectra(cohort)
    rows, diversity_rows, record = _results_of_groups(spectra, present)
    joints = ((one, two, spectra.pair(one, two)) for one, two in combinations(cohort.members, 2))
    divergence_rows = [divergence_row(one, two, joint) for one, two, joint in joints if joint is not None]
    kinship_rows, inbreeding_rows = relatedness(cohort.levels, of_group, wanted)
    write_table(kinship, KINSHIP_COLUMNS, kinship_rows)
    write_table(inbreeding, INBREEDING_COLUMNS, inbreeding_rows)
    write_table(table, SPECTRUM_COLUMNS, rows)
    write_table(diversity, DIVERSITY_COLUMNS, diversity_rows)
    write_table(divergence, DIVERGENCE_COLUMNS, divergence_rows)
    write_metrics(
        out,
        {
            "id": id,
            "step": "likelihood_spectrum",
            "thinned_to_share": 0.5**cohort.thinning.level,
            "transversions_only": transversions_only,
            "groups": record,
            "read_errors": {name: error_metrics(scale) for name, scale in zip(wanted, scales, strict=True)},
        }
        | filters,
    )
