"""Sites of many shallow samples in memory of fixed size: what statistics from genotype likelihoods rest on.

Most sites show no read of a second allele. Their likelihoods say little more than how many reads there are,
so of these only the depths are kept. Sites with such a read are kept whole. Where there are more sites than
fit, both kinds are thinned alike by a hash of their place, so the sample is even over the genome and always
the same.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from linnaea.base.errors import InputError
from linnaea.population.genotypes import site_hash
from linnaea.population.likelihoods import BASES, OTHER_BASE, genotype_index, is_transition
from linnaea.population.read_errors import HALF, ErrorCounts, corrected

MAX_LEVEL = 255
_BATCH = 20_000
_MAX_CELLS = 1_000_000

Cell = tuple[int, int, int, int, int]


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


class Sites(NamedTuple):
    """n sites of one chromosome, in the order of the file, of m samples.

    position   (n,) int64, 1-based
    levels     (n, m, 3) uint8 PL of no, one and two alternates, 0 where missing
    depth      (n, m) uint8 reads, at most 255
    alternate  (n, m) uint8 reads of the alternate
    """

    chromosome: str
    position: np.ndarray
    levels: np.ndarray
    depth: np.ndarray
    alternate: np.ndarray


def parse_cell(text: bytes, seen: int, unseen: int) -> Cell:
    """PL of (reference, heterozygous, alternate), depth and reads of the alternate from `PL[:DP[:AD]]`.

    `seen` is the number of the alternate, `unseen` that of any other base: a sample that was joined from a
    gVCF without that alternate has only the latter. Without DP the depth follows from the likelihoods;
    without AD a read of the alternate is taken for seen where the reference is not the likeliest.
    """
    fields = text.split(b":")
    values = fields[0].split(b",")
    levels = (0, 0, 0)
    for alternate in (seen, unseen):
        places = (0, genotype_index(0, alternate), genotype_index(alternate, alternate))
        if len(values) > places[2] and all(values[place] != b"." for place in places):
            first, second, third = (min(int(values[place]), MAX_LEVEL) for place in places)
            levels = (first, second, third)
            break
    if not any(levels):
        return (0, 0, 0, 0, 0)
    reads = [int(part) for part in fields[2].split(b",") if part != b"."] if len(fields) > 2 else []
    second_reads = reads[seen] if len(reads) > seen else int(levels[0] > 0)
    if len(fields) > 1 and fields[1].isdigit():
        depth = int(fields[1])
    elif reads:
        depth = sum(reads)
    else:
        least = 2 if levels[1] == 0 else 1
        depth = max(round(max(levels[1] - levels[0], levels[1] - levels[2]) / HALF), least)
    return (*levels, min(depth, 255), min(second_reads, 255))


class _Cells:
    """Cells of the text by number, each parsed once: most of a shallow cohort are alike."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, int], dict[bytes, int]] = {}
        self.cells: list[Cell] = []

    def row(self, fields: list[bytes], seen: int, unseen: int) -> list[int]:
        known = self.numbers.setdefault((seen, unseen), {})
        try:
            return [known[field] for field in fields]
        except KeyError:
            for field in fields:
                if field not in known:
                    known[field] = len(self.cells)
                    self.cells.append(parse_cell(field, seen, unseen))
            return [known[field] for field in fields]


