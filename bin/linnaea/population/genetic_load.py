"""Genetic load: alleles of coding variants by what they do to the protein, counted by sample and state.

The consequences are those of `bcftools csq` (Danecek & McCarthy 2017), of each variant the worst over its
transcripts.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.samples import read_samples

# From worst to mildest; the sets are the words of bcftools csq (Sequence Ontology).
CLASSES = {
    "loss_of_function": {
        "stop_gained", "frameshift", "splice_acceptor", "splice_donor", "start_lost", "stop_lost",
    },
    "missense": {"missense", "inframe_deletion", "inframe_insertion", "inframe_altering", "protein_altering"},
    "synonymous": {"synonymous", "stop_retained", "start_retained"},
}  # fmt: skip
ORDER = tuple(CLASSES)


@dataclass(frozen=True)
class CodingVariant:
    """A biallelic variant with its class; genotypes are the numbers of alternate alleles, -1 missing.

    `ploidy` has the alleles called by sample: 0 where missing. `derived_is_alternate` is None where no
    outgroup tells.
    """

    chromosome: str
    position: int
    reference: str
    alternate: str
    kind: str
    consequence: str
    gene: str
    transcript: str
    alternates: np.ndarray
    ploidy: np.ndarray


def worst(field_value: str) -> tuple[str, str, str, str] | None:
    """(class, consequence, gene, transcript) of a BCSQ field; None when it names nothing that a class
    holds."""
    best: tuple[int, str, str, str] | None = None
    for item in field_value.split(","):
        parts = item.split("|")
        if len(parts) < 3 or item.startswith("@"):
            continue
        words = set(parts[0].lstrip("*").split("&"))
        for rank, kind in enumerate(ORDER):
            if words & CLASSES[kind] and (best is None or rank < best[0]):
                best = (rank, parts[0].lstrip("*"), parts[1], parts[2])
    return (ORDER[best[0]], *best[1:]) if best else None


def read_consequences(lines: Iterable[str], samples: int) -> Iterator[CodingVariant]:
    """Variants of `bcftools query -f '%CHROM\\t%POS\\t%REF\\t%ALT\\t%BCSQ[\\t%GT]\\n'` that change or keep a
    codon.

    Multiallelic variants are passed over: consequences are not given per allele of a genotype. Raises
    InputError for a row of another number of samples.
    """
    for number, line in enumerate(lines, 1):
        chromosome, position, reference, alternate, consequence, *genotypes = line.rstrip("\n").split("\t")
        if len(genotypes) != samples:
            raise InputError(
                f"row {number} of the consequences has {len(genotypes)} genotypes, not {samples}"
            )
        found = worst(consequence)
        if found is None or "," in alternate:
            continue
        alleles = [text.replace("|", "/").split("/") for text in genotypes]
        missing = np.array(["." in called for called in alleles])
        alternates = np.array([called.count("1") for called in alleles])
        ploidy = np.array([len(called) for called in alleles])
        yield CodingVariant(
            chromosome, int(position), reference, alternate, *found,
            np.where(missing, -1, alternates), np.where(missing, 0, ploidy),
        )  # fmt: skip


@dataclass
class LoadCounts:
    """Counts by class and sample, (classes, samples) int64, of derived (or minor) alleles."""

    samples: Sequence[str]
    outgroup: np.ndarray
    called: np.ndarray = field(init=False)
    heterozygous: np.ndarray = field(init=False)
    homozygous: np.ndarray = field(init=False)
    alleles: np.ndarray = field(init=False)
    called_alleles: np.ndarray = field(init=False)
    sites: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ORDER, 0))
    unpolarised: int = 0

    def __post_init__(self) -> None:
        for name in ("called", "heterozygous", "homozygous", "alleles", "called_alleles"):
            setattr(self, name, np.zeros((len(ORDER), len(self.samples)), np.int64))

    def add(self, variant: CodingVariant) -> bool | None:
        """Count a variant; True when its derived allele is the alternate one, None when the outgroup does not
        tell.

        Without outgroup the allele that is rarer among the samples counts (the alternate one where both are
        as common).
        """
        called = variant.ploidy > 0
        flip = self._flip(variant, called)
        if flip is None:
            self.unpolarised += 1
            return None
        counted = np.where(flip, variant.ploidy - variant.alternates, variant.alternates)
        row = ORDER.index(variant.kind)
        inside = called & ~self.outgroup
        if not (counted[inside] > 0).any():
            # Of others: of the outgroup, or damage seen in samples too shallow to be called.
            return not flip
        self.sites[variant.kind] += 1
        self.called[row] += inside
        self.called_alleles[row] += np.where(inside, variant.ploidy, 0)
        self.alleles[row] += np.where(inside, counted, 0)
        self.homozygous[row] += inside & (counted == variant.ploidy)
        self.heterozygous[row] += inside & (counted > 0) & (counted < variant.ploidy)
        return not flip

    def _flip(self, variant: CodingVariant, called: np.ndarray) -> bool | None:
        """Whether the reference allele is the one that counts."""
        if self.outgroup.any():
            seen = called & self.outgroup
            alternates, alleles = variant.alternates[seen].sum(), variant.ploidy[seen].sum()
            if not alleles or 0 < alternates < alleles:
                return None
            return bool(alternates)
        return bool(2 * variant.alternates[called].sum() > variant.ploidy[called].sum())


LOAD_COLUMNS = (
    "sample", "group", "class", "polarised_by", "sites", "called_genotypes", "called_alleles",
    "heterozygous_genotypes", "homozygous_genotypes", "alleles", "alleles_per_called_allele",
    "alleles_per_synonymous_allele",
)  # fmt: skip


def load_table(counts: LoadCounts, groups: dict[str, str]) -> Iterator[list[str]]:
    """Rows of load.tsv, one per sample (outgroups left out) and class."""
    polarised = "outgroup" if counts.outgroup.any() else "minor_allele"
    synonymous = ORDER.index("synonymous")
    for column in sorted(range(len(counts.samples)), key=lambda column: counts.samples[column]):
        if counts.outgroup[column]:
            continue
        sample = counts.samples[column]
        frequencies = np.divide(
            counts.alleles[:, column], counts.called_alleles[:, column],
            where=counts.called_alleles[:, column] > 0, out=np.full(len(ORDER), np.nan),
        )  # fmt: skip
        for row, kind in enumerate(ORDER):
            alike = counts.alleles[synonymous, column]
            ratio = counts.alleles[row, column] / alike if alike else np.nan
            numbers = (
                *(counts.called, counts.called_alleles),
                *(counts.heterozygous, counts.homozygous, counts.alleles),
            )
            yield [
                sample, groups[sample], kind, polarised, str(counts.sites[kind]),
                *(str(values[row, column]) for values in numbers), _said(frequencies[row]), _said(ratio),
            ]  # fmt: skip


def _said(value: float) -> str:
    return "NA" if np.isnan(value) else f"{value:.6g}"


def count_load(
    *,
    columns: Path,
    samples: str,
    table: str,
    sites: str,
    out: str,
) -> None:
    """Count coding alleles by class, sample and state, from the consequences on standard input.

    columns: samples of the stream, one per line
    samples: sample table
    table: counts by sample and class, TSV
    sites: the variants with their classes, TSV
    """
    names = columns.read_text().split()
    known = {sample.sample: sample for sample in read_samples(samples)}
    counts = LoadCounts(names, np.array([known[name].outgroup for name in names]))
    with complete_file(sites) as handle:
        handle.write(
            "chromosome\tposition\treference\talternate\tclass\tconsequence\tgene\ttranscript\t"
            "counted_allele\theterozygous_samples\thomozygous_samples\n"
        )
        for variant in read_consequences(sys.stdin, len(names)):
            alternate = counts.add(variant)
            counted = variant.alternates if alternate else variant.ploidy - variant.alternates
            called = variant.ploidy > 0
            het = [names[i] for i in np.flatnonzero(called & (counted > 0) & (counted < variant.ploidy))]
            hom = [names[i] for i in np.flatnonzero(called & (counted == variant.ploidy))]
            if alternate is not None and not het and not hom:
                continue
            allele = "NA" if alternate is None else variant.alternate if alternate else variant.reference
            facts = (
                variant.chromosome, str(variant.position), variant.reference, variant.alternate, variant.kind,
                variant.consequence, variant.gene, variant.transcript, allele,
            )  # fmt: skip
            handle.write(
                "\t".join([*facts, ",".join(sorted(het)) or ".", ",".join(sorted(hom)) or "."]) + "\n"
            )
    rows = list(load_table(counts, {name: known[name].group for name in names}))
    write_table(table, LOAD_COLUMNS, rows)
    record = {
        "id": "popgen",
        "step": "genetic_load",
        "sites": counts.sites,
        "unpolarised_sites": counts.unpolarised,
    }
    per_sample = [dict(zip(LOAD_COLUMNS, row, strict=True)) for row in rows]
    write_metrics(out, record | {"samples": per_sample})
