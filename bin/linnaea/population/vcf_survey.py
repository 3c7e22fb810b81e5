"""What a VCF that a user gives holds, and signs that it was filtered so that its numbers mislead.

Signs come from the file's own counts: a class of sites that should be there and is not. Expectations are
those of a population of constant size; a sign needs that at least `EXPECTED` sites should be there and hardly
any is, so that history (growth, bottlenecks, structure) gives none.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import TypedDict

import numpy as np

from linnaea.base.errors import InputError
from linnaea.population.blocks import NO_BASE
from linnaea.population.filters import FORMAT_LINES, RowOrder
from linnaea.population.sample_depth import median_depth
from linnaea.population.vcf_reader import ALLELE, Header, VcfBlock, described

# So many sites should be there before their absence is a sign, and less than this share of them is.
EXPECTED, ABSENT_SHARE = 20.0, 0.02
# Minor allele frequencies that filters use, and the least number of chromosomes to see one.
FREQUENCIES = (0.2, 0.1, 0.05, 0.03, 0.02, 0.01)
LEAST_CHROMOSOMES = 8
# Neighbours in linkage: common SNVs this near, of at least so many samples and pairs.
NEIGHBOUR_BP, LEAST_FOR_LINKAGE, LEAST_PAIRS = 50_000, 10, 200
# Rows that shares are compared of, and the difference (of shares) that is a sign.
LEAST_ROWS, DIFFERENCE = 500, 0.05
DEEPEST = 2000
# Of so many rows the tags are compared with the header.
DESCRIBED_ROWS = 50_000
# Dosages and posterior genotype probabilities, as Beagle, GLIMPSE, minimac and STITCH write them.
IMPUTED_TAGS = frozenset((b"DS", b"HDS", b"GP"))
KINDS = ("indel", "several bases at once", "symbolic", "breakend", "unknown base")


class VcfSurvey:
    """Counts over blocks of rows with their lines; m samples in the order of the header."""

    def __init__(
        self,
        header: Header,
        others: Collection[str] = (),
        members: Sequence[bool] = (),
        name: str = "the VCF",
    ) -> None:
        m = len(header.samples)
        self.header, self.others = header, frozenset(others)
        self.members = np.array(members, bool) if len(members) else np.ones(m, bool)
        self.begin(header, name)
        self.rows = self.invariant = self.described_rows = self.imputed = self.phased = 0
        # rows and those that pass, samples x rows and those without genotype: without and with an alternate
        self.passed = np.zeros((2, 2), np.int64)
        self.missing = np.zeros((2, 2), np.int64)
        self.kinds: Counter[str] = Counter()
        self.undescribed: Counter[str] = Counter()
        self.filters: Counter[str] = Counter()
        self.depths = np.zeros((m, DEEPEST + 1), np.int64)
        self.no_reads = self.called = 0
        self.multiallelic = self.single = self.span = 0
        self.lacking = np.zeros(m + 1, np.int64)
        self.distances: list[np.ndarray] = []
        self.pairs = np.zeros(2, np.int64)
        self._sites: list[np.ndarray] = []

    def begin(self, header: Header, name: str) -> None:
        """The next block is the first of a file."""
        # what `TaggedRows` describes itself is not lost
        self.known = described([*header.lines, *FORMAT_LINES.values()])
        self.known["FORMAT"].add(b"FT")
        self.order = RowOrder(name)
        self.gap()

    def gap(self) -> None:
        """The next block does not follow the last one."""
        self._last: tuple[str, int, np.ndarray] | None = None
        self._last_row: tuple[str, int] | None = None

    def add(self, block: VcfBlock) -> None:
        """Count a block; InputError where its rows are out of order."""
        self.order.check(block)
        self.rows += len(block.position)
        self.invariant += int(np.count_nonzero(~block.alternate))
        self._texts(block)
        calls = block.genotypes
        bare = np.zeros(calls.shape[:2], bool)
        if block.genotype_passed is not None:
            bare |= ~block.genotype_passed
        called = (calls >= 0).any(2)
        self.called += int(np.count_nonzero(called))
        autosome = block.chromosome not in self.others
        if block.depth is not None:
            self.no_reads += int(np.count_nonzero(called & (block.depth == 0)))
            bare |= block.depth == 0
            if autosome:
                rows, columns = np.nonzero(block.depth > 0)
                depth = np.minimum(block.depth[rows, columns], DEEPEST)
                counts = np.bincount(columns * (DEEPEST + 1) + depth, minlength=self.depths.size)
                self.depths += counts.reshape(self.depths.shape)
        lacking = np.count_nonzero((~called | bare)[:, self.members], axis=1)
        for varies, chosen in enumerate((~block.alternate, block.alternate & block.snv)):
            number = int(np.count_nonzero(chosen))
            self.passed[varies] += number, np.count_nonzero(block.passed[chosen])
            self.missing[varies] += number * np.count_nonzero(self.members), lacking[chosen].sum()
        if autosome:
            self._variants(block, np.where(bare[..., None], np.int8(-1), calls), lacking)

    def _texts(self, block: VcfBlock) -> None:
        """Kinds of alleles and undescribed tags of the rows with an alternate."""
        assert block.lines is not None
        snv = block.snv.tolist()
        for row in np.flatnonzero(block.alternate).tolist():
            _, position, _, ref, alt, _, status, info, keys, calls = block.lines[row].split(b"\t", 9)
            if not snv[row]:
                where = f"{block.chromosome}:{position.decode()}"
                self.kinds[kind_of_row(ref, alt.split(b","), where)] += 1
            if self.described_rows >= DESCRIBED_ROWS:
                continue
            self.described_rows += 1
            self.imputed += not IMPUTED_TAGS.isdisjoint(keys.split(b":"))
            self.phased += b"|" in calls and b"/" not in calls
            for kind, tags in (
                ("INFO", [part.split(b"=", 1)[0] for part in info.split(b";") if info != b"."]),
                ("FORMAT", keys.split(b":")),
                ("FILTER", [tag for tag in status.split(b";") if tag not in (b".", b"PASS")]),
            ):
                for tag in tags:
                    if tag not in self.known[kind]:
                        self.undescribed[f"{kind}/{tag.decode(errors='replace')}"] += 1
                    if kind == "FILTER":
                        self.filters[tag.decode(errors="replace")] += 1

    def _variants(self, block: VcfBlock, calls: np.ndarray, lacking: np.ndarray) -> None:
        """Frequencies, spacing and linkage of the SNVs that pass."""
        place = block.chromosome, int(block.position[-1])
        first = int(block.position[0]) - 1
        if self._last_row is not None and self._last_row[0] == block.chromosome:
            first = self._last_row[1]
        self.span += place[1] - first
        self._last_row = place
        chosen = block.snv & block.alternate & block.passed
        self.multiallelic += int(np.count_nonzero(chosen & (block.alleles[:, 2] != NO_BASE)))
        chosen &= block.alleles[:, 2] == NO_BASE
        calls, position = calls[chosen][:, self.members], block.position[chosen]
        number = (calls >= 0).sum((1, 2))
        second = (calls > 0).sum((1, 2))
        minor = np.minimum(second, number - second)
        rare = np.where((second == minor)[:, None, None], calls > 0, calls == 0)
        carriers = rare.any(2).sum(1)
        heterozygous = ((calls >= 0).all(2) & (calls[..., 0] != calls[..., 1])).sum(1)
        varied = minor > 0
        self.single += int(np.count_nonzero(varied))
        self.lacking += np.bincount(lacking[chosen][varied], minlength=len(self.lacking))
        self._sites.append(np.stack([number, minor, carriers, heterozygous])[:, varied].astype(np.int32))
        position, calls = position[varied], calls[varied]
        if not position.size:
            return
        whole = (calls >= 0).all(2)
        dosage = np.where(whole, (calls > 0).sum(2), -1).astype(np.float32)
        if self._last is not None and self._last[0] == block.chromosome:
            position = np.r_[self._last[1], position]
            dosage = np.concatenate([self._last[2][None], dosage])
        distance = np.diff(position)
        self.distances.append(distance)
        near = distance <= NEIGHBOUR_BP
        r2 = _neighbour_r2(dosage)[near]
        self.pairs += np.count_nonzero(~np.isnan(r2)), np.count_nonzero(r2 > 0.5)
        self._last = block.chromosome, int(position[-1]), dosage[-1]

    def median_depths(self) -> dict[str, float | None]:
        """Median depth of each sample where it has a read; None for fewer than 100 such rows."""
        return {
            name: median_depth(counts) if counts.sum() >= 100 else None
            for name, counts in zip(self.header.samples, self.depths, strict=True)
        }

    def signs(self, kind: str) -> list[dict[str, str]]:
        """What shows that the file was filtered: `sign` and `sentence`; `kind` is all-sites or variants."""
        found = [
            *self._frequency_signs(),
            *self._spacing_signs(),
            *self._missing_signs(),
            *self._imputation_signs(),
        ]
        if kind == "all-sites":
            found += self._invariant_signs()
        return [{"sign": sign, "sentence": sentence} for sign, sentence in found]

    def _frequency_signs(self) -> Iterable[tuple[str, str]]:
        sites = np.concatenate([np.empty((4, 0), np.int32), *self._sites], axis=1)
        number, minor, carriers, heterozygous = sites
        # of inbred samples both copies are one lineage: expected are 2pq per sample, half of the alleles
        if heterozygous.sum() < 0.5 * (minor * (1 - minor / number)).sum():
            number, minor = number // 2, (minor + 1) // 2
        enough = number >= LEAST_CHROMOSOMES
        number, minor, carriers = number[enough], minor[enough], carriers[enough]
        sizes, times = np.unique(number, return_counts=True)
        biased = "theta, Tajima's D, spectra, load and effective sizes are biased"
        for limit in FREQUENCIES:
            expected = float(
                sum(
                    times_ * neutral_share_below(size, limit)
                    for size, times_ in zip(sizes.tolist(), times.tolist(), strict=True)
                )
            )
            seen = int(np.count_nonzero(minor < limit * number))
            if expected >= EXPECTED and seen <= ABSENT_SHARE * expected:
                yield (
                    "minor_allele_frequency",
                    f"{seen} of {number.size} SNVs have a minor allele rarer than {100 * limit:g} %, about "
                    f"{expected:.0f} are expected: the file was filtered by allele frequency; {biased}. Give "
                    "the unfiltered file",
                )
                return
        private = int(np.count_nonzero(carriers == 1))
        expected = float(
            sum(
                times_ * neutral_share_below(size, 1.5 / size)
                for size, times_ in zip(sizes.tolist(), times.tolist(), strict=True)
            )
        )
        if expected >= EXPECTED and private <= ABSENT_SHARE * expected:
            yield (
                "no_singletons",
                f"{private} of {number.size} SNVs have an allele of one sample only, about {expected:.0f} "
                f"are expected: singletons were removed; {biased}. Give the unfiltered file",
            )

    def _spacing_signs(self) -> Iterable[tuple[str, str]]:
        expected = self.single**2 / (4 * max(self.span, 1))
        if expected >= EXPECTED and not self.multiallelic:
            yield (
                "biallelic_only",
                f"no SNV has three alleles, about {expected:.0f} of {self.single} are expected: such sites "
                "were removed; pi, dxy and theta are a little too low",
            )
        distance = np.concatenate([np.empty(0, np.int64), *self.distances])
        if distance.size:
            least = int(distance.min())
            closer = distance.size * -np.expm1(-(least - 1) / max(float(distance.mean()), 1e-9))
            if closer >= EXPECTED:
                yield (
                    "thinned",
                    f"no two SNVs are closer than {least} bp, about {closer:.0f} are expected: the file was "
                    "thinned; numbers of SNVs, theta, F_ROH and linkage are meaningless; ratios such as "
                    "Fst are valid",
                )
                return
        pairs, linked = self.pairs.tolist()
        if pairs >= LEAST_PAIRS and linked < 0.01 * pairs:
            yield (
                "unlinked",
                f"{linked} of {pairs} neighbouring common SNVs have an r2 above 0.5: the file was pruned "
                "for linkage, or is a panel of selected sites; numbers of SNVs, theta, F_ROH and linkage "
                "are meaningless",
            )

    def _missing_signs(self) -> Iterable[tuple[str, str]]:
        most = int(np.flatnonzero(self.lacking)[-1]) if self.lacking.any() else 0
        samples = int(np.count_nonzero(self.members))
        if 1 <= most < samples:
            share = min(self.lacking[most] / max(self.lacking[most - 1], 1), 1.0)
            expected = float(self.lacking[most] * share)
            if expected >= EXPECTED:
                yield (
                    "missingness",
                    f"no SNV lacks more than {most} of {samples} genotypes, about {expected:.0f} are "
                    f"expected to lack {most + 1}: sites were filtered by missing genotypes; if invariant "
                    "sites were not, per-base statistics are too low",
                )

    def _imputation_signs(self) -> Iterable[tuple[str, str]]:
        if self.single >= EXPECTED and 2 * self.imputed > self.described_rows and not self.lacking[1:].any():
            yield (
                "imputed",
                f"{self.imputed} of {self.described_rows} variant rows have dosages or posterior "
                "probabilities (DS, HDS, GP), and no genotype is missing: the genotypes are imputed. Rare "
                "alleles are lost, genotypes are drawn towards the panel, and theta, Tajima's D, "
                "heterozygosity and F_ROH are biased; filter by the quality of imputation (INFO, DR2 or R2)",
            )

    def _invariant_signs(self) -> Iterable[tuple[str, str]]:
        if self.passed[:, 0].min() < LEAST_ROWS:
            return
        passed = self.passed[:, 1] / self.passed[:, 0]
        if abs(passed[0] - passed[1]) > 0.5:
            wrong = "high" if passed[0] < passed[1] else "low"
            yield (
                "filter_of_kinds",
                f"FILTER passes {100 * passed[0]:.0f} % of the invariant rows and {100 * passed[1]:.0f} % "
                f"of those with one: per-base statistics are too {wrong}",
            )
        share = self.missing[:, 1] / np.maximum(self.missing[:, 0], 1)
        if abs(share[1] - share[0]) > DIFFERENCE:
            less = "too low" if share[1] > share[0] else "too high"
            yield (
                "missing_at_variants",
                f"{100 * share[1]:.0f} % of the genotypes are missing at SNVs, {100 * share[0]:.0f} % at "
                f"invariant sites: they were filtered differently; heterozygosity is {less}",
            )
        if 2 * self.invariant < self.rows:
            yield (
                "few_invariant_sites",
                f"{self.invariant} of {self.rows} rows are invariant, too few for an all-sites VCF: "
                "per-base statistics are too high; give --vcf_kind variants, or call all sites",
            )

    def refuse_unusable(self, path: str) -> None:
        """InputError where no row has a genotype, or none passes the file's own filters."""
        if self.rows and not self.called:
            raise InputError(
                f"{path}: no genotypes in the {self.rows} rows checked (FORMAT GT); call genotypes, for "
                "instance with `bcftools call -m`"
            )
        if self.rows >= LEAST_ROWS and not self.passed[:, 1].any() and self.passed[:, 0].any():
            names = ", ".join(name for name, _ in self.filters.most_common(3)) or "see its header"
            raise InputError(
                f"{path}: none of the {self.rows} rows checked passes its FILTER ({names}), but only rows "
                "with PASS or . are used; reset it with `bcftools annotate -x FILTER` if they are good"
            )


