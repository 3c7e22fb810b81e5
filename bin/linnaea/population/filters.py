"""Filters of sites and genotypes that tag and count, and never drop a row.

A site counts in the statistics (is callable) when no site filter hits it; a genotype when it is called and
no genotype filter hits it. Values that a file does not give (no GQ, no AD, no QUAL) fail nothing.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import lgamma
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.population.blocks import NO_BASE
from linnaea.population.compartments import copies
from linnaea.population.masks import Mask
from linnaea.population.samples import Sample
from linnaea.population.vcf_reader import HAPLOID, Header, VcfBlock, described

# The order is that of the funnel. Tags go to FILTER of the rows that are written again.
SITE_FILTERS = (
    "input_filter",
    "masked",
    "low_quality",
    "near_indel",
    "transition",
    "missing",
    "excess_heterozygosity",
)
SITE_TAGS = {
    "input_filter": ("InputFilter", "A filter of the given file that its header does not describe"),
    "masked": ("Masked", "Outside the mappable regions or inside the excluded ones"),
    "low_quality": ("LowQual", "QUAL below {quality:g}"),
    "near_indel": ("NearIndel", "Within {indel_gap} bp of an indel, or at its position"),
    "transition": ("Transition", "A transition is among the alleles, and only transversions are used"),
    "missing": ("Missing", "More than {missing:g} of the samples without a passing genotype"),
    "excess_heterozygosity": (
        "ExcessHet",
        "Chance of so many heterozygotes under Hardy-Weinberg below {excess_heterozygosity:g}",
    ),
}
# `no_reads`: callers such as GATK 4.2.3 to 4.5 and GLnexus write 0/0 where a sample has no read.
GENOTYPE_FILTERS = (
    "input_filter",
    "no_reads",
    "depth",
    "genotype_quality",
    "allelic_balance",
    "haploid",
)
GENOTYPE_TAGS = {
    "input_filter": "InputFilter",
    "no_reads": "NoReads",
    "depth": "Depth",
    "genotype_quality": "GQ",
    "allelic_balance": "Balance",
    "haploid": "Haploid",
}
SITE_BIT = {name: np.uint16(1 << place) for place, name in enumerate(SITE_FILTERS)}
GENOTYPE_BIT = {name: np.uint8(1 << place) for place, name in enumerate(GENOTYPE_FILTERS)}
_A, _C, _G, _T = range(4)
# Both bytes of a pair of alleles negative, as one 16-bit number.
_NO_ALLELE = np.int16(-32640)


@dataclass(frozen=True)
class FilterLimits:
    """Where filters begin; `excess_heterozygosity` 0 or `missing` 1 turn these two off."""

    quality: float = 30
    indel_gap: int = 5
    missing: float = 0.5
    excess_heterozygosity: float = 0.001
    genotype_quality: int = 20
    balance: tuple[float, float] = (0.2, 0.8)
    transversions_only: bool = False


@dataclass(frozen=True)
class Filtered:
    """A block after the filters; n sites, m samples.

    genotypes (n, m, 2) int8 with -1 where a filter hit the genotype; site_failed (n,) uint16 bits of
    SITE_FILTERS; genotype_failed (n, m) uint8 bits of GENOTYPE_FILTERS, None when no filter hit; usable (n,)
    bool: single-base site that no filter hit; diploid (n, m) bool: both alleles are called; partly (n, m)
    bool: one allele is called (haploid or half missing), None when there is no such genotype.
    """

    block: VcfBlock
    genotypes: np.ndarray
    site_failed: np.ndarray
    genotype_failed: np.ndarray | None
    usable: np.ndarray
    diploid: np.ndarray
    partly: np.ndarray | None


def read_depth_windows(path: str | Path, samples: Sequence[str]) -> np.ndarray:
    """Least and largest depth of each sample (m, 2), from a TSV with columns sample, min_depth, max_depth."""
    windows = {}
    for row in read_table(path, ("sample", "min_depth", "max_depth")):
        try:
            windows[row["sample"]] = float(row["min_depth"]), float(row["max_depth"])
        except ValueError:
            raise InputError(
                f"{path}: the depths of sample {row['sample']} are not two numbers; correct its row"
            ) from None
    lost = [sample for sample in samples if sample not in windows]
    if lost:
        raise InputError(f"{path}: no depth window of sample {lost[0]}; add a row for it")
    return np.array([windows[sample] for sample in samples], float).reshape(-1, 2)


def hemizygous(samples: Sequence[Sample], kind: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Which samples have one copy of a chromosome of this kind, and which have none: (m,) bool each."""
    number = np.array([copies(kind, sample.sex) for sample in samples])
    return number == 1, number == 0


