"""Low depth: heterozygosity and frequency spectra by EM from genotype likelihoods, and their file for
PCAngsd.

Input is the text of `bcftools query` with Phred-scaled likelihoods (PL). All of it is read as of two alleles,
the reference and the first alternate, which bcftools puts in order of support; where no alternate is seen
that is <*>, any other base.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import IO, Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.population.genotypes import site_hash

# Fewer samples or sites have no components worth a look, and PCAngsd fails on none.
MIN_COMPONENT_SAMPLES, MIN_COMPONENT_SITES = 3, 100
_MAX_PL = 255
_BASES = (b"A", b"C", b"G", b"T")
_TRANSITIONS = ({b"A", b"G"}, {b"C", b"T"})
_OTHER = (b"<*>", b"<NON_REF>", b"<X>")
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
        told = levels.any(axis=1)
        likelihoods = 10 ** (-levels / 10)
        likelihoods[:, 1:] *= np.where(seen, seen_weight, 1.0)[:, None]
        return likelihoods[told], sites[told]


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
    if reference not in _BASES or any(allele not in _BASES and allele not in _OTHER for allele in alternates):
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
    none = min(levels[0], levels[_genotype(0, t)], levels[_genotype(t, t)])
    if not others:
        # Without <*> nothing is known of transversions but that none was seen.
        return everything, (none, _MAX_PL, _MAX_PL)
    k = others[0]
    carried = min(levels[_genotype(0, k)], levels[_genotype(t, k)])
    return everything, (none, carried, levels[_genotype(k, k)])


def is_transition(reference: bytes, alternate: bytes) -> bool:
    """Whether two alleles are both purines or both pyrimidines; no for an alternate that is no base."""
    return {reference, alternate} in _TRANSITIONS


def _genotype(first: int, second: int) -> int:
    low, high = sorted((first, second))
    return high * (high + 1) // 2 + low


def read_triplets(
    handle: Iterable[bytes], name: str, others: Collection[str] = ()
) -> tuple[TripletHistogram, TripletHistogram, dict[str, int]]:
    """Histograms of all variation and of transversions of one sample, and counts of what was read.

    Lines are of `bcftools query -f '%CHROM\\t%POS\\t%END\\t%REF\\t%ALT[\\t%PL]\\n'`; a block counts as its
    length. The likelihoods of a block of bcftools are the least sure of its sites, so blocks of one depth
    each (`-g 1,2,3,..`), or no blocks, are best. Chromosomes in `others` are left out.
    """
    skipped = {other.encode() for other in others}
    kinds: dict[bytes, int] = {}
    histograms = TripletHistogram(), TripletHistogram()
    counts = {"sites": 0, "sites_without_likelihoods": 0, "indel_rows": 0}
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
            _add_kinds(kinds, histograms, counts, name)
            kinds = {}
    _add_kinds(kinds, histograms, counts, name)
    return *histograms, counts


def _add_kinds(
    kinds: dict[bytes, int], histograms: tuple[TripletHistogram, ...], counts: dict[str, int], name: str
) -> None:
    """Add different rows (reference, alternates, PL) with their sites to both histograms."""
    rows: list[tuple[tuple[int, int, int], tuple[int, int, int]]] = []
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
        levels = _levels(fields[2])
        alternates = fields[1].split(b",")
        triplets = site_triplets(fields[0], alternates, levels) if levels else None
        if triplets is None:
            counts["sites_without_likelihoods"] += number
            continue
        counts["sites"] += number
        rows.append(triplets)
        sites.append(number)
        purine = fields[0] in _TRANSITIONS[0]
        seen.append(any((allele in _TRANSITIONS[0]) != purine for allele in alternates if allele in _BASES))
    if rows:
        both, weights = np.array(rows, np.int64), np.array(sites, np.int64)
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


class LikelihoodSite:
    """One row of several samples: place, bases, and (m, 3) PL of the genotypes, 0 where missing."""

    __slots__ = ("alternate", "chromosome", "levels", "position", "reference")

    def __init__(
        self, chromosome: bytes, position: int, reference: bytes, alternate: bytes, levels: np.ndarray
    ):
        self.chromosome, self.position, self.reference = chromosome, position, reference
        self.alternate, self.levels = alternate, levels


def header_samples(line: bytes, name: str) -> list[str]:
    """Samples in the header of `bcftools query -H`, in the order of the columns."""
    samples = re.findall(r"\[\d+\](\S+):PL", line.decode()) if line.startswith(b"#") else []
    if not samples:
        raise InputError(
            f"{name}: the first line names no samples with PL; write the text with bcftools query -H"
        )
    return samples


def read_sites(
    handle: Iterable[bytes],
    name: str,
    columns: np.ndarray,
    others: Collection[str] = (),
    wanted: Any = None,
) -> Iterator[LikelihoodSite]:
    """Sites of one reference base of `bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL]\\n'` below
    its header.

    `columns` are the samples to take; `wanted(chromosome, position)` may refuse a row before it is parsed.
    Rows with an alternate that is no base (indels) are left out.
    """
    skipped = {other.encode() for other in others}
    for number, line in enumerate(handle, 2):
        fields = line.rstrip(b"\n").split(b"\t")
        if len(fields) < 5 or not fields[1].isdigit():
            raise InputError(
                f"{name}, row {number}: expected chromosome, position, reference, alternates and PL; write "
                "the text "
                "with bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL]\\n'"
            )
        if fields[0] in skipped or fields[2] not in _BASES:
            continue
        if wanted is not None and not wanted(fields[0], int(fields[1])):
            continue
        alternates = fields[3].split(b",")
        if any(allele not in _BASES and allele not in _OTHER for allele in alternates):
            continue
        seen = next((place for place, allele in enumerate(alternates, 1) if allele in _BASES), 1)
        unseen = next((place for place, allele in enumerate(alternates, 1) if allele in _OTHER), seen)
        levels = np.zeros((len(columns), 3))
        for row, column in enumerate(columns):
            levels[row] = _of_two(fields[4 + column], seen, unseen)
        yield LikelihoodSite(fields[0], int(fields[1]), fields[2], alternates[seen - 1], levels)


def _of_two(text: bytes, seen: int, unseen: int) -> tuple[int, int, int]:
    """PL of (reference, heterozygous, alternate) for the alternate at `seen`; 0 where missing.

    A sample that was joined from a gVCF without that alternate has the likelihoods of any other base, at
    `unseen`.
    """
    values = text.split(b",")
    for alternate in (seen, unseen):
        places = (0, _genotype(0, alternate), _genotype(alternate, alternate))
        if len(values) > places[2] and all(values[place] != b"." for place in places):
            return tuple(int(values[place]) for place in places)
    return 0, 0, 0


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


def lack_for_components(samples: int, sites: int) -> str | None:
    """Why PCAngsd is not run on so many samples and sites; None when it is."""
    if samples < MIN_COMPONENT_SAMPLES:
        return f"{samples} sample{'s' * (samples != 1)}: fewer than {MIN_COMPONENT_SAMPLES}"
    if sites < MIN_COMPONENT_SITES:
        return f"{sites} variable site{'s' * (sites != 1)}: fewer than {MIN_COMPONENT_SITES}"
    return None


def write_beagle(
    out: IO[bytes], names: list[str], sites: Iterable[LikelihoodSite], transversions_only: bool = False
) -> int:
    """Write sites with an alternate base as Beagle likelihoods, as ANGSD does for PCAngsd; returns how many.

    Alleles are 0 to 3 for A, C, G, T; likelihoods of a sample sum to 1, and are 1/3 each where it has no
    data.
    """
    header = ["marker", "allele1", "allele2", *(name for name in names for _ in range(3))]
    out.write("\t".join(header).encode() + b"\n")
    written = 0
    for site in sites:
        if site.alternate not in _BASES:
            continue
        if transversions_only and any({site.reference, site.alternate} == pair for pair in _TRANSITIONS):
            continue
        likelihood = 10 ** (-site.levels / 10)
        likelihood /= likelihood.sum(axis=1, keepdims=True)
        values = "\t".join(f"{value:.6f}" for value in likelihood.ravel())
        alleles = f"{_BASES.index(site.reference)}\t{_BASES.index(site.alternate)}"
        out.write(f"{site.chromosome.decode()}_{site.position}\t{alleles}\t{values}\n".encode())
        written += 1
    return written