def kind_of_row(reference: bytes, alternates: Sequence[bytes], where: str) -> str:
    """The kind (of KINDS) of a row whose alleles are not all single bases; InputError for no alleles."""
    wrong = [text for text in (reference, *alternates) if not ALLELE.fullmatch(text)]
    if wrong:
        raise InputError(f"{where}: {wrong[0].decode(errors='replace')!r} is not an allele")
    texts = [text for text in alternates if not text.startswith(b"<") and text not in (b"*", b".")]
    if any(mark in text for text in texts for mark in (b"[", b"]", b".")):
        return "breakend"
    if any(text.startswith(b"<") and text not in (b"<*>", b"<NON_REF>", b"<X>") for text in alternates):
        return "symbolic"
    if any(len(text) != len(reference) for text in texts):
        return "indel"
    return "several bases at once" if len(reference) > 1 else "unknown base"


@cache
def neutral_share_below(size: int, limit: float) -> float:
    """Share of segregating sites whose minor allele is rarer than `limit`, among `size` chromosomes.

    The folded spectrum of a population of constant size (Fu 1995, Theor Popul Biol 48:172).
    """
    minor = np.arange(1, size // 2 + 1)
    share = (1 / minor + 1 / (size - minor)) / (1 + (minor == size - minor))
    return float(share[minor < limit * size].sum() / share.sum())


def _neighbour_r2(dosage: np.ndarray) -> np.ndarray:
    """Squared correlation of each row with the next: (n - 1,), NaN where a minor allele is below 10 %."""
    if len(dosage) < 2 or dosage.shape[1] < LEAST_FOR_LINKAGE:
        return np.full(max(len(dosage) - 1, 0), np.nan)
    x, y = dosage[:-1], dosage[1:]
    both = (x >= 0) & (y >= 0)
    number = both.sum(1)
    x, y = np.where(both, x, 0), np.where(both, y, 0)
    means = np.stack([table.sum(1) / np.maximum(2 * number, 1) for table in (x, y)])
    common = (np.minimum(means, 1 - means) >= 0.1).all(0) & (number >= LEAST_FOR_LINKAGE)
    covariance = number * (x * y).sum(1) - x.sum(1) * y.sum(1)
    variances = [number * (table * table).sum(1) - table.sum(1) ** 2 for table in (x, y)]
    product = variances[0] * variances[1]
    return np.where(common & (product > 0), covariance**2 / np.where(product > 0, product, 1), np.nan)


class GivenVcf(TypedDict, total=False):
    """The record `given_vcf`, and the depth windows of samples; only `vcf_kind` if samples are missing."""

    id: str
    step: str
    vcf_kind: str
    read_whole: bool
    rows: int
    rows_without_variant: int
    rows_phased: int
    rows_left_out: dict[str, int]
    samples_left_out: list[str]
    genotypes_without_reads: int
    undescribed_tags: dict[str, int]
    genotypes_with_depth: int
    median_depths_x: dict[str, float | None]
    signs: list[dict[str, str]]
    depth_windows: dict[str, tuple[float, float]]


def record(survey: VcfSurvey, kind: str, whole: bool, left_out: Sequence[str]) -> GivenVcf:
    """The record of a given VCF for the report."""
    return {
        "id": "popgen",
        "step": "given_vcf",
        "vcf_kind": kind,
        "read_whole": whole,
        "rows": survey.rows,
        "rows_without_variant": survey.invariant,
        "rows_phased": survey.phased,
        "rows_left_out": dict(survey.kinds.most_common()),
        "samples_left_out": list(left_out),
        "genotypes_without_reads": survey.no_reads,
        "undescribed_tags": dict(sorted(survey.undescribed.items())),
        "genotypes_with_depth": int(survey.depths.sum()),
        "median_depths_x": survey.median_depths(),
        "signs": survey.signs(kind),
    }