def with_indels(
    blocks: Iterable[VcfBlock], limits: FilterLimits, name: str = "the VCF"
) -> Iterator[tuple[VcfBlock, np.ndarray]]:
    """Blocks in order, each with the indels near it; InputError when rows are not sorted or come twice.

    Indels are (k, 3) int64: first and last 1-based position of the reference's bases, and whether
    the indel itself passes (quality and input filter), so that a doubtful one spoils no neighbours. A
    block waits until rows further than the indel gap have been seen.
    """
    waiting: deque[VcfBlock] = deque()
    indels = np.empty((0, 3), np.int64)
    order = RowOrder(name)
    for block in blocks:
        if not block.position.size:
            continue
        if waiting and waiting[-1].chromosome != block.chromosome:
            for ready in waiting:
                yield ready, indels
            waiting.clear()
            indels = indels[:0]
        order.check(block)
        last = int(block.position[-1])
        other = np.flatnonzero(is_indel(block))
        if other.size:
            first = block.position[other]
            good = block.passed[other] & ~(block.quality[other] < limits.quality)
            indels = np.concatenate(
                [indels, np.stack([first, first + block.reference_length[other] - 1, good], axis=1)]
            )
        while waiting and last > waiting[0].position[-1] + limits.indel_gap:
            yield waiting[0], indels
            waiting.popleft()
            left = waiting[0].position[0] if waiting else block.position[0]
            indels = indels[indels[:, 1] + limits.indel_gap >= left]
        waiting.append(block)
    for ready in waiting:
        yield ready, indels


class RowOrder:
    """Refuses rows that are not sorted, chromosomes in two places and sites with two rows, block by block."""

    def __init__(self, name: str = "the VCF") -> None:
        self.name = name
        self._done: set[str] = set()
        self._chromosome, self._last, self._last_snv = "", 0, 0

    def check(self, block: VcfBlock) -> None:
        """InputError where the block does not go on from the one before."""
        if block.chromosome != self._chromosome:
            self._done.add(self._chromosome)
            self._chromosome, self._last, self._last_snv = block.chromosome, 0, 0
        if block.chromosome in self._done:
            raise InputError(
                f"{self.name}: chromosome {block.chromosome} is in two parts of the file; sort it with "
                "`bcftools sort`"
            )
        steps = np.diff(block.position, prepend=self._last)
        if (steps < 0).any():
            place = block.position[np.argmax(steps < 0)]
            raise InputError(
                f"{self.name}: {block.chromosome}:{place} is not in order; sort it with `bcftools sort`"
            )
        single = block.position[block.snv]
        twice = np.diff(single, prepend=self._last_snv) == 0
        if twice.any():
            raise InputError(
                f"{self.name}: {block.chromosome}:{single[np.argmax(twice)]} has two rows of single bases; "
                f"{JOIN_ROWS}"
            )
        self._last = int(block.position[-1])
        if single.size:
            self._last_snv = int(single[-1])


JOIN_ROWS = (
    "join them with `bcftools norm -m +snps`, or if they are alike keep one with `bcftools norm -d exact`"
)


def is_indel(block: VcfBlock) -> np.ndarray:
    """(n,) bool: rows that replace more than one base, or are symbolic: they make their neighbours doubtful.

    A row whose reference is no base (N) is left out, but says nothing of its neighbours.
    """
    known = (block.alleles[:, 0] != NO_BASE) | (block.reference_length > 1)
    return ~block.snv & block.alternate & known


