"""One pass over the sites of a region, and the tables of a genome from the partial sums of its regions.

Coordinates are those of BED: `start_bp` is 0-based, `end_bp` is not included.
"""

import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Literal

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file, complete_path
from linnaea.formats.gff3 import sequence_lengths
from linnaea.population import contamination
from linnaea.population.compartments import read_compartments
from linnaea.population.diversity import (
    Groups,
    SiteCounts,
    WindowSums,
    chromosome_rank,
)
from linnaea.population.filters import (
    Filtered,
    FilterLimits,
    SiteFilter,
    TaggedRows,
    hemizygous,
    read_depth_windows,
    subset,
    with_indels,
)
from linnaea.population.masks import Mask, read_mask, read_masks
from linnaea.population.samples import Sample, groups, outgroup, read_samples
from linnaea.population.sfs import SpectrumCounts
from linnaea.population.vcf_reader import Header, VcfBlock, read_blocks

ALL_SITES, VARIANTS = "all-sites", "variants"
# With so many sites and none without an alternate allele, a file is not one of all sites.
_SITES_TO_JUDGE = 1000


class RegionScan:
    """All that is counted in one pass: funnel, windows, bins of samples, spectra, foreign reads.

    `samples` are in the order of the blocks' columns (that of `header.samples`). Rows outside `regions` are
    only looked at as neighbours. `callable_mask` is for files of variants: its positions without a row are
    sites where everyone is called and nothing differs.
    """

    def __init__(
        self,
        header: Header,
        samples: Sequence[Sample],
        limits: FilterLimits,
        *,
        window_bp: int,
        bin_bp: int,
        depth_windows: np.ndarray | None = None,
        exclude: Mask | None = None,
        include: Mask | None = None,
        compartments: Mapping[str, str] | None = None,
        regions: Mask | None = None,
        vcf_kind: str = ALL_SITES,
        callable_mask: Mask | None = None,
        spectra: bool = True,
        joined_gvcfs: bool = False,
    ) -> None:
        if window_bp < 1 or bin_bp < 1 or window_bp % bin_bp:
            raise InputError(
                f"windows of {window_bp} bp do not consist of whole bins of {bin_bp} bp; "
                "make the window a multiple of the bin"
            )
        if callable_mask is not None:
            include = callable_mask if include is None else include & callable_mask
        self.header, self.samples, self.limits = header, list(samples), limits
        self.window_bp, self.bin_bp, self.vcf_kind = window_bp, bin_bp, vcf_kind
        self.regions, self.exclude, self.include = regions, exclude, include
        self.has_callable = callable_mask is not None
        self.compartments = dict(compartments or {})
        self.filter = SiteFilter(samples, limits, depth_windows, exclude, include, compartments)
        place = {sample.sample: column for column, sample in enumerate(samples)}
        self.columns = {
            name: [place[member] for member in members] for name, members in groups(samples).items()
        }
        self.groups = Groups(self.columns, len(samples))
        self.windows = WindowSums(self.groups, window_bp)
        self.bins = _SampleBins(len(samples), bin_bp)
        self.foreign = contamination.ForeignReads(self.filter.members, joined_gvcfs)
        self.transversions: dict[str, np.ndarray] = {}
        self.indels: dict[str, list[np.ndarray]] = {}
        self.rows_in_bins: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        self.usable_sites = 0
        # Rows by tag that the header does not describe and the written rows do not have.
        self.undescribed: dict[str, int] = {}
        self.spectra = None
        if spectra and self.columns:
            self.spectra = SpectrumCounts(self.columns, [place[name] for name in outgroup(samples)])

    def add(self, block: VcfBlock, indels: np.ndarray) -> Filtered | None:
        """Count the rows of a block that are in the regions; returns them filtered, None without any."""
        if self.regions is not None:
            inside = self.regions.inside(block.chromosome, block.position)
            if not inside.all():
                block = subset(block, inside)
        if self.has_callable:  # an indel past the end of the region has neighbours within it
            self.indels.setdefault(block.chromosome, []).append(indels)
        if not block.position.size:
            return None
        filtered = self.filter.apply(block, indels)
        self.filter.count_genotypes(filtered)
        self.usable_sites += int(np.count_nonzero(filtered.usable))
        counts = SiteCounts(filtered, self.groups)
        self.windows.add(block.chromosome, block.position, counts)
        heterozygous = self._heterozygous(filtered, counts.rows)
        self.bins.add(block.chromosome, block.position, filtered, counts.rows, heterozygous)
        if block.chromosome not in self.compartments:
            self.foreign.add(filtered)
            if self.spectra is not None:
                self.spectra.add(replace(block, genotypes=filtered.genotypes), counts.by_group())
        if self.has_callable:
            self._note_rows(block)
        return filtered

    def _heterozygous(self, filtered: Filtered, rows: np.ndarray) -> np.ndarray:
        """(v, m) bool at the usable sites with an alternate; those of transversions are summed aside."""
        calls, chromosome = filtered.genotypes[rows], filtered.block.chromosome
        heterozygous = (calls[..., 0] != calls[..., 1]) & filtered.diploid[rows]
        codes = filtered.block.alleles[rows]
        one, two = np.moveaxis(codes[np.arange(len(rows))[:, None, None], np.clip(calls, 0, 3)], 2, 0)
        # A and G, and C and T, are two apart
        across = heterozygous & (one ^ two != 2)
        sums = self.transversions.setdefault(chromosome, np.zeros(len(self.samples), np.int64))
        sums += across.sum(0)
        return heterozygous

    def _note_rows(self, block: VcfBlock) -> None:
        """Note the positions that have a row, by bin: the callable mask does not speak of them."""
        position = np.unique(block.position)
        kept = np.ones(position.size, bool)
        if self.include is not None:
            kept &= self.include.inside(block.chromosome, position)
        if self.exclude is not None:
            kept &= ~self.exclude.inside(block.chromosome, position)
        self.rows_in_bins.setdefault(block.chromosome, []).append((position[kept][:1], position[kept]))

    def _near_indels(self) -> Mask:
        """Where no site counts because of an indel nearby that passes: without a row as with one."""
        zones = {}
        for chromosome, parts in self.indels.items():
            first, last, good = np.unique(np.concatenate(parts), axis=0).T
            gap = self.limits.indel_gap
            zones[chromosome] = (np.maximum(first - gap - 1, 0)[good == 1], (last + gap)[good == 1])
        return Mask(zones)

    def _add_callable(self) -> None:
        """Add the sites of the callable mask that have no row."""
        mask = self.include if self.include is not None else Mask({})
        if self.regions is not None:
            mask = mask & self.regions
        if self.exclude is not None:
            mask = mask - self.exclude
        mask = mask - self._near_indels()
        for chromosome in sorted(mask.intervals):
            starts, ends = mask.of(chromosome)
            if not starts.size:
                continue
            number = int(-(-ends[-1] // self.bin_bp))
            sites = mask.lengths(chromosome, np.arange(number + 1) * self.bin_bp)
            noted = [position for _, position in self.rows_in_bins.get(chromosome, [])]
            position = np.unique(np.concatenate([np.empty(0, np.int64), *noted]))
            position = position[mask.inside(chromosome, position)]
            sites -= np.bincount((position - 1) // self.bin_bp, minlength=number)
            filled = np.flatnonzero(sites)
            one, none = hemizygous(self.samples, self.compartments.get(chromosome))
            copies = np.where(none, 0, np.where(one, 1, 2))
            self.bins.add_invariant(chromosome, filled, sites[filled], copies == 2)
            window, inverse = np.unique(filled * self.bin_bp // self.window_bp, return_inverse=True)
            of_window = np.bincount(inverse, sites[filled], len(window))
            called = self.groups.sums(copies[None].astype(np.uint8))[:, 0]
            self.windows.add_invariant(chromosome, window, of_window, called)
            self.usable_sites += int(sites.sum())
            self.filter.called_of_sample += (copies > 0) * int(sites.sum())

    def partial(self) -> dict[str, np.ndarray]:
        """Everything counted, as arrays to be saved; call once, at the end of the rows."""
        counts = self.filter.counts
        if self.vcf_kind == ALL_SITES and counts["sites"] == counts["variants"] >= _SITES_TO_JUDGE:
            raise InputError(
                f"all {counts['sites']:,} sites of the VCF have an alternate allele, so it is not an "
                "all-sites VCF; use --vcf-kind variants"
            )
        if self.has_callable:
            self._add_callable()
        names = [sample.sample for sample in self.samples]
        facts = {
            "samples": names,
            "groups": {
                group: [names[column] for column in columns] for group, columns in self.columns.items()
            },
            "contigs": self.header.contigs,
            "compartments": self.compartments,
            "window_bp": self.window_bp,
            "bin_bp": self.bin_bp,
            "limits": vars(self.limits),
            "vcf_kind": self.vcf_kind,
            "per_bp": self.vcf_kind == ALL_SITES or self.has_callable,
            "counts": {key: int(value) for key, value in counts.items()},
            "usable_sites": self.usable_sites,
            "undescribed": self.undescribed,
        }
        chromosomes = sorted(self.transversions)
        arrays = {
            "facts": np.array(json.dumps(facts)),
            **self.windows.partial(),
            "transversion_chromosome": np.array(chromosomes, np.str_),
            "transversions": np.array([self.transversions[name] for name in chromosomes], np.int64).reshape(
                -1, len(names)
            ),
            "called_of_sample": self.filter.called_of_sample,
            "foreign": self.foreign.sums,
        }
        chromosome, start, callable_sites, heterozygous = self.bins.table()
        arrays |= {"bin_chromosome": chromosome, "bin_start_bp": start}
        for column, name in enumerate(names):
            arrays[f"callable/{name}"] = callable_sites[:, column]
            arrays[f"heterozygous/{name}"] = heterozygous[:, column]
        if self.spectra is not None:
            arrays |= {f"sfs/{key}": value for key, value in self.spectra.partial().items()}
        return arrays


class _SampleBins:
    """Callable and heterozygous sites of every sample in bins."""

    def __init__(self, samples: int, bin_bp: int) -> None:
        self.samples, self.bin_bp = samples, bin_bp
        # a bin that a chromosome's 65535 sites fill fits 16 bits
        self.dtype = np.uint16 if bin_bp < 1 << 16 else np.uint32
        self._parts: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]] = []

    def add(
        self,
        chromosome: str,
        position: np.ndarray,
        filtered: Filtered,
        rows: np.ndarray,
        heterozygous: np.ndarray,
    ) -> None:
        """Add a block; `heterozygous` (v, m) is given at `rows` (v,)."""
        number = (position - 1) // self.bin_bp
        first = np.r_[0, np.flatnonzero(np.diff(number)) + 1]
        whole = filtered.diploid
        if not filtered.usable.all():
            whole = whole & filtered.usable[:, None]
        counts = np.add.reduceat(whole, first, axis=0, dtype=self.dtype)
        differing = np.zeros_like(counts)
        np.add.at(differing, np.searchsorted(first, rows, "right") - 1, heterozygous.astype(self.dtype))
        self._parts.append((chromosome, number[first], counts, differing))

    def add_invariant(
        self, chromosome: str, number: np.ndarray, sites: np.ndarray, whole: np.ndarray
    ) -> None:
        """Add sites (k,) without difference to bins (k,) of the samples that are diploid there (m,)."""
        counts = (sites[:, None] * whole).astype(self.dtype)
        self._parts.append((chromosome, number, counts, np.zeros_like(counts)))

    def table(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Chromosome (k,), start (k,) in bp, callable and heterozygous sites (k, m); each bin once."""
        parts = self._parts
        names = np.array([name for name, number, _, _ in parts for _ in number], np.str_)
        number = np.concatenate([np.empty(0, np.int64), *(part[1] for part in parts)])
        empty = np.empty((0, self.samples), self.dtype)
        counts = [np.concatenate([empty, *(part[place] for part in parts)]) for place in (2, 3)]
        chromosome, start, callable_sites, heterozygous = joined_bins(names, number * self.bin_bp, counts)
        return chromosome, start, callable_sites, heterozygous


def joined_bins(
    names: np.ndarray, start: np.ndarray, counts: Sequence[np.ndarray], contigs: Sequence[str] = ()
) -> tuple[np.ndarray, ...]:
    """Bins in order of chromosome and place, those that come twice added; counts are (k,) or (k, m)."""
    rank = chromosome_rank(names, contigs)
    order = np.lexsort((start, rank))
    if not order.size:
        return names, start, *counts
    rank, begin = rank[order], start[order]
    first = np.flatnonzero(np.r_[True, (np.diff(rank) != 0) | (np.diff(begin) != 0)])
    summed = [np.add.reduceat(table[order], first, axis=0, dtype=table.dtype) for table in counts]
    return names[order][first], begin[first], *summed


def write_arrays(path: str | Path, arrays: Iterable[tuple[str, np.ndarray]]) -> None:
    """Write an .npz array by array, none waiting in memory for the others; same arrays give same bytes."""
    with complete_path(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays:
            # the date is fixed by ZipInfo
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as handle:
                np.lib.format.write_array(handle, np.asarray(values, order="C"), allow_pickle=False)


@contextmanager
def _binary_output(path: str) -> Iterator[IO[bytes]]:
    """A file that appears when it is complete, or standard output for `-`."""
    if path != "-":
        with complete_file(path, "wb") as handle:
            yield handle
        return
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def scan_blocks(
    scan: RegionScan,
    blocks: Iterable[tuple[VcfBlock, np.ndarray]],
    tagged: TaggedRows | None = None,
    variants: IO[bytes] | None = None,
) -> None:
    """Add blocks of a VCF, each with the places of its indels, to a scan; write its variants as `tagged`."""
    if tagged is None or variants is None:
        for block, indels in blocks:
            scan.add(block, indels)
        return
    variants.write(tagged.head())
    for block, indels in blocks:
        filtered = scan.add(block, indels)
        if filtered is not None:
            variants.writelines(tagged.rows(filtered))
    scan.undescribed = tagged.undescribed


def scan_sites(
    vcf: str,
    /,
    *,
    samples: str,
    out: str,
    variants: str | None = None,
    vcf_kind: Literal["all-sites", "variants"] = "all-sites",
    callable: str | None = None,
    regions: str | None = None,
    part_of: str | None = None,
    fai: str | None = None,
    compartments: str | None = None,
    depth_windows: str | None = None,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    window_bp: int = 50_000,
    bin_bp: int = 1000,
    min_quality: float = 30,
    indel_gap_bp: int = 5,
    max_missing: float = 0.5,
    excess_heterozygosity: float = 0.001,
    min_genotype_quality: int = 20,
    balance: tuple[float, float] = (0.2, 0.8),
    transversions_only: bool = False,
    joined_gvcfs: bool = False,
    no_spectra: bool = False,
) -> None:
    """Filter and count the sites of a VCF in one pass: windows, bins of samples, spectra, funnel of filters.

    The result is the partial sums of a region; combine_regions.py makes the tables. BCF goes through
    bcftools.

    vcf: VCF, may be compressed; - is standard input
    samples: sample table
    out: partial sums (.npz)
    variants: tagged rows with an alternate allele (VCF); - is standard output
    callable: BED of callable sites, with --vcf-kind variants
    regions: BED; rows outside it are only neighbours (give 100 bp around it)
    part_of: name of the file whose rows come on standard input
    fai: index of the reference: its sequences, for a VCF that names none
    compartments: table: chromosome, X|Y|Z|W|mito
    depth_windows: table: sample, min_depth, max_depth
    exclude: BED of sites that do not count
    include: BED of the only sites that count
    max_missing: share of samples
    excess_heterozygosity: P value; 0 turns it off
    joined_gvcfs: no count of alternate reads means none (bcftools merge)
    no_spectra: leave out the site frequency spectra
    """
    if callable and vcf_kind != VARIANTS:
        raise InputError("--callable is for --vcf-kind variants; an all-sites VCF shows what is callable")
    sheet = read_samples(samples)
    names = [sample.sample for sample in sheet]
    limits = FilterLimits(
        quality=min_quality,
        indel_gap=indel_gap_bp,
        missing=max_missing,
        excess_heterozygosity=excess_heterozygosity,
        genotype_quality=min_genotype_quality,
        balance=balance,
        transversions_only=transversions_only,
    )
    source = sys.stdin.buffer if vcf == "-" else vcf
    fields = ("GT", "DP", "AD", "GQ", "FT")
    header, blocks = read_blocks(source, fields, names, keep_lines=bool(variants), part_of=part_of)
    if fai:
        header = replace(header, contigs=dict(sequence_lengths(fai)))
    contigs = list(header.contigs)
    region = read_mask(regions, contigs) if regions else None
    scan = RegionScan(
        header,
        sheet,
        limits,
        window_bp=window_bp,
        bin_bp=bin_bp,
        depth_windows=read_depth_windows(depth_windows, names) if depth_windows else None,
        exclude=read_masks(exclude, contigs, region),
        include=read_masks(include, contigs, region),
        compartments=read_compartments(compartments),
        regions=region,
        vcf_kind=vcf_kind,
        callable_mask=read_mask(callable, contigs, region) if callable else None,
        spectra=not no_spectra,
        joined_gvcfs=joined_gvcfs,
    )
    with_neighbours = with_indels(blocks, limits, part_of or vcf)
    if variants:
        with _binary_output(variants) as output:
            scan_blocks(scan, with_neighbours, TaggedRows(header, limits, header.contigs), output)
    else:
        scan_blocks(scan, with_neighbours)
    write_arrays(out, scan.partial().items())
