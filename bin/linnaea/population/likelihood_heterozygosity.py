"""Heterozygosity of one sample of low depth, by EM from genotype likelihoods."""

import sys
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.compartments import read_compartments
from linnaea.population.likelihood_sites import parse_cell
from linnaea.population.likelihoods import (
    BASES,
    OTHER_BASE,
    TRANSITIONS,
    genotype_index,
    is_transition,
)
from linnaea.population.read_errors import (
    MOST,
    TRANSVERSION_SHARE,
    ErrorCounts,
    ErrorScale,
    corrected,
    error_metrics,
)

Triplet = tuple[int, int, int]

_MAX_PL = 255


# bcftools' likelihoods of a mismatch do not say which of three bases it is, so they fit an alternate that is
# any of three. When it can only be one of the two transversions, a given one is 3/2 as probable.
_TRANSVERSION_WEIGHT = 1.5


HETEROZYGOSITY_COLUMNS = (
    *("sample", "sites", "estimator", "callable_sites", "heterozygosity_per_bp", "standard_error_per_bp"),
    *("homozygous_alternate_per_bp",),
)


class TripletHistogram:
    """Sites by the Phred-scaled likelihoods of their three genotypes, exactly, in memory of fixed size.

    One of the three is 0, and the other two are at most 255 (higher ones are cut): 3 x 256 x 256 counts hold
    all.
    """

    def __init__(self) -> None:
        self.counts = np.zeros((2, 3, _MAX_PL + 1, _MAX_PL + 1), np.int64)

    def add(self, triplets: np.ndarray, sites: np.ndarray, seen: np.ndarray) -> None:
        """Add (n, 3) integer PL of `sites` (n,) sites each; `seen` (n,) bool."""
        levels = np.minimum(triplets - triplets.min(axis=1, keepdims=True), _MAX_PL)
        best = levels.argmin(axis=1)
        rows = np.arange(len(levels))
        place = (seen.astype(int), best, levels[rows, (best + 1) % 3], levels[rows, (best + 2) % 3])
        np.add.at(self.counts, place, sites)

    def likelihoods(self, seen_weight: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """(k, 3) likelihoods of the genotypes and (k,) sites that have them; sites that tell nothing are left
        out.

        `seen_weight` multiplies those of the genotypes with the alternate where it was seen.
        """
        seen, best, second, third = np.nonzero(self.counts)
        sites = self.counts[seen, best, second, third]
        levels = np.zeros((len(best), 3))
        rows = np.arange(len(best))
        levels[rows, (best + 1) % 3], levels[rows, (best + 2) % 3] = second, third
        informative = levels.any(axis=1)
        likelihoods = 10 ** (-levels / 10)
        likelihoods[:, 1:] *= np.where(seen, seen_weight, 1.0)[:, None]
        return likelihoods[informative], sites[informative]


def genotype_shares(
    likelihoods: np.ndarray, sites: np.ndarray, rounds: int = 20_000, tolerance: float = 1e-7
) -> tuple[np.ndarray, float]:
    """Shares (3,) of homozygous reference, heterozygous and homozygous alternate sites, and the error of the
    second.

    Maximum likelihood by EM, as ANGSD's spectrum of one sample (Nielsen et al. 2012, PLoS ONE 7:e37558). The
    standard error is from the observed information, as if sites were independent: linkage makes the true one
    larger. NaN without sites.
    """
    total = sites.sum()
    if total == 0:
        return np.full(3, np.nan), float("nan")
    share = np.array([0.98, 0.01, 0.01])
    for _ in range(rounds):
        weight = likelihoods * share
        weight /= weight.sum(axis=1, keepdims=True)
        update = sites @ weight / total
        change = np.abs(update - share) <= tolerance * np.maximum(update, 1 / total)
        share = update
        if change.all():
            break
    score = (likelihoods[:, 1:] - likelihoods[:, :1]) / (likelihoods @ share)[:, None]
    information = (score * sites[:, None]).T @ score
    # A share at 0 is not free to vary.
    if share[2] * total < 1e-3:
        return share, float(1 / np.sqrt(information[0, 0]))
    determinant = information[0, 0] * information[1, 1] - information[0, 1] ** 2
    return share, float(np.sqrt(information[1, 1] / determinant)) if determinant > 0 else float("nan")


def site_triplets(
    reference: bytes, alternates: list[bytes], levels: list[int]
) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
    """PL of (reference, heterozygous, alternate) of all variation, and of transversions only; None for no
    SNV.

    For transversions the other alleles are those no transition from the reference. A site whose first
    alternate is a transition, as damage makes it, counts as one without transversion: its reference and
    transition genotypes are one class, and <*> stands for the transversion, so that it stays in the
    denominator.
    """
    if reference not in BASES or any(
        allele not in BASES and allele not in OTHER_BASE for allele in alternates
    ):
        return None
    alleles = [reference, *alternates]
    if len(alleles) < 2 or len(levels) != len(alleles) * (len(alleles) + 1) // 2:
        return None
    everything = (levels[0], levels[1], levels[2])
    transition = [place for place in range(1, len(alleles)) if is_transition(reference, alleles[place])]
    if not transition:
        return everything, everything
    others = [place for place in range(1, len(alleles)) if place not in transition]
    t = transition[0]
    none = min(levels[0], levels[genotype_index(0, t)], levels[genotype_index(t, t)])
    if not others:
        # Without <*> nothing is known of transversions but that none was seen.
        return everything, (none, _MAX_PL, _MAX_PL)
    k = others[0]
    carried = min(levels[genotype_index(0, k)], levels[genotype_index(t, k)])
    return everything, (none, carried, levels[genotype_index(k, k)])


class ShallowRows:
    """Rows of few reads with a mismatch, kept until it is known how far qualities are to be trusted.

    `counts` holds the sites of (transversion seen, reads, mismatches, PL of all variation, of transversions).
    `errors` counts mismatches that are transversions, so that damage is no error.
    """

    def __init__(self) -> None:
        self.counts: dict[tuple[bool, int, int, Triplet, Triplet], int] = {}
        self.errors = ErrorCounts()

    def add_to(self, histograms: tuple[TripletHistogram, TripletHistogram]) -> ErrorScale:
        """Add the rows to both histograms, corrected where reads err otherwise than they state."""
        scale = self.errors.scale(TRANSVERSION_SHARE)
        if self.counts:
            keys = list(self.counts)
            sites = np.array(list(self.counts.values()), np.int64)
            seen = np.array([key[0] for key in keys])
            depth, alternate = (np.array([key[place] for key in keys]) for place in (1, 2))
            tables = [np.minimum(np.array([key[place] for key in keys]), _MAX_PL) for place in (3, 4)]
            same = (tables[0] == tables[1]).all(axis=1)
            if scale.significant:
                mended = corrected(tables[0], depth, alternate, scale.factor)
                tables = [mended, np.where(same[:, None], mended, tables[1])]
            for histogram, table in zip(histograms, tables, strict=True):
                histogram.add(table.astype(np.int64), sites, seen)
        return scale


def read_triplets(
    handle: Iterable[bytes], name: str, others: Collection[str] = ()
) -> tuple[TripletHistogram, TripletHistogram, dict[str, Any]]:
    """Histograms of all variation and of transversions of one sample, and counts of what was read.

    Lines are of `bcftools query -f '%CHROM\\t%POS\\t%END\\t%REF\\t%ALT[\\t%PL:%DP:%AD]\\n'`, or with PL
    alone; a block counts as its length. Likelihoods of few reads are corrected if the sample's reads err
    otherwise than their qualities state, which needs DP and AD. The likelihoods of a block of bcftools are
    the least sure of its sites, so blocks of one depth
    each (`-g 1,2,3,..`), or no blocks, are best. Chromosomes in `others` are left out.
    """
    skipped = {other.encode() for other in others}
    kinds: dict[bytes, int] = {}
    histograms = TripletHistogram(), TripletHistogram()
    shallow = ShallowRows()
    counts: dict[str, Any] = {"sites": 0, "sites_without_likelihoods": 0, "indel_rows": 0}
    for number, line in enumerate(handle, 1):
        if line.startswith(b"#"):
            continue
        fields = line.rstrip(b"\n").split(b"\t", 3)
        try:
            sites = int(fields[2]) - int(fields[1]) + 1
            rest = fields[3]
        except (IndexError, ValueError):
            raise InputError(
                f"{name}, row {number}: expected chromosome, position, end, reference, alternates and PL; "
                "write the "
                "text with bcftools query -f '%CHROM\\t%POS\\t%END\\t%REF\\t%ALT[\\t%PL]\\n'"
            ) from None
        if fields[0] in skipped:
            continue
        kinds[rest] = kinds.get(rest, 0) + sites
        if len(kinds) > 500_000:
            _add_kinds(kinds, histograms, shallow, counts, name)
            kinds = {}
    _add_kinds(kinds, histograms, shallow, counts, name)
    counts |= error_metrics(shallow.add_to(histograms))
    return *histograms, counts


def _add_kinds(
    kinds: dict[bytes, int],
    histograms: tuple[TripletHistogram, ...],
    shallow: ShallowRows,
    counts: dict[str, Any],
    name: str,
) -> None:
    """Add different rows (reference, alternates, PL) with their sites to both histograms, or to `shallow`."""
    rows: list[tuple[Triplet, Triplet]] = []
    reads: list[tuple[int, int]] = []
    sites: list[int] = []
    seen: list[bool] = []
    for kind, number in kinds.items():
        fields = kind.split(b"\t")
        if len(fields) != 3:
            raise InputError(
                f"{name}: a row has {len(fields) - 2} samples, but must have one; give one sample's gVCF"
            )
        if len(fields[0]) > 1:
            counts["indel_rows"] += 1
            continue
        values, *read = fields[2].split(b":", 1)
        levels = _levels(values)
        alternates = fields[1].split(b",")
        triplets = site_triplets(fields[0], alternates, levels) if levels else None
        if triplets is None:
            counts["sites_without_likelihoods"] += number
            continue
        counts["sites"] += number
        purine = fields[0] in TRANSITIONS[0]
        other = any((allele in TRANSITIONS[0]) != purine for allele in alternates if allele in BASES)
        depth, alternate = parse_cell(fields[2], 1, 1)[3:] if read else (MOST + 1, 0)
        if alternate and depth <= MOST:
            key = (other, depth, alternate, *triplets)
            shallow.counts[key] = shallow.counts.get(key, 0) + number
            if not other or is_transition(fields[0], alternates[0]):
                continue
        reads.append((depth, alternate))
        rows.append(triplets)
        sites.append(number)
        seen.append(other)
    if rows:
        counted = np.array(reads)
        both, weights = np.array(rows, np.int64), np.array(sites, np.int64)
        shallow.errors.add(both[:, 0], counted[:, 0], counted[:, 1], weights)
        # the rest wait in `shallow`
        done = (counted[:, 1] == 0) | (counted[:, 0] > MOST)
        both, weights, seen = both[done], weights[done], np.array(seen)[done].tolist()
    if rows and len(both):
        for histogram, triplets in zip(histograms, both.transpose(1, 0, 2), strict=True):
            histogram.add(triplets, weights, np.array(seen))


def _levels(text: bytes) -> list[int]:
    """PL as numbers, empty when missing."""
    return [] if b"." in text else [int(level) for level in text.split(b",")]


def heterozygosity_rows(
    sample: str, histograms: tuple[TripletHistogram, TripletHistogram]
) -> list[tuple[Any, ...]]:
    """Rows of the heterozygosity table: all variation, and transversions only."""
    rows = []
    weights = {"all": 1.0, "transversions": _TRANSVERSION_WEIGHT}
    for (kind, weight), histogram in zip(weights.items(), histograms, strict=True):
        likelihoods, sites = histogram.likelihoods(weight)
        share, error = genotype_shares(likelihoods, sites)
        rows.append((sample, kind, "genotype_likelihood_em", int(sites.sum()), share[1], error, share[2]))
    return rows


def estimate_heterozygosity(
    *,
    sample: str,
    table: str,
    out: str,
    compartments: str | None = None,
) -> None:
    """Heterozygosity of a sample of low depth by EM on genotype likelihoods.

    Standard input is the text of `bcftools query`.

    compartments: chromosomes that are no autosomes
    out: metrics record
    """
    others = read_compartments(compartments)
    everything, transversions, counts = read_triplets(sys.stdin.buffer, sample, others)
    rows = heterozygosity_rows(sample, (everything, transversions))
    write_table(table, HETEROZYGOSITY_COLUMNS, rows)
    write_metrics(
        out,
        {"id": "popgen", "sample": sample, "step": "likelihood_heterozygosity", **counts}
        | {f"heterozygosity_{row[1]}_per_bp": row[4] for row in rows},
    )