def near_indel(block: VcfBlock, indels: np.ndarray, gap: int) -> np.ndarray:
    """(n,) bool: sites within `gap` bp of the bases of an indel that passes, and all sites at an indel.

    Sites without an alternate are among them: else a site would be callable only if it does not vary, and
    diversity too low.
    """
    near = np.zeros(len(block.position), bool)
    if not indels.size:
        return near
    change = np.zeros(len(near) + 1, np.int32)
    good = indels[indels[:, 2] == 1]
    np.add.at(change, np.searchsorted(block.position, good[:, 0] - gap, "left"), 1)
    np.add.at(change, np.searchsorted(block.position, good[:, 1] + gap, "right"), -1)
    near = change[:-1].cumsum() > 0
    return (near | np.isin(block.position, indels[:, 0])) & block.snv


# Square of the normal deviate that one heterozygote in a hundred exceeds.
_BALANCE_CHI_SQUARE = 6.635


def beyond_chance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether reads of two alleles differ more than in 99 % of heterozygotes: chi-square test with Yates's
    correction, arrays of any shape.

    A share alone is no limit at low depth: of 11 reads of a heterozygote, 6.5 % of times 2 or fewer have one
    of the alleles, so that diversity would be too low by as much.
    """
    apart = np.abs(first - second) - 1
    return (apart > 0) & (apart * apart > _BALANCE_CHI_SQUARE * (first + second))


class SiteFilter:
    """Applies the filters block by block and counts what each does.

    `samples` are in the order of the blocks' columns; samples of the outgroup do not count for
    missingness and heterozygosity. `depth_windows` (m, 2) or None.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        limits: FilterLimits,
        depth_windows: np.ndarray | None = None,
        exclude: Mask | None = None,
        include: Mask | None = None,
        compartments: Mapping[str, str] | None = None,
    ) -> None:
        self.samples, self.limits, self.depth_windows = list(samples), limits, depth_windows
        self.exclude, self.include, self.compartments = exclude, include, dict(compartments or {})
        self.members = np.array([not sample.outgroup for sample in samples], bool)
        self._chances: dict[tuple[int, int, int], bool] = {}
        self.counts: dict[str, int] = dict.fromkeys(
            ("rows", "sites", "variants", "other_rows", "genotypes", "called", "without_depth"), 0
        )
        for kind in ("sites", "variants"):
            for name in SITE_FILTERS:
                self.counts[f"{kind}/{name}/alone"] = self.counts[f"{kind}/{name}/left"] = 0
        for name in GENOTYPE_FILTERS:
            self.counts[f"genotypes/{name}/alone"] = self.counts[f"genotypes/{name}/left"] = 0
        self.called_of_sample = np.zeros(len(self.samples), np.int64)

    def apply(self, block: VcfBlock, indels: np.ndarray) -> Filtered:
        """Tag the sites and genotypes of a block."""
        genotypes, genotype_failed = self._genotypes(block)
        pairs = genotypes.view(np.int16)[..., 0]
        signs = pairs & _NO_ALLELE
        diploid = signs == 0
        some = signs != _NO_ALLELE
        partly = some & ~diploid
        if not partly.any():
            partly, some = None, diploid
        failed = np.zeros(len(block.position), np.uint16)
        for name, hit in self._site_hits(block, indels, genotypes, some, diploid):
            failed[hit] |= SITE_BIT[name]
        usable = block.snv & (failed == 0)
        self._count(block, failed, usable, some)
        return Filtered(block, genotypes, failed, genotype_failed, usable, diploid, partly)

    def _site_hits(
        self,
        block: VcfBlock,
        indels: np.ndarray,
        genotypes: np.ndarray,
        some: np.ndarray,
        diploid: np.ndarray,
    ) -> Iterator[tuple[str, np.ndarray]]:
        limits = self.limits
        yield "input_filter", ~block.passed
        if self.exclude is not None:
            yield "masked", self.exclude.inside(block.chromosome, block.position)
        if self.include is not None:
            yield "masked", ~self.include.inside(block.chromosome, block.position)
        # QUAL of a row without alternate is the confidence in the reference or absent, by caller
        yield "low_quality", (block.quality < limits.quality) & block.alternate
        yield "near_indel", near_indel(block, indels, limits.indel_gap)
        if limits.transversions_only:
            yield "transition", has_transition(block.alleles) & block.snv
        # samples that have no such chromosome cannot miss it
        members = self.members & ~hemizygous(self.samples, self.compartments.get(block.chromosome))[1]
        number = np.count_nonzero(members)
        if limits.missing < 1 and number:
            chosen = some if members.all() else some[:, members]
            # a matrix product is the fastest sum over short rows
            present = chosen.view(np.uint8).astype(np.float32) @ np.ones(number, np.float32)
            yield "missing", number - present > limits.missing * number
        if limits.excess_heterozygosity > 0:
            yield "excess_heterozygosity", self._excess(block, genotypes, diploid)

    def _excess(self, block: VcfBlock, genotypes: np.ndarray, diploid: np.ndarray) -> np.ndarray:
        """Biallelic SNVs with too many heterozygotes over all groups together.

        Pooling can hide an excess behind the deficit that structure makes, but never invents one.
        """
        hit = np.zeros(len(block.position), bool)
        rows = np.flatnonzero(block.snv & block.alternate & (block.alleles[:, 2] == NO_BASE))
        if not rows.size:
            return hit
        calls, whole = genotypes[rows][:, self.members], diploid[rows][:, self.members]
        number = whole.sum(1)
        heterozygous = ((calls[..., 0] != calls[..., 1]) & whole).sum(1)
        second = ((calls > 0).sum(2) * whole).sum(1)
        minor = np.minimum(second, 2 * number - second)
        # below what Hardy-Weinberg expects there is no excess
        suspects = np.flatnonzero(heterozygous * 2 * number > minor * (2 * number - minor))
        for row, *key in zip(
            rows[suspects].tolist(),
            number[suspects].tolist(),
            minor[suspects].tolist(),
            heterozygous[suspects].tolist(),
            strict=True,
        ):
            known = self._chances.get(tuple(key))
            if known is None:
                known = excess_chance(*key) < self.limits.excess_heterozygosity
                self._chances[tuple(key)] = known
            hit[row] = known
        return hit

    def _genotypes(self, block: VcfBlock) -> tuple[np.ndarray, np.ndarray | None]:
        """Genotypes that pass, and the bits of the filters that hit the others."""
        calls, limits = block.genotypes, self.limits
        kind = self.compartments.get(block.chromosome)
        one, none = hemizygous(self.samples, kind)
        failed = np.zeros(calls.shape[:2], np.uint8)
        hit = False
        if block.genotype_passed is not None:
            failed[~block.genotype_passed] |= GENOTYPE_BIT["input_filter"]
            hit |= not block.genotype_passed.all()
        if block.depth is not None:
            bare = block.depth == 0
            if block.allele_depth is not None:
                bare |= (block.allele_depth == 0).all(2)
            failed[bare] |= GENOTYPE_BIT["no_reads"]
            hit |= bool(bare.any())
        if self.depth_windows is not None and block.depth is not None:
            low, high = self.depth_windows.T.copy()
            # half the copies give half the depth; mitochondria are many
            if kind == "mito":
                high = np.full_like(high, np.inf)
            else:
                low, high = np.where(one, low / 2, low), np.where(one, high / 2, high)
            outside = (block.depth < low) | (block.depth > high)
            known = block.depth >= 0
            outside &= known
            failed[outside] |= GENOTYPE_BIT["depth"]
            hit |= bool(outside.any())
        rows = np.flatnonzero(block.alternate)
        if rows.size and block.genotype_quality is not None:
            quality = block.genotype_quality[rows]
            doubtful = (quality >= 0) & (quality < limits.genotype_quality)
            failed[rows] |= doubtful * GENOTYPE_BIT["genotype_quality"]
            hit |= bool(doubtful.any())
        if rows.size and block.allele_depth is not None:
            pair = calls[rows]
            reads = block.allele_depth[rows]
            total = reads.sum(2)
            single = (pair.min(2) == 0) & (pair.max(2) > 0) & (reads[..., 0] >= 0) & (total > 0)
            share = reads[..., 1] / np.maximum(total, 1)
            unequal = single & ((share < limits.balance[0]) | (share > limits.balance[1]))
            # without a read of one allele the caller went by the other samples alone
            unequal &= beyond_chance(reads[..., 0], reads[..., 1]) | (reads.min(2) == 0)
            failed[rows] |= unequal * GENOTYPE_BIT["allelic_balance"]
            hit |= bool(unequal.any())
        changed = calls
        if one.any() or none.any():
            changed = calls.copy()
            pair = calls[:, one]
            wrong = np.zeros(failed.shape, bool)
            wrong[:, one] = (pair[..., 0] != pair[..., 1]) & (pair.min(2) >= 0)
            wrong[:, none] = (calls[:, none] >= 0).any(2)
            failed[wrong] |= GENOTYPE_BIT["haploid"]
            hit |= bool(wrong.any())
            whole = np.zeros(failed.shape, bool)
            whole[:, one] = pair.min(2) >= 0
            changed[whole, 1] = HAPLOID
        if not hit:
            return changed, None
        if changed is calls:
            changed = calls.copy()
        changed[failed > 0] = -1
        return changed, failed

    def _count(self, block: VcfBlock, failed: np.ndarray, usable: np.ndarray, some: np.ndarray) -> None:
        """Add a block to the funnel."""
        counts = self.counts
        rows = len(failed)
        sites = int(np.count_nonzero(block.snv))
        counts["rows"] += rows
        counts["sites"] += sites
        counts["other_rows"] += rows - sites
        for kind, chosen in (("sites", block.snv), ("variants", block.snv & block.alternate)):
            bits = failed[chosen]
            if kind == "variants":
                counts["variants"] += bits.size
            left = bits.size
            seen = np.uint16(0)
            dirty = bits[bits > 0]
            for name in SITE_FILTERS:
                bit = SITE_BIT[name]
                counts[f"{kind}/{name}/alone"] += int(np.count_nonzero(dirty & bit))
                left -= np.count_nonzero((dirty & bit > 0) & (dirty & seen == 0))
                counts[f"{kind}/{name}/left"] += left
                seen |= bit
        if usable.all():
            self.called_of_sample += np.add.reduce(some, axis=0, dtype=np.int64)
        else:
            self.called_of_sample += np.add.reduce(some[usable], axis=0, dtype=np.int64)

    def count_genotypes(self, filtered: Filtered) -> None:
        """Add the genotypes of usable sites to the funnel."""
        counts, block = self.counts, filtered.block
        size = int(np.count_nonzero(filtered.usable)) * len(self.samples)
        counts["genotypes"] += size
        if filtered.genotype_failed is None:
            some = filtered.diploid if filtered.partly is None else filtered.diploid | filtered.partly
            called = int(np.count_nonzero(some[filtered.usable])) if size else 0
            left = called
            bits = np.empty(0, np.uint8)
        else:
            called_now = (block.genotypes[filtered.usable] >= 0).any(axis=2)
            called = left = int(np.count_nonzero(called_now))
            bits = filtered.genotype_failed[filtered.usable][called_now]
            bits = bits[bits > 0]
        counts["called"] += called
        if block.depth is not None:
            unknown = (block.depth < 0) & (block.genotypes >= 0).any(2) & filtered.usable[:, None]
            counts["without_depth"] += int(np.count_nonzero(unknown))
        seen = np.uint8(0)
        for name in GENOTYPE_FILTERS:
            bit = GENOTYPE_BIT[name]
            counts[f"genotypes/{name}/alone"] += int(np.count_nonzero(bits & bit))
            left -= int(np.count_nonzero((bits & bit > 0) & (bits & seen == 0)))
            counts[f"genotypes/{name}/left"] += left
            seen |= bit


