"""Site frequency spectra of groups, accumulated as whole numbers so that parts of a genome add up exactly.

A site counts by how many alleles are called in the group and how many of them are the second (or derived)
one. At the end every site is projected onto one common number of chromosomes by the hypergeometric
distribution (Marth et al. 2004, Genetics 166:351; as dadi does), so missing genotypes bias no class.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.blocks import SiteBlock

# Key of the outgroup's allele counts among those of the groups: no group can have this name.
OUTGROUP = "*outgroup"
KINDS = ("folded", "unfolded")
# Spectra of pairs keep at most this many chromosomes a group: the table grows with their fourth power.
PAIR_CHROMOSOMES = 24
# Weights of projected sites are kept as whole multiples of this, so that sums do not depend on their order.
_UNIT = 1 << 20

SPECTRUM_COLUMNS = ("group", "kind", "chromosomes", "class", "sites")
PAIR_COLUMNS = (
    *("group_1", "group_2", "kind", "chromosomes_1", "chromosomes_2", "class_1", "class_2", "sites"),
)


class SpectrumCounts:
    """Counts of sites by called alleles and allele count, of each group and each pair of groups.

    `groups` gives each group's sample columns; with `outgroup` columns the unfolded spectra are counted too.
    Give it the blocks of autosomes only.
    """

    def __init__(
        self,
        groups: Mapping[str, Iterable[int]],
        outgroup: Iterable[int] = (),
        pair_chromosomes: int = PAIR_CHROMOSOMES,
    ):
        self.sizes = {name: 2 * len(list(columns)) for name, columns in sorted(groups.items())}
        self.outgroup = np.array(list(outgroup), np.intp)
        self.pairs = list(combinations(self.sizes, 2))
        self.caps = {name: min(size, pair_chromosomes) for name, size in self.sizes.items()}
        self.kinds = KINDS if self.outgroup.size else KINDS[:1]
        self.counts: dict[str, np.ndarray] = {}
        for kind in self.kinds:
            for name, size in self.sizes.items():
                self.counts[f"{kind}/{name}"] = np.zeros((size + 1, size + 1), np.int64)
            for first, second in self.pairs:
                shape = (*[self.caps[first] + 1] * 2, *[self.caps[second] + 1] * 2)
                self.counts[f"{kind}/{first}/{second}"] = np.zeros(shape, np.int64)
            for name in [*self.sizes, *("/".join(pair) for pair in self.pairs)]:
                self.counts[f"multiallelic/{kind}/{name}"] = np.zeros(1, np.int64)
        if self.outgroup.size:
            self.counts["no_ancestral"] = np.zeros(1, np.int64)
        self._projections: dict[tuple[int, int], np.ndarray] = {}

    def add(self, block: SiteBlock, counts: Mapping[str, np.ndarray]) -> None:
        """Count the sites of a block.

        `counts[group]` (n, 4) are called alleles by allele number after all filters, zeros at sites that are
        not callable. `counts[OUTGROUP]`, when given, replaces the outgroup's genotypes of the block.
        """
        tables = {name: np.asarray(counts[name]) for name in self.sizes}
        called = {name: table.sum(axis=1) for name, table in tables.items()}
        callable_site = np.zeros(len(block.position), bool)
        for number in called.values():
            callable_site |= number > 0
        if not callable_site.any():
            return
        self._add_kind("folded", tables, called, callable_site, None)
        if self.outgroup.size:
            outgroup = counts.get(OUTGROUP)
            if outgroup is None:
                calls = block.genotypes[:, self.outgroup].reshape(len(block.position), -1)
                outgroup = np.stack([(calls == allele).sum(axis=1) for allele in range(4)], axis=1)
            known = callable_site & ((outgroup > 0).sum(axis=1) == 1)
            self.counts["no_ancestral"] += np.count_nonzero(callable_site & ~known)
            self._add_kind("unfolded", tables, called, known, np.argmax(outgroup, axis=1))

    def _add_kind(
        self,
        kind: str,
        tables: dict[str, np.ndarray],
        called: dict[str, np.ndarray],
        use: np.ndarray,
        ancestral: np.ndarray | None,
    ) -> None:
        for name, table in tables.items():
            second, fit = _second_allele([table], ancestral)
            self.counts[f"multiallelic/{kind}/{name}"] += np.count_nonzero(use & ~fit)
            width = self.sizes[name] + 1
            rows = use & fit
            key = called[name][rows] * width + second[0][rows]
            histogram = np.bincount(key, minlength=width * width)
            self.counts[f"{kind}/{name}"] += histogram.reshape(width, width)
        for first, second_group in self.pairs:
            (one, two), fit = _second_allele([tables[first], tables[second_group]], ancestral)
            self.counts[f"multiallelic/{kind}/{first}/{second_group}"] += np.count_nonzero(use & ~fit)
            rows = use & fit
            self._add_pair(
                self.counts[f"{kind}/{first}/{second_group}"],
                (called[first][rows], one[rows], called[second_group][rows], two[rows]),
                (self.sizes[first] + 1, self.sizes[second_group] + 1),
                (self.caps[first], self.caps[second_group]),
            )

    def _add_pair(
        self, target: np.ndarray, site: tuple[np.ndarray, ...], widths: tuple[int, int], caps: tuple[int, int]
    ) -> None:
        """Add sites (called, second, called, second), those of more chromosomes than `caps` projected."""
        a, b = widths
        key = ((site[0].astype(np.int64) * a + site[1]) * b + site[2]) * b + site[3]
        keys, numbers = np.unique(key, return_counts=True)
        rest, second_2 = np.divmod(keys, b)
        rest, called_2 = np.divmod(rest, b)
        called_1, second_1 = np.divmod(rest, a)
        whole = (called_1 <= caps[0]) & (called_2 <= caps[1])
        np.add.at(
            target,
            (called_1[whole], second_1[whole], called_2[whole], second_2[whole]),
            numbers[whole] * _UNIT,
        )
        for index in np.flatnonzero(~whole):
            n1, n2 = min(called_1[index], caps[0]), min(called_2[index], caps[1])
            weight = np.outer(
                self._projected(called_1[index], n1)[second_1[index]],
                self._projected(called_2[index], n2)[second_2[index]],
            )
            target[n1, : n1 + 1, n2, : n2 + 1] += np.rint(weight * _UNIT).astype(np.int64) * numbers[index]

    def _projected(self, size: int, target: int) -> np.ndarray:
        key = (int(size), int(target))
        if key not in self._projections:
            self._projections[key] = projection(*key)
        return self._projections[key]

    def partial(self) -> dict[str, np.ndarray]:
        """The counts so far, to be saved and added to those of other regions by `merge`."""
        return dict(self.counts)


def merge(partials: Iterable[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Sum of partial counts of the same groups."""
    total: dict[str, np.ndarray] = {}
    for partial in partials:
        for key in partial:
            total[key] = total[key] + partial[key] if key in total else np.array(partial[key])
    return total


