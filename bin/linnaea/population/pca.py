"""Pruning of linked sites, principal components of samples, and PLINK files of the pruned sites."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.blocks import BASES
from linnaea.population.genotypes import Dosages, batches, open_genotypes
from linnaea.population.ld_decay import r_squared

WINDOW_BP = 50_000
MAX_R2 = 0.2
MIN_MAF = 0.05
MAX_MISSING = 0.2
COMPONENTS = 10


def usable_sites(
    stream: Iterable[Dosages], min_maf: float = MIN_MAF, max_missing: float = MAX_MISSING
) -> Iterator[Dosages]:
    """The sites that vary, with a minor allele frequency of `min_maf` and at most `max_missing` of samples
    missing.
    """
    for sites in stream:
        dosage = sites.dosage
        called = (dosage >= 0).sum(axis=1)
        alternate = np.where(dosage > 0, dosage, 0).sum(axis=1)
        minor = np.minimum(alternate, 2 * called - alternate)
        keep = (minor > 0) & (minor >= min_maf * 2 * called) & (called >= (1 - max_missing) * dosage.shape[1])
        if keep.any():
            yield Dosages(sites.chromosome, sites.position[keep], dosage[keep], sites.alleles[keep])


def pruned_sites(
    stream: Iterable[Dosages], window_bp: int = WINDOW_BP, max_r2: float = MAX_R2, batch: int = 256
) -> Iterator[Dosages]:
    """The sites left when each one too strongly linked to a kept site within `window_bp` before it is left
    out.

    The limit is of r2 less 1/n, what n samples of unlinked sites show by chance: without that, few samples
    would lose nearly all sites. Memory is that of one window; the result does not depend on the size of
    batches.
    """
    chromosome = None
    kept_position, kept_dosage = np.zeros(0, np.int64), None
    for sites in batches(stream, batch):
        if kept_dosage is None or sites.chromosome != chromosome:
            chromosome = sites.chromosome
            kept_position, kept_dosage = sites.position[:0], sites.dosage[:0]
        near = kept_position >= sites.position[0] - window_bp
        kept_position, kept_dosage = kept_position[near], kept_dosage[near]
        alive = ~(
            _linked(sites.dosage, kept_dosage, max_r2)
            & (sites.position[:, None] - kept_position[None, :] <= window_bp)
        ).any(axis=1)
        rows = np.flatnonzero(alive)
        position = sites.position[rows]
        linked = _linked(sites.dosage[rows], sites.dosage[rows], max_r2)
        linked &= position[None, :] - position[:, None] <= window_bp
        stays = np.ones(len(rows), bool)
        for row in range(len(rows)):
            if stays[row]:
                stays[row + 1 :] &= ~linked[row, row + 1 :]
        rows = rows[stays]
        if rows.size:
            kept_position = np.concatenate([kept_position, sites.position[rows]])
            kept_dosage = np.concatenate([kept_dosage, sites.dosage[rows]])
            yield Dosages(chromosome, sites.position[rows], sites.dosage[rows], sites.alleles[rows])


def _linked(first: np.ndarray, second: np.ndarray, max_r2: float) -> np.ndarray:
    r2, number = r_squared(first, second)
    # A pair without a defined correlation compares as False.
    return r2 - 1 / np.maximum(number, 1) > max_r2


class Covariance:
    """Covariance of m samples over sites scaled as by Patterson et al. (2006, PLoS Genet 2:e190, equation 3).

    A genotype less its mean, over sqrt(p (1 - p)); a missing one is at the mean. That draws samples with many
    missing genotypes towards the origin, so their missing share is reported with the components.
    """

    def __init__(self, samples: int):
        self.total = np.zeros((samples, samples))
        self.sites = 0
        self.missing = np.zeros(samples, np.int64)

    def add(self, dosage: np.ndarray) -> None:
        """Add (k, m) dosages; sites that do not vary add nothing but to the count of missing genotypes."""
        called = dosage >= 0
        self.missing += (~called).sum(axis=0)
        mean = np.where(called, dosage, 0).sum(axis=1) / np.maximum(called.sum(axis=1), 1)
        frequency = mean / 2
        varies = (frequency > 0) & (frequency < 1)
        scale = np.sqrt(frequency * (1 - frequency))[varies, None]
        scaled = np.where(called[varies], dosage[varies] - mean[varies, None], 0.0) / scale
        self.total += scaled.T @ scaled
        self.sites += len(dosage)

    def components(self, number: int = COMPONENTS) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates (m, c) and all eigenvalues, largest first; c is at most m - 1.

        A coordinate is its eigenvector times the root of the eigenvalue. The sign makes the largest
        coordinate of each component positive, of the first sample where several are as large.
        """
        samples = len(self.total)
        if self.sites == 0 or samples < 2:
            return np.zeros((samples, 0)), np.zeros(0)
        values, vectors = np.linalg.eigh(self.total / self.sites)
        values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
        coordinates = (vectors * np.sqrt(values))[:, : min(number, samples - 1)]
        size = np.abs(coordinates)
        first = np.argmax(size >= size.max(axis=0) * (1 - 1e-6), axis=0)
        sign = np.where(coordinates[first, np.arange(coordinates.shape[1])] < 0, -1.0, 1.0)
        return coordinates * sign, values