def has_transition(alleles: np.ndarray) -> np.ndarray:
    """(n,) bool: A and G, or C and T, are both among the alleles (n, 4)."""
    seen = [(alleles == code).any(1) for code in (_A, _C, _G, _T)]
    return (seen[_A] & seen[_G]) | (seen[_C] & seen[_T])


def excess_chance(number: int, minor: int, heterozygous: int) -> float:
    """Chance of at least so many heterozygotes among `number` diploids, `minor` copies of the rarer allele.

    Exact under Hardy-Weinberg (Wigginton, Cutler & Abecasis 2005, Am J Hum Genet 76:887, equation 1).
    """
    logs = []
    for count in range(minor & 1, minor + 1, 2):
        rare, common = (minor - count) // 2, number - (minor + count) // 2
        logs.append(count * 0.6931471805599453 - lgamma(rare + 1) - lgamma(count + 1) - lgamma(common + 1))
    top = max(logs)
    weights = [2.718281828459045 ** (value - top) for value in logs]
    return sum(weights[(heterozygous - (minor & 1)) // 2 :]) / sum(weights)


def funnel(
    counts: Mapping[str, int], called_of_sample: Mapping[str, int], usable_sites: int
) -> dict[str, Any]:
    """The record of the funnel from summed counts.

    `failed_alone` is how many a filter hits whatever the others do, `left` how many remain after it and those
    before it.
    """

    def steps(kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "filter": name,
                "failed_alone": int(counts[f"{kind}/{name}/alone"]),
                "left": int(counts[f"{kind}/{name}/left"]),
            }
            for name in names
        ]

    return {
        "rows": int(counts["rows"]),
        "other_rows": int(counts["other_rows"]),
        "sites": int(counts["sites"]),
        "variants": int(counts["variants"]),
        "site_steps": steps("sites", SITE_FILTERS),
        "variant_steps": steps("variants", SITE_FILTERS),
        "genotypes_at_callable_sites": int(counts["genotypes"]),
        "genotypes_called": int(counts["called"]),
        "genotypes_without_depth": int(counts["without_depth"]),
        "genotype_steps": steps("genotypes", GENOTYPE_FILTERS),
        "samples": [
            {
                "sample": name,
                "called_sites": int(called),
                "missing_pct": 100 * (1 - int(called) / usable_sites) if usable_sites else None,
            }
            for name, called in sorted(called_of_sample.items())
        ],
    }


def filter_lines(limits: FilterLimits) -> list[bytes]:
    """Header lines of the tags."""
    values = vars(limits)
    lines = [
        f'##FILTER=<ID={tag},Description="{text.format(**values)}">'
        for name, (tag, text) in SITE_TAGS.items()
        if name != "transition" or limits.transversions_only
    ]
    lines.append(
        '##FORMAT=<ID=FT,Number=1,Type=String,Description="Genotype filters: those of the given file; '
        "NoReads without a read; Depth outside the window of the "
        f"sample; GQ below {limits.genotype_quality}; Balance of a heterozygote outside "
        f"{limits.balance[0]:g} to {limits.balance[1]:g} by more than chance; Haploid chromosome with two "
        'alleles, or absent in this sex">'
    )
    return [line.encode() for line in lines]


# Descriptions for files that have these values and do not describe them.
FORMAT_LINES = {
    b"GT": b'##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    b"DP": b'##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">',
    b"AD": b'##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads of each allele">',
    b"GQ": b'##FORMAT=<ID=GQ,Number=1,Type=Float,Description="Genotype quality">',
}


class TaggedRows:
    """Writes rows with an alternate allele as VCF, with FILTER set and FT added to every genotype.

    `header` is that of the file; `contigs` its sequences with their lengths, in order. Columns of samples
    that the header does not select are left out, and so is what the header does not describe, which BCF
    cannot hold: `undescribed` counts the rows by tag.
    """

    def __init__(self, header: Header, limits: FilterLimits, contigs: Mapping[str, int | None]) -> None:
        self.header, self.contigs = header, contigs
        self.own = filter_lines(limits)
        self.described = described([*header.lines, *FORMAT_LINES.values(), *self.own])
        place = {sample: index for index, sample in enumerate(header.samples)}
        self.kept = [number for number, column in enumerate(header.columns) if column in place]
        self.columns = np.array([place[header.columns[number]] for number in self.kept], np.intp)
        self.whole = len(self.kept) == len(header.columns)
        self.undescribed: dict[str, int] = {}
        self._tags: dict[int, list[bytes]] = {}

    def head(self) -> bytes:
        """The header of the written file."""
        own = described(self.own)
        lines = [
            line
            for line in self.header.lines
            if not line.startswith(b"##contig=")
            and not any(names & described([line])[kind] for kind, names in own.items())
        ]
        given = described(self.header.lines)["FORMAT"]
        lines += [
            f"##contig=<ID={name}{'' if length is None else f',length={length}'}>".encode()
            for name, length in self.contigs.items()
        ]
        lines += [line for key, line in FORMAT_LINES.items() if key not in given]
        names = [self.header.columns[number] for number in self.kept]
        fixed = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
        return b"\n".join([*lines, *self.own, (fixed + "\t".join(names)).encode()]) + b"\n"

    def rows(self, filtered: Filtered) -> Iterator[bytes]:
        """The rows of a block that was read with its lines."""
        block = filtered.block
        assert block.lines is not None
        for row in np.flatnonzero(block.alternate).tolist():
            *fixed, rest = block.lines[row].split(b"\t", 9)
            fixed[6] = self._filter(fixed[6], int(filtered.site_failed[row]))
            fixed[7] = self._info(fixed[7])
            keys = fixed[8].split(b":")
            codes = None if filtered.genotype_failed is None else filtered.genotype_failed[row]
            plain = self.whole and b"FT" not in keys and self.described["FORMAT"].issuperset(keys)
            colons = len(keys)
            if (
                plain
                and (codes is None or not codes.any())
                and rest.count(b":") == (colons - 1) * len(self.kept)
            ):
                fixed[8] += b":FT"
                rest = rest.replace(b"\t", b":PASS\t") + b":PASS"
            else:
                fixed[8], rest = self._calls(keys, rest, codes)
            yield b"\t".join([*fixed, rest]) + b"\n"

    def _filter(self, given: bytes, bits: int) -> bytes:
        if bits not in self._tags:
            self._tags[bits] = [
                tag.encode()
                for name, (tag, _) in SITE_TAGS.items()
                if bits & int(SITE_BIT[name]) and name != "input_filter"
            ]
        tags = self._tags[bits]
        if bits & int(SITE_BIT["input_filter"]):
            known = [
                tag if self._known("FILTER", tag) else SITE_TAGS["input_filter"][0].encode()
                for tag in given.split(b";")
            ]
            tags = list(dict.fromkeys([*known, *tags]))
        return b";".join(tags) or b"PASS"

    def _info(self, info: bytes) -> bytes:
        if info == b".":
            return info
        parts = info.split(b";")
        kept = [part for part in parts if self._known("INFO", part.split(b"=", 1)[0])]
        return info if len(kept) == len(parts) else b";".join(kept) or b"."

    def _known(self, kind: str, tag: bytes) -> bool:
        if tag in self.described[kind]:
            return True
        name = f"{kind}/{tag.decode(errors='replace')}"
        self.undescribed[name] = self.undescribed.get(name, 0) + 1
        return False

    def _calls(self, keys: list[bytes], rest: bytes, codes: np.ndarray | None) -> tuple[bytes, bytes]:
        """FORMAT and the calls of the samples, with FT as its last key."""
        places = [place for place, key in enumerate(keys) if key != b"FT" and self._known("FORMAT", key)]
        given = keys.index(b"FT") if b"FT" in keys else None
        calls = rest.split(b"\t")
        written = []
        for number, column in zip(self.kept, self.columns.tolist(), strict=True):
            # trailing values may be left out of a call; FT has to stand at its own place
            values = calls[number].split(b":")
            values += [b"."] * (len(keys) - len(values))
            tag = _FT[0] if codes is None else _FT[codes[column]]
            if given is not None and codes is not None and codes[column] & GENOTYPE_BIT["input_filter"]:
                tag = tag.replace(b"InputFilter", values[given])
            written.append(b":".join([*(values[place] for place in places), tag]))
        return b":".join([*(keys[place] for place in places), b"FT"]), b"\t".join(written)


_FT = [
    (
        ";".join(GENOTYPE_TAGS[name] for name in GENOTYPE_FILTERS if code & int(GENOTYPE_BIT[name])) or "PASS"
    ).encode()
    for code in range(1 << len(GENOTYPE_FILTERS))
]


def subset(block: VcfBlock, rows: np.ndarray) -> VcfBlock:
    """The chosen rows (bool) of a block."""
    arrays = {name: value[rows] for name, value in vars(block).items() if isinstance(value, np.ndarray)}
    lines = None if block.lines is None else [block.lines[row] for row in np.flatnonzero(rows).tolist()]
    return replace(block, lines=lines, **arrays)
