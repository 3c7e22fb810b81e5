"""Tables of a genome from the partial sums of its regions."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population import contamination
from linnaea.population.diversity import (
    GROUP_SUMS,
    PAIR_SUMS,
    jackknife,
    merge_windows,
    ratio,
    tajimas_d,
)
from linnaea.population.filters import funnel
from linnaea.population.scan_sites import joined_bins, write_arrays

AUTOSOME = "autosome"


# Neighbouring windows are joined to at most so many blocks of the jackknife.
JACKKNIFE_BLOCKS = 100


_ROWS_AT_ONCE = 20_000


class _Partial:
    """A saved partial result; arrays are read when asked for."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        try:
            self.arrays = np.load(path, allow_pickle=False)
            self.facts = json.loads(str(self.arrays["facts"]))
        except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
            raise InputError(f"{path}: not a result of scan_sites.py, or truncated; make it again") from error

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


def _column(values: np.ndarray) -> list[str]:
    """A column of numbers as text: whole numbers as they are, others with six digits, NaN as NA."""
    if values.dtype.kind in "iu":
        return list(map(str, values.tolist()))
    return ["NA" if value != value else "%.6g" % (value + 0.0) for value in values.tolist()]


def _whole(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.int64)


class GenomeSums:
    """The regions of a genome together; every method writes one result."""

    def __init__(self, paths: Sequence[str | Path], jackknife_blocks: int = JACKKNIFE_BLOCKS) -> None:
        self.partials = [_Partial(path) for path in paths]
        self.blocks = jackknife_blocks
        self.facts = self.partials[0].facts
        for partial in self.partials[1:]:
            for key in ("samples", "groups", "window_bp", "bin_bp", "limits", "vcf_kind", "compartments"):
                if partial.facts[key] != self.facts[key]:
                    raise InputError(
                        f"{partial.path} and {self.partials[0].path} differ in {key}; scan all regions "
                        "the same way"
                    )
        self.contigs: dict[str, int | None] = self.facts["contigs"]
        self.windows = merge_windows(
            [{key: part[key] for key in ("window_chromosome", "window", "groups", "pairs")}
             for part in self.partials], list(self.contigs),
        )  # fmt: skip
        self.group_names = sorted(self.facts["groups"])
        self.pair_names = [
            (one, two) for place, one in enumerate(self.group_names) for two in self.group_names[place + 1 :]
        ]
        self.per_bp = self.facts["per_bp"]
        kinds = self.facts["compartments"]
        self.compartment = np.array(
            [kinds.get(name, AUTOSOME) for name in self.windows["window_chromosome"].tolist()], np.str_
        )

    def _window_places(self, rows: slice) -> list[list[str]]:
        """Chromosome, compartment, start and end of windows, as text."""
        names = self.windows["window_chromosome"][rows].tolist()
        starts = self.windows["window"][rows] * self.facts["window_bp"]
        ends = [
            min(start + self.facts["window_bp"], self.contigs.get(name) or start + self.facts["window_bp"])
            for name, start in zip(names, starts.tolist(), strict=True)
        ]
        return [names, self.compartment[rows].tolist(), _column(starts), list(map(str, ends))]

    def _write_windows(
        self,
        path: str | Path,
        columns: Sequence[str],
        labels: Sequence[str],
        sums: np.ndarray,
        estimates: Any,
    ) -> None:
        """Write one row for each window and each label (a group or two), from sums (k, labels, w)."""
        with complete_file(path) as handle:
            handle.write("\t".join(columns) + "\n")
            for first in range(0, sums.shape[2], _ROWS_AT_ONCE):
                rows = slice(first, first + _ROWS_AT_ONCE)
                places = list(map("\t".join, zip(*self._window_places(rows), strict=True)))
                tables = [
                    list(map("\t".join, zip(*map(_column, estimates(sums[:, index, rows])), strict=True)))
                    for index in range(len(labels))
                ]
                for place, *values in zip(places, *tables, strict=True):
                    handle.writelines(
                        f"{place}\t{label}\t{value}\n" for label, value in zip(labels, values, strict=True)
                    )

    def _group_columns(self, sums: np.ndarray) -> list[np.ndarray]:
        """callable_sites to tajimas_d from GROUP_SUMS (7, ...)."""
        named = dict(zip(GROUP_SUMS, sums, strict=True))
        unknown = np.full(named["callable_sites"].shape, np.nan)
        sites, comparisons = named["callable_sites"], named["pi_comparisons"]
        return [
            _whole(sites) if self.per_bp else unknown,
            _whole(named["segregating_sites"]),
            _whole(named["pi_differences"]),
            _whole(comparisons) if self.per_bp else unknown,
            ratio(named["pi_differences"], comparisons) if self.per_bp else unknown,
            ratio(named["theta_sum"], sites) if self.per_bp else unknown,
            tajimas_d(sums),
        ]

    def _pair_columns(self, sums: np.ndarray) -> list[np.ndarray]:
        """callable_sites to fst_weir_cockerham from PAIR_SUMS (7, ...)."""
        sites, comparisons, differences, hudson, hudson_all, weir, weir_all = sums
        unknown = np.full(sites.shape, np.nan)
        return [
            _whole(sites) if self.per_bp else unknown,
            _whole(differences),
            _whole(comparisons) if self.per_bp else unknown,
            ratio(differences, comparisons) if self.per_bp else unknown,
            *(hudson, hudson_all, ratio(hudson, hudson_all)),
            *(weir, weir_all, ratio(weir, weir_all)),
        ]

    def write_diversity_windows(self, path: str | Path) -> None:
        sizes = [len(self.facts["groups"][name]) for name in self.group_names]
        labels = [f"{name}\t{size}" for name, size in zip(self.group_names, sizes, strict=True)]
        self._write_windows(
            path, DIVERSITY_WINDOW_COLUMNS, labels, self.windows["groups"], self._group_columns
        )

    def write_divergence_windows(self, path: str | Path) -> None:
        labels = ["\t".join(pair) for pair in self.pair_names]
        self._write_windows(
            path, DIVERGENCE_WINDOW_COLUMNS, labels, self.windows["pairs"], self._pair_columns
        )

    def _compartments(self) -> list[str]:
        found = set(self.compartment.tolist())
        return sorted(found, key=lambda kind: (kind != AUTOSOME, kind))

    def _blocks(self, sums: np.ndarray) -> np.ndarray:
        """Sums of windows (k, w) joined to at most `blocks` neighbourhoods: (k, b)."""
        width = max(1, -(-sums.shape[-1] // self.blocks))
        return np.add.reduceat(sums, np.arange(0, sums.shape[-1], width), axis=-1)

    def write_diversity(self, path: str | Path) -> None:
        rows = []
        for compartment in self._compartments():
            chosen = self.compartment == compartment
            for index, name in enumerate(self.group_names):
                sums = self.windows["groups"][:, index, chosen]
                total = sums.sum(1)
                values = [column.item() for column in self._group_columns(total)]
                blocks = self._blocks(sums) if sums.size else np.zeros((len(GROUP_SUMS), 0))
                weight = blocks[GROUP_SUMS.index("pi_comparisons")]
                errors = [
                    _error(blocks, _group_ratio("pi_differences", "pi_comparisons"), weight, self.per_bp),
                    _error(blocks, _group_ratio("theta_sum", "callable_sites"), blocks[0], self.per_bp),
                    _error(blocks, tajimas_d, blocks[GROUP_SUMS.index("segregating_sites")], True),
                ]
                rows.append(
                    (compartment, name, len(self.facts["groups"][name]), *values[:5], errors[0], values[5],
                     errors[1], values[6], errors[2], int(chosen.sum()), blocks.shape[1])
                )  # fmt: skip
        write_table(path, DIVERSITY_COLUMNS, rows)

    def write_divergence(self, path: str | Path) -> None:
        rows = []
        for compartment in self._compartments():
            chosen = self.compartment == compartment
            for index, pair in enumerate(self.pair_names):
                sums = self.windows["pairs"][:, index, chosen]
                values = [column.item() for column in self._pair_columns(sums.sum(1))]
                blocks = self._blocks(sums) if sums.size else np.zeros((len(PAIR_SUMS), 0))
                errors = [
                    _error(blocks, _pair_ratio(numerator, denominator), weight, known)
                    for numerator, denominator, weight, known in (
                        (2, 1, blocks[1], self.per_bp),
                        (3, 4, blocks[4], True),
                        (5, 6, blocks[6], True),
                    )
                ]
                rows.append(
                    (compartment, *pair, *values[:4], errors[0], *values[4:7], errors[1], *values[7:],
                     errors[2], int(chosen.sum()), blocks.shape[1])
                )  # fmt: skip
        write_table(path, DIVERGENCE_COLUMNS, rows)

    def _bins(self, names: Sequence[str]) -> tuple[np.ndarray, ...]:
        """Chromosome and start of the bins of all regions, and the arrays of these names in that order."""
        chromosome = np.concatenate([part["bin_chromosome"] for part in self.partials])
        start = np.concatenate([part["bin_start_bp"] for part in self.partials])
        tables = [np.concatenate([part[name] for part in self.partials]) for name in names]
        return joined_bins(chromosome, start, tables, list(self.contigs))

    def write_samples(self, bins: str | Path, heterozygosity: str | Path) -> None:
        """Write the bins and the table of heterozygosity, one sample in memory at a time."""
        chromosome, start = self._bins([])
        kinds = self.facts["compartments"]
        compartment = np.array([kinds.get(name, AUTOSOME) for name in chromosome.tolist()], np.str_)
        transversions = self._transversions()
        rows = []

        def arrays() -> Iterator[tuple[str, np.ndarray]]:
            yield "chromosome", chromosome
            yield "start_bp", start
            for column, name in enumerate(self.facts["samples"]):
                _, _, sites, differing = self._bins([f"callable/{name}", f"heterozygous/{name}"])
                yield f"callable/{name}", sites
                yield f"heterozygous/{name}", differing
                for kind in self._compartments():
                    chosen = compartment == kind
                    across = sum(
                        int(values[column]) for place, values in transversions.items()
                        if kinds.get(place, AUTOSOME) == kind
                    )  # fmt: skip
                    rows.append((name, kind, *self._heterozygosity(sites[chosen], differing[chosen], across)))

        write_arrays(bins, arrays())
        write_table(heterozygosity, HETEROZYGOSITY_COLUMNS, sorted(rows, key=lambda row: (row[0], row[1])))

    def _transversions(self) -> dict[str, np.ndarray]:
        sums: dict[str, np.ndarray] = {}
        for part in self.partials:
            for name, values in zip(
                part["transversion_chromosome"].tolist(), part["transversions"], strict=True
            ):
                sums[name] = sums.get(name, 0) + values
        return sums

    def _heterozygosity(self, sites: np.ndarray, differing: np.ndarray, across: int) -> tuple:
        """callable_sites to heterozygosity_transversions_per_bp of a sample in a compartment."""
        tables = np.stack([differing, sites]).astype(np.float64)
        number, heterozygous = int(tables[1].sum()), int(tables[0].sum())
        blocks = self._blocks(tables) if tables.size else np.zeros((2, 0))
        error = _error(blocks, lambda sums: ratio(sums[0], sums[1]), blocks[1], self.per_bp)
        known = self.per_bp and number
        return (
            number if self.per_bp else None,
            heterozygous,
            heterozygous / number if known else None,
            error,
            across,
            across / number if known else None,
        )

    def write_contamination(self, path: str | Path) -> None:
        sums = np.sum([part["foreign"] for part in self.partials], axis=0)
        write_table(path, contamination.COLUMNS, contamination.rows(self.facts["samples"], sums))

    def write_funnel(self, path: str | Path, record_id: str) -> None:
        counts: dict[str, int] = {}
        for part in self.partials:
            for key, value in part.facts["counts"].items():
                counts[key] = counts.get(key, 0) + value
        called = np.sum([part["called_of_sample"] for part in self.partials], axis=0)
        usable = sum(part.facts["usable_sites"] for part in self.partials)
        undescribed: dict[str, int] = {}
        for part in self.partials:
            for tag, rows in part.facts["undescribed"].items():
                undescribed[tag] = undescribed.get(tag, 0) + rows
        record = {
            "id": record_id,
            "step": "site_filters",
            "vcf_kind": self.facts["vcf_kind"],
            "per_bp": self.per_bp,
            "window_bp": self.facts["window_bp"],
            "limits": self.facts["limits"],
            "callable_sites": usable,
            "undescribed_tags": undescribed,
        }
        by_sample = dict(zip(self.facts["samples"], called.tolist(), strict=True))
        write_metrics(path, record | funnel(counts, by_sample, usable))

    def spectra(self) -> list[dict[str, np.ndarray]]:
        """The partial spectra of the regions, empty when none were counted.

        Raises InputError when some regions have spectra and others have none.
        """
        parts = [
            {key[4:]: part[key] for key in part.arrays.files if key.startswith("sfs/")}
            for part in self.partials
        ]
        counted = [part for part in parts if part]
        if counted and len(counted) < len(parts):
            raise InputError(
                f"{len(parts) - len(counted)} of {len(parts)} regions have no site frequency spectra; "
                "scan all regions with the same options"
            )
        return counted


def _group_ratio(numerator: str, denominator: str) -> Any:
    return _pair_ratio(GROUP_SUMS.index(numerator), GROUP_SUMS.index(denominator))


def _pair_ratio(numerator: int, denominator: int) -> Any:
    return lambda sums: ratio(sums[numerator], sums[denominator])


def _error(blocks: np.ndarray, estimator: Any, weight: np.ndarray, known: bool) -> float | None:
    return jackknife(blocks, estimator, weight) if known else None


_PLACE = ("chromosome", "compartment", "start_bp", "end_bp")


DIVERSITY_WINDOW_COLUMNS = (
    *_PLACE,
    "group",
    "samples",
    "callable_sites",
    "segregating_sites",
    "pi_differences",
    "pi_comparisons",
    "pi_per_bp",
    "theta_watterson_per_bp",
    "tajimas_d",
)


DIVERGENCE_WINDOW_COLUMNS = (
    *_PLACE,
    "group_1",
    "group_2",
    "callable_sites",
    "dxy_differences",
    "dxy_comparisons",
    "dxy_per_bp",
    "fst_hudson_numerator",
    "fst_hudson_denominator",
    "fst_hudson",
    "fst_weir_cockerham_numerator",
    "fst_weir_cockerham_denominator",
    "fst_weir_cockerham",
)


DIVERSITY_COLUMNS = (
    "compartment",
    "group",
    "samples",
    "callable_sites",
    "segregating_sites",
    "pi_differences",
    "pi_comparisons",
    "pi_per_bp",
    "pi_standard_error",
    "theta_watterson_per_bp",
    "theta_watterson_standard_error",
    "tajimas_d",
    "tajimas_d_standard_error",
    "windows",
    "jackknife_blocks",
)


DIVERGENCE_COLUMNS = (
    "compartment",
    "group_1",
    "group_2",
    "callable_sites",
    "dxy_differences",
    "dxy_comparisons",
    "dxy_per_bp",
    "dxy_standard_error",
    "fst_hudson_numerator",
    "fst_hudson_denominator",
    "fst_hudson",
    "fst_hudson_standard_error",
    "fst_weir_cockerham_numerator",
    "fst_weir_cockerham_denominator",
    "fst_weir_cockerham",
    "fst_weir_cockerham_standard_error",
    "windows",
    "jackknife_blocks",
)


HETEROZYGOSITY_COLUMNS = (
    "sample",
    "compartment",
    "callable_sites",
    "heterozygous_sites",
    "heterozygosity_per_bp",
    "heterozygosity_standard_error",
    "heterozygous_transversions",
    "heterozygosity_transversions_per_bp",
)


def combine_regions(
    regions: Sequence[str],
    /,
    *,
    id: str,
    out: str,
    jackknife_blocks: int = 100,
) -> None:
    """The tables of a genome from the partial sums of its regions (scan_sites.py).

    regions: partial sums (.npz), in any order
    out: directory for the tables
    jackknife_blocks: at most so many for standard errors
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    genome = GenomeSums(regions, jackknife_blocks)
    genome.write_diversity_windows(folder / "diversity_windows.tsv")
    genome.write_divergence_windows(folder / "divergence_windows.tsv")
    genome.write_diversity(folder / "diversity.tsv")
    genome.write_divergence(folder / "divergence.tsv")
    genome.write_samples(folder / "sample_bins.npz", folder / "heterozygosity.tsv")
    genome.write_contamination(folder / "contamination.tsv")
    genome.write_funnel(folder / "site_filters.json", id)
    if spectra := genome.spectra():
        from linnaea.population.sfs import merge, write_spectra

        write_spectra(
            merge(spectra),
            folder / "sfs.tsv",
            folder / "sfs_2d.tsv",
            folder / "site_frequency_spectra.json",
            record_id=id,
        )