def read_site_batches(
    handle: Iterable[bytes],
    name: str,
    columns: np.ndarray,
    others: Collection[str] = (),
    transversions_only: bool = False,
    share: "Thinning | None" = None,
) -> Iterator[Sites]:
    """Batches of sites from the text of bcftools, below its header.

    It is of `bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL:%DP:%AD]\\n'`. `columns` are the
    samples to take, `others` chromosomes to leave out. `share` refuses rows before they are
    parsed. Rows of no single reference base or with an alternate that is no base (indels) are left out.
    """
    skipped = {other.encode() for other in others}
    lines = iter(handle)
    cells = _Cells()
    width = 4 + (int(columns.max()) + 1 if len(columns) else 0)
    first = 2
    while rows := list(islice(lines, _BATCH)):
        by_chromosome: dict[bytes, list[tuple[int, bytes]]] = {}
        for number, line in enumerate(rows, first):
            parts = line.split(b"\t", 2)
            if len(parts) < 3 or not parts[1].isdigit():
                raise _unreadable(name, number)
            if parts[0] not in skipped:
                by_chromosome.setdefault(parts[0], []).append((int(parts[1]), parts[2]))
        for chromosome, found in by_chromosome.items():
            label = chromosome.decode()
            position = np.array([place for place, _ in found], np.int64)
            wanted = np.ones(len(found), bool) if share is None else share.keeps(label, position)
            taken, numbers = [], []
            for index in np.flatnonzero(wanted).tolist():
                fields = found[index][1].rstrip(b"\n").split(b"\t")
                if len(fields) + 2 < width:
                    raise _unreadable(name, f"at {label}:{found[index][0]}")
                if fields[0] not in BASES:
                    continue
                alternates = fields[1].split(b",")
                if any(allele not in BASES and allele not in OTHER_BASE for allele in alternates):
                    continue
                seen = next((place for place, allele in enumerate(alternates, 1) if allele in BASES), 0)
                if seen and transversions_only and is_transition(fields[0], alternates[seen - 1]):
                    continue
                unseen = next(
                    (i for i, allele in enumerate(alternates, 1) if allele in OTHER_BASE), seen or 1
                )
                taken.append(index)
                numbers.append(cells.row([fields[2 + column] for column in columns], seen or unseen, unseen))
            if taken:
                table = np.array(cells.cells, np.uint8)[np.array(numbers)]
                yield Sites(label, position[taken], table[..., :3], table[..., 3], table[..., 4])
        first += len(rows)
        if len(cells.cells) > _MAX_CELLS:
            cells = _Cells()


def _unreadable(name: str, row: object) -> InputError:
    return InputError(
        f"{name}, row {row}: expected chromosome, position, reference, alternates, and PL, DP and AD of each "
        "sample; write the text with bcftools query -H -f '%CHROM\\t%POS\\t%REF\\t%ALT[\\t%PL:%DP:%AD]\\n'"
    )


class Thinning:
    """A share of 1/2^level of all places, by their hash."""

    def __init__(self) -> None:
        self.level = 0

    def keeps(self, chromosome: str, position: np.ndarray) -> np.ndarray:
        """(n,) bool: whether the place is in the sample."""
        if not self.level:
            return np.ones(len(position), bool)
        return site_hash(chromosome, position) >> np.uint64(64 - self.level) == 0


