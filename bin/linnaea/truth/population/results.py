"""What the comparison reads: a run's results, and the truth of the simulated cohort."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.tables import Row, read_table

MISSING, NO_COPY = -1, -2


def parse_value(text: str) -> float:
    """A value of a table, NaN where it is NA."""
    return math.nan if text == "NA" else float(text)


class Results:
    """Files of a run's results by name, and records by step, in whatever folder they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(folder.rglob("*")):
            self._files[path.name].append(path)

    def path(self, name: str) -> Path:
        """The file of a name; InputError when there is none, or more than one."""
        found = self._files.get(name, [])
        if len(found) != 1:
            raise InputError(
                f"{self.folder} has {len(found) or 'no'} {name}; give the results of one whole run"
            )
        return found[0]

    def table(self, name: str) -> list[Row]:
        """Rows of the table of a name."""
        return read_table(self.path(name))

    def record(self, name: str) -> dict[str, Any]:
        """The record of a name."""
        return json.loads(self.path(name).read_text())


@dataclass
class Snvs:
    """Single-base variants of a chromosome, by ascending position; v sites, m samples.

    position (v,) int64, 1-based; reference (v,) int8 base code, A C G T = 0..3; calls (v, m, 2) int8 base
    codes in ascending order, MISSING, or NO_COPY where a sample has one copy only; kept (v,) bool: the row
    passed all filters.
    """

    position: np.ndarray
    reference: np.ndarray
    calls: np.ndarray
    kept: np.ndarray

    def within(self, mask: np.ndarray) -> "Snvs":
        """The variants where a (length,) bool is true."""
        return self.chosen(mask[self.position - 1])

    def chosen(self, rows: np.ndarray) -> "Snvs":
        """Some of the variants."""
        return Snvs(self.position[rows], self.reference[rows], self.calls[rows], self.kept[rows])

    def of(self, columns: Sequence[int]) -> "Snvs":
        """Some of the samples."""
        return Snvs(self.position, self.reference, self.calls[:, columns], self.kept)


def read_snvs(path: Path) -> tuple[list[str], dict[str, Snvs]]:
    """Samples and single-base variants by chromosome of a VCF or BCF.

    A genotype with a FORMAT/FT other than PASS is missing, one with any allele missing, too.
    """
    import pysam

    codes = {base: code for code, base in enumerate("ACGT")}
    known: dict[tuple[str, tuple[int, ...]], tuple[int, int]] = {}
    rows: dict[str, list[tuple[int, int, list[tuple[int, int]], bool]]] = defaultdict(list)
    with pysam.VariantFile(str(path)) as records:
        samples = list(records.header.samples)
        for record in records:
            name, position, _, reference, others, _, tags, _, keys, *values = str(record).split()
            alleles = (reference, *(() if others == "." else others.split(",")))
            base_codes = tuple(codes.get(allele, MISSING) for allele in alleles)
            if MISSING in base_codes or len(base_codes) < 2:
                continue
            fields = keys.split(":")
            tag = fields.index("FT") if "FT" in fields else None
            calls = []
            for value in values:
                parts = value.split(":")
                failed = tag is not None and len(parts) > tag and parts[tag] not in ("PASS", ".")
                text = "./." if failed else parts[0]
                if (text, base_codes) not in known:
                    known[text, base_codes] = _bases(text, base_codes)
                calls.append(known[text, base_codes])
            rows[name].append((int(position), base_codes[0], calls, tags in ("PASS", ".")))
    return samples, {name: _snvs(found, len(samples)) for name, found in rows.items()}


def _bases(text: str, codes: tuple[int, ...]) -> tuple[int, int]:
    alleles = text.replace("|", "/").split("/")
    if "." in alleles:
        return MISSING, MISSING
    called = sorted(codes[int(allele)] for allele in alleles)
    return (NO_COPY, called[0]) if len(called) == 1 else (called[0], called[1])


def _snvs(rows: list[tuple[int, int, list[tuple[int, int]], bool]], samples: int) -> Snvs:
    rows.sort(key=lambda row: row[0])
    return Snvs(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int8),
        np.array([row[2] for row in rows], np.int8).reshape(len(rows), samples, 2),
        np.array([row[3] for row in rows], bool),
    )


def no_snvs(samples: int) -> Snvs:
    """A chromosome without variants."""
    return _snvs([], samples)


def read_bed(path: Path, lengths: Mapping[str, int], sample: str | None = None) -> dict[str, np.ndarray]:
    """(length,) bool of the intervals of a BED file (those of a sample) on the chromosomes of `lengths`."""
    found = {chromosome: np.zeros(length, bool) for chromosome, length in lengths.items()}
    for line in path.read_text().splitlines():
        chromosome, start, end, *rest = line.split("\t")
        if chromosome in found and (sample is None or rest[0] == sample):
            found[chromosome][int(start) : int(end)] = True
    return found


def callable_mask(masks: Path, lengths: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Mappable positions that are not in repeats, (length,) bool by chromosome."""
    mappable = read_bed(masks / "mappability.bed", lengths)
    repeats = read_bed(masks / "repeats.bed", lengths)
    return {name: mappable[name] & ~repeats[name] for name in lengths}


@dataclass
class Truth:
    """True genotypes over the callable positions of a simulated population.

    mask: (length,) bool by chromosome; snvs: in the mask, of all samples; kinds: compartment by chromosome.
    """

    folder: Path
    facts: dict[str, Any]
    mask: dict[str, np.ndarray]
    samples: list[str]
    snvs: dict[str, Snvs]

    @property
    def kinds(self) -> dict[str, str]:
        return self.facts["compartments"]

    def chromosomes(self, kind: str) -> list[str]:
        """Chromosomes of a compartment."""
        return [name for name, found in self.kinds.items() if found == kind]

    def callable_bp(self, kind: str | None = None) -> int:
        """Positions in the mask, of one compartment or of all."""
        names = self.kinds if kind is None else self.chromosomes(kind)
        return sum(int(self.mask[name].sum()) for name in names)

    def calls(self, kind: str, names: Iterable[str]) -> np.ndarray:
        """(v, samples, 2) base codes of samples at the variants of a compartment."""
        columns = [self.samples.index(name) for name in names]
        parts = [self.snvs[chromosome].calls[:, columns] for chromosome in self.chromosomes(kind)]
        return np.concatenate(parts)


def read_truth(folder: Path, masks: Path) -> Truth:
    """Read the `truth` folder of `linnaea simulate --populations`."""
    path = folder / "truth.json"
    if not path.is_file():
        raise InputError(f"{path} is missing: give the truth folder of `linnaea simulate --populations`")
    facts = json.loads(path.read_text())
    lengths = facts["chromosomes_bp"]
    mask = callable_mask(masks, lengths)
    samples, snvs = read_snvs(folder / "genotypes.vcf.gz")
    inside = {name: snvs.get(name, no_snvs(len(samples))).within(mask[name]) for name in lengths}
    return Truth(folder, facts, mask, samples, inside)