class PlinkWriter:
    """PLINK 1 files `prefix.bed`, `.bim` and `.fam`, site by site; they appear when the `with` block ends
    well.

    The first allele of the .bim is the alternate one, as `plink2 --make-bed` writes it.
    """

    def __init__(self, prefix: str | Path, names: list[str], group_of: dict[str, str]):
        self.prefix, self.names, self.group_of = str(prefix), names, group_of

    def __enter__(self) -> "PlinkWriter":
        self._stack = ExitStack()
        self._bed = self._stack.enter_context(complete_file(self.prefix + ".bed", "wb"))
        self._bim = self._stack.enter_context(complete_file(self.prefix + ".bim"))
        fam = self._stack.enter_context(complete_file(self.prefix + ".fam"))
        # Magic number, and 1: by site.
        self._bed.write(b"\x6c\x1b\x01")
        for name in self.names:
            fam.write(f"{self.group_of.get(name, '0')} {name} 0 0 0 -9\n")
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._stack.__exit__(*error)

    def add(self, sites: Dosages) -> None:
        """Write sites; their samples are in the order of `names`."""
        # Two bits a genotype: 0 both alternate, 1 missing, 2 heterozygous, 3 both reference; by dosage + 1.
        codes = np.array([1, 3, 2, 0], np.uint8)[sites.dosage + 1]
        padded = np.zeros((len(codes), -(-codes.shape[1] // 4) * 4), np.uint8)
        padded[:, : codes.shape[1]] = codes
        quads = padded.reshape(len(codes), -1, 4) << np.array([0, 2, 4, 6], np.uint8)
        self._bed.write(np.bitwise_or.reduce(quads, axis=2).tobytes())
        letters = BASES[sites.alleles].view("S1").astype(str)
        self._bim.write(
            "".join(
                f"{sites.chromosome}\t{sites.chromosome}:{position}\t0\t{position}\t{pair[1]}\t{pair[0]}\n"
                for position, pair in zip(sites.position.tolist(), letters, strict=True)
            )
        )


def component_names(coordinates: np.ndarray) -> list[str]:
    """Columns of (m, c) coordinates, pc1 to pcC; pc1 when there is no component."""
    return [f"pc{number + 1}" for number in range(max(coordinates.shape[1], 1))]


def component_rows(
    names: Sequence[str], group_of: Mapping[str, str], missing: np.ndarray, coordinates: np.ndarray
) -> list[tuple[Any, ...]]:
    """Sample, group, share of missing genotypes, and (m, c) coordinates of each of m samples.

    Without a component (one sample, no variant) there is no row.
    """
    if not coordinates.shape[1]:
        return []
    return [
        (name, group_of[name], share, *place)
        for name, share, place in zip(names, missing, coordinates, strict=True)
    ]


def eigenvalue_rows(values: np.ndarray) -> list[tuple[int, float, float]]:
    """Component, eigenvalue, and its share of all of them."""
    return [(number, value, value / values.sum()) for number, value in enumerate(values, 1)]


def find_components(
    *,
    vcf: str,
    samples: str,
    pca: str,
    eigenvalues: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    window_bp: int = 50_000,
    max_r2: float = 0.2,
    min_maf: float = 0.05,
    max_missing: float = 0.2,
    components: int = 10,
    plink: str | None = None,
) -> None:
    """Principal components of samples from unlinked SNVs, and PLINK files of those SNVs.

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are no autosomes
    max_r2: of r2 less 1 / samples
    max_missing: largest share of samples missing at a site
    plink: prefix of the PLINK files to write
    out: metrics record
    """
    genotypes = open_genotypes(vcf, samples, compartments)
    usable = usable_sites(genotypes.stream, min_maf, max_missing)
    pruned = pruned_sites(usable, window_bp, max_r2)
    covariance = Covariance(len(genotypes.names))
    writer = PlinkWriter(plink, genotypes.names, genotypes.group_of) if plink else None
    with writer or nullcontext():
        for sites in batches(pruned, 1024):
            covariance.add(sites.dosage)
            if writer:
                writer.add(sites)
    coordinates, values = covariance.components(components)
    missing = covariance.missing / max(covariance.sites, 1)
    write_table(
        pca,
        ["sample", "group", "missing_share", *component_names(coordinates)],
        component_rows(genotypes.names, genotypes.group_of, missing, coordinates),
    )
    write_table(eigenvalues, ["component", "eigenvalue", "explained_share"], eigenvalue_rows(values))
    write_metrics(
        out,
        {
            "id": id,
            "step": "pca",
            "samples": len(genotypes.names),
            "pruned_sites": covariance.sites,
            "window_bp": window_bp,
            "max_r2": max_r2,
            "min_maf": min_maf,
            "max_missing_share": max_missing,
            "components": coordinates.shape[1],
        },
    )