class Cohort:
    """The sites of a genome of samples in groups; `members` maps group to columns among `samples` samples.

    After reading, the arrays hold the sites kept, of both kinds, in the order of the file:

    varied_*   of v sites with a read of a second allele: place (chromosome number, position), levels
               (v, m, 3), depth and alternate (v, m)
    plain_*    of p sites without: place, total (p,) reads of all samples, depth (p, groups) of each group
    """

    def __init__(
        self,
        members: dict[str, np.ndarray],
        samples: int,
        max_cells: int = 15_000_000,
        max_plain: int = 8_000_000,
    ) -> None:
        self.members, self.samples = members, samples
        self.limits = max(1, max_cells // max(samples, 1)), max_plain
        self.thinning = Thinning()
        self.chromosomes: list[str] = []
        self.plain_rows = {name: np.zeros((256, 2 * len(columns) + 1)) for name, columns in members.items()}
        self._row_counts = {name: np.zeros(256, int) for name in members}
        self.errors = [ErrorCounts() for _ in range(samples)]
        self._varied: list[tuple[np.ndarray, ...]] = []
        self._plain: list[tuple[np.ndarray, ...]] = []

    def add(self, sites: Sites) -> None:
        kept = self.thinning.keeps(sites.chromosome, sites.position)
        if not kept.any():
            return
        if not kept.all():
            sites = Sites(sites.chromosome, *(part[kept] for part in sites[1:]))
        if not self.chromosomes or self.chromosomes[-1] != sites.chromosome:
            self.chromosomes.append(sites.chromosome)
        place = np.stack([np.full(len(sites.position), len(self.chromosomes) - 1), sites.position], axis=1)
        varied = sites.alternate.any(axis=1)
        self._varied.append(
            (place[varied], sites.levels[varied], sites.depth[varied], sites.alternate[varied])
        )
        plain = ~varied
        depth = sites.depth[plain].astype(np.int64)
        groups = np.stack([depth[:, columns].sum(axis=1) for columns in self.members.values()], axis=1)
        self._plain.append((place[plain], depth.sum(axis=1), np.minimum(groups, 255).astype(np.uint8)))
        self._add_rows(sites.levels[plain], groups)
        self._add_errors(sites)
        self._thin()

    def _add_errors(self, sites: Sites) -> None:
        """Count reads of each sample where no other has the alternate."""
        total = sites.alternate.sum(axis=1, dtype=np.int64)
        once = np.ones(len(total), np.int64)
        for sample, counts in enumerate(self.errors):
            alternate = sites.alternate[:, sample].astype(np.int64)
            alone = total == alternate
            depth = sites.depth[alone, sample].astype(np.int64)
            counts.add(sites.levels[alone, sample], depth, alternate[alone], once[alone])

    def correct(self, factors: Iterable[float]) -> None:
        """Correct the likelihoods of each sample whose reads err `factor` times as often as they state."""
        for sample, factor in enumerate(factors):
            if factor != 1:
                self.levels[:, sample] = corrected(
                    self.levels[:, sample], self.depth[:, sample], self.alternate[:, sample], factor
                )

    def _add_rows(self, levels: np.ndarray, groups: np.ndarray) -> None:
        """Average the likelihoods of allele counts of some sites of each depth of each group."""
        for index, (name, columns) in enumerate(self.members.items()):
            depth = np.minimum(groups[:, index], 255)
            counts = self._row_counts[name]
            rank = np.zeros(len(depth), int)
            order = np.argsort(depth, kind="stable")
            ordered = depth[order]
            starts = np.searchsorted(ordered, ordered)
            rank[order] = np.arange(len(depth)) - starts
            chosen = np.flatnonzero((rank + counts[depth] < _ROWS_OF_DEPTH) & (depth > 0))
            if chosen.size:
                rows = allele_count_likelihoods(10 ** (levels[chosen][:, columns] / -10))
                np.add.at(self.plain_rows[name], depth[chosen], rows)
                np.add.at(counts, depth[chosen], 1)

    def _thin(self) -> None:
        while (
            sum(len(part[0]) for part in self._varied) > self.limits[0]
            or sum(len(part[0]) for part in self._plain) > self.limits[1]
        ):
            self.thinning.level += 1
            for parts in (self._varied, self._plain):
                parts[:] = [self._thinned(part) for part in parts]

    def _thinned(self, part: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        kept = np.zeros(len(part[0]), bool)
        for number in np.unique(part[0][:, 0]).tolist():
            rows = part[0][:, 0] == number
            kept[rows] = self.thinning.keeps(self.chromosomes[number], part[0][rows, 1])
        return tuple(values[kept] for values in part)

    def close(self) -> None:
        """Join what was added; nothing is added after it."""
        shape = self.samples
        empty = (
            (
                np.zeros((0, 2), int),
                np.zeros((0, shape, 3), np.uint8),
                *(np.zeros((0, shape), np.uint8),) * 2,
            ),
            (np.zeros((0, 2), int), np.zeros(0, int), np.zeros((0, len(self.members)), np.uint8)),
        )
        self.varied_place, self.levels, self.depth, self.alternate = _joined(self._varied, empty[0])
        self.plain_place, self.plain_total, self.plain_depth = _joined(self._plain, empty[1])
        self._varied, self._plain = [], []
        for name, counts in self._row_counts.items():
            self.plain_rows[name] = _filled(self.plain_rows[name], counts)

    def select(self, varied: np.ndarray, plain: np.ndarray) -> None:
        """Keep only these sites: (v,) and (p,) bool."""
        self.varied_place, self.levels = self.varied_place[varied], self.levels[varied]
        self.depth, self.alternate = self.depth[varied], self.alternate[varied]
        self.plain_place, self.plain_total = self.plain_place[plain], self.plain_total[plain]
        self.plain_depth = self.plain_depth[plain]

    def blocks(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Blocks 0 to number - 1 of neighbouring sites, equally many in each: (v,) and (p,) int64."""
        place = np.concatenate([self.varied_place, self.plain_place])
        order = np.lexsort((place[:, 1], place[:, 0]))
        block = np.empty(len(place), np.int64)
        block[order] = np.arange(len(place)) * number // max(len(place), 1)
        return block[: len(self.varied_place)], block[len(self.varied_place) :]


_ROWS_OF_DEPTH = 400


def _joined(parts: list[tuple[np.ndarray, ...]], empty: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    return [np.concatenate(arrays) for arrays in zip(empty, *parts, strict=True)]


def _filled(rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean rows by depth (256, c); depths without a row get that of the nearest smaller one, depth 0 ones."""
    mean = np.ones_like(rows)
    for depth in range(1, len(rows)):
        mean[depth] = rows[depth] / counts[depth] if counts[depth] else mean[depth - 1]
    return mean