def projection(size: int, target: int) -> np.ndarray:
    """(size + 1, target + 1) chance of each count among `target` alleles drawn from `size` without
    replacement.
    """
    if size == target:
        return np.eye(size + 1)
    from scipy.stats import hypergeom

    drawn = np.arange(target + 1)
    return np.stack([hypergeom.pmf(drawn, size, count, target) for count in range(size + 1)])


def common_size(counts: np.ndarray, share: float = 0.8) -> int:
    """Largest number of chromosomes that at least `share` of the callable sites have called, 0 without sites.

    `counts` (N + 1, N + 1) are sites by called alleles and allele count.
    """
    sites = counts.sum(axis=1)
    at_least = np.cumsum(sites[::-1])[::-1]
    if at_least[0] == 0:
        return 0
    return int(np.flatnonzero(at_least >= share * at_least[0])[-1])


def spectrum(counts: np.ndarray, size: int) -> np.ndarray:
    """(size + 1,) expected sites by allele count among `size` chromosomes; sites with fewer called are left
    out.
    """
    total = np.zeros(size + 1)
    for called in range(size, counts.shape[0]):
        if counts[called].any():
            total += counts[called, : called + 1] @ projection(called, size)
    return total


def pair_spectrum(counts: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    """(sizes[0] + 1, sizes[1] + 1) expected sites by both allele counts, as `spectrum`."""
    total = np.zeros((sizes[0] + 1, sizes[1] + 1))
    first = {called: projection(called, sizes[0]) for called in range(sizes[0], counts.shape[0])}
    second = {called: projection(called, sizes[1]) for called in range(sizes[1], counts.shape[2])}
    for one, project_one in first.items():
        for two, project_two in second.items():
            sites = counts[one, : one + 1, two, : two + 1]
            if sites.any():
                total += project_one.T @ sites @ project_two
    return total / _UNIT


def fold(values: np.ndarray) -> np.ndarray:
    """Spectrum by count of the allele that is rarer over all groups together; the other classes are 0.

    Where both alleles are equally common each labelling gets half, as in dadi (Gutenkunst et al. 2009).
    """
    total = sum(np.indices(values.shape))
    half = (sum(values.shape) - values.ndim) / 2
    both = values + values[(slice(None, None, -1),) * values.ndim]
    return np.where(total < half, both, np.where(total == half, both / 2, 0.0))


def write_spectra(
    counts: Mapping[str, np.ndarray],
    sfs: str | Path,
    sfs_2d: str | Path,
    record: str | Path,
    share: float = 0.8,
    record_id: str = "population",
) -> None:
    """Write `sfs.tsv`, `sfs_2d.tsv` and the record of what was counted and left out.

    Monomorphic callable sites are class 0 (unfolded, the last class where the outgroup differs). Folded rows
    end at half of the chromosomes. Sites with fewer calls than the common number, three or more alleles, or
    (unfolded) an outgroup that is not called or not fixed are left out, and counted in the record.
    """
    groups = sorted(key.split("/")[1] for key in counts if key.startswith("folded/") and key.count("/") == 1)
    pairs = sorted(key.split("/")[1:] for key in counts if key.startswith("folded/") and key.count("/") == 2)
    kinds = [kind for kind in KINDS if any(key.startswith(f"{kind}/") for key in counts)]
    sizes = {name: common_size(counts[f"folded/{name}"], share) for name in groups}
    rows: list[tuple[Any, ...]] = []
    details: dict[str, Any] = {}
    for name in groups:
        detail: dict[str, Any] = {"chromosomes": sizes[name]}
        for kind in kinds:
            sites = counts[f"{kind}/{name}"]
            detail[f"{kind}_sites"] = int(sites[sizes[name] :].sum())
            detail[f"{kind}_sites_with_too_few_calls"] = int(sites[: sizes[name]].sum())
            detail[f"{kind}_multiallelic_sites"] = int(counts[f"multiallelic/{kind}/{name}"][0])
            if sizes[name] < 2:
                continue
            values = spectrum(sites, sizes[name])
            if kind == "folded":
                values = fold(values)[: sizes[name] // 2 + 1]
            rows += [(name, kind, sizes[name], count, value) for count, value in enumerate(values.tolist())]
        details[name] = detail
    write_table(sfs, SPECTRUM_COLUMNS, rows)

    rows = []
    for first, second in pairs:
        for kind in kinds:
            sites = counts[f"{kind}/{first}/{second}"]
            both = min(sizes[first], sites.shape[0] - 1), min(sizes[second], sites.shape[2] - 1)
            if min(both) < 1:
                continue
            values = pair_spectrum(sites, both)
            if kind == "folded":
                values = fold(values)
            rows += [
                (first, second, kind, *both, *place, float(values[place]))
                for place in np.ndindex(values.shape)
                if kind == "unfolded" or sum(place) <= sum(both) / 2
            ]
    write_table(sfs_2d, PAIR_COLUMNS, rows)
    known = {"no_ancestral_sites": int(counts["no_ancestral"][0])} if "no_ancestral" in counts else {}
    write_metrics(
        record,
        {
            "id": record_id,
            "step": "site_frequency_spectra",
            "projection_share": share,
            **known,
            "groups": details,
        },
    )


def _second_allele(
    tables: list[np.ndarray], ancestral: np.ndarray | None
) -> tuple[list[np.ndarray], np.ndarray]:
    """Counts of the second allele in each table, and which sites have no third.

    Folded (no ancestral allele given), the second allele is any but the first seen; unfolded, the derived.
    """
    seen: np.ndarray = np.sum(tables, axis=0) > 0
    if ancestral is None:
        first = np.argmax(seen, axis=1)
        fit = seen.sum(axis=1) <= 2
    else:
        first = ancestral
        seen = seen.copy()
        seen[np.arange(len(seen)), first] = True
        fit = seen.sum(axis=1) <= 2
    rows = np.arange(len(seen))
    return [table.sum(axis=1) - table[rows, first] for table in tables], fit
