"""Genotypes of variants as dosages: what statistics on samples take from blocks of sites."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from linnaea.base.errors import InputError
from linnaea.population.blocks import NO_BASE, SiteBlock
from linnaea.population.compartments import read_compartments

MISSING = -1


class Dosages(NamedTuple):
    """k biallelic SNVs of one chromosome.

    position (k,) int64, 1-based; dosage (k, m) int8, alternate alleles 0 to 2, -1 missing;
    alleles (k, 2) uint8, base codes of reference and alternate.
    """

    chromosome: str
    position: np.ndarray
    dosage: np.ndarray
    alleles: np.ndarray


def dosages(block: SiteBlock, columns: Sequence[int] | np.ndarray | None = None) -> Dosages:
    """The PASS biallelic SNVs of a block, of the samples in `columns` in that order (all by default).

    A haploid or half-called genotype is missing: these statistics are of diploids.
    """
    alleles = block.alleles
    keep = block.snv & block.passed & (alleles[:, 1] != NO_BASE) & (alleles[:, 2] == NO_BASE)
    keep &= alleles[:, 0] != NO_BASE
    calls = block.genotypes[keep]
    if columns is not None:
        calls = calls[:, np.asarray(columns, np.intp)]
    called = (calls >= 0).all(axis=2)
    dosage = np.where(called, (calls > 0).sum(axis=2), MISSING).astype(np.int8)
    return Dosages(block.chromosome, block.position[keep], dosage, alleles[keep, :2])


def autosomal_dosages(
    blocks: Iterable[SiteBlock], columns: Sequence[int] | np.ndarray | None, others: Collection[str] = ()
) -> Iterator[Dosages]:
    """`dosages` of the blocks that are not of a chromosome in `others`; blocks without such sites are left
    out.
    """
    for block in blocks:
        if block.chromosome not in others:
            sites = dosages(block, columns)
            if len(sites.position):
                yield sites


def batches(stream: Iterable[Dosages], size: int) -> Iterator[Dosages]:
    """The same sites in batches of `size` of one chromosome (its last may be smaller).

    Sums of floats over such batches do not depend on how the reader cut its blocks.
    """
    pending: list[Dosages] = []
    for sites in stream:
        if pending and pending[0].chromosome != sites.chromosome:
            yield _joined(pending)
            pending = []
        pending.append(sites)
        if sum(len(part.position) for part in pending) >= size:
            whole = _joined(pending)
            full = len(whole.position) // size * size
            for start in range(0, full, size):
                yield _rows(whole, slice(start, start + size))
            pending = [_rows(whole, slice(full, None))] if full < len(whole.position) else []
    if pending:
        yield _joined(pending)


def is_transversion(alleles: np.ndarray) -> np.ndarray:
    """(k,) bool of (k, 2) base codes: a purine against a pyrimidine (A and G, C and T differ by two)."""
    return (alleles[:, 0].astype(int) - alleles[:, 1]) % 2 != 0


def site_hash(chromosome: str, position: np.ndarray) -> np.ndarray:
    """(n,) uint64, evenly spread and fixed by place: picks the same sites in whatever order they come.

    The mixing is splitmix64's (Steele, Lea & Flood 2014, OOPSLA).
    """
    import zlib

    value = position.astype(np.uint64) + (np.uint64(zlib.crc32(chromosome.encode())) << np.uint64(32))
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def sample_columns(names: Sequence[str], wanted: Iterable[str], source: str) -> np.ndarray:
    """Columns of the wanted samples in a VCF; one that is not there raises InputError."""
    place = {name: column for column, name in enumerate(names)}
    wanted = list(wanted)
    absent = [name for name in wanted if name not in place]
    if absent:
        raise InputError(
            f"{source}: sample {absent[0]} of the sample table is not in the VCF; "
            "correct the name in the table or remove the row"
        )
    return np.array([place[name] for name in wanted], np.intp)


def _rows(sites: Dosages, rows: slice) -> Dosages:
    return Dosages(sites.chromosome, sites.position[rows], sites.dosage[rows], sites.alleles[rows])


def _joined(parts: list[Dosages]) -> Dosages:
    if len(parts) == 1:
        return parts[0]
    return Dosages(
        parts[0].chromosome,
        np.concatenate([part.position for part in parts]),
        np.concatenate([part.dosage for part in parts]),
        np.concatenate([part.alleles for part in parts]),
    )


class Genotypes(NamedTuple):
    """An opened VCF: its samples sorted by name with their groups, and the stream of its autosomal SNVs.

    `names` are the columns of the dosages; `group_of` has no entry for samples of the outgroup. `autosomes`
    maps autosomes to their lengths in bp, None where the header gives none; `damaged` is whether a sample of
    old DNA was not treated with UDG in full, so that its transitions are not safe.
    """

    names: list[str]
    group_of: dict[str, str]
    stream: Iterator[Dosages]
    autosomes: dict[str, int | None]
    damaged: bool


def open_genotypes(
    vcf: str | Path, table: str | Path, compartments: str | Path | None = None, outgroup: bool = False
) -> Genotypes:
    """Open a VCF (`-` is standard input) of the samples of the table that it has; the outgroup's if asked
    for.

    Raises InputError when the VCF has none of the table's samples.
    """
    import sys

    from linnaea.population.samples import read_samples
    from linnaea.population.vcf_reader import read_blocks

    header, blocks = read_blocks(sys.stdin.buffer if str(vcf) == "-" else vcf, ("GT",))
    samples = [sample for sample in read_samples(table) if sample.sample in set(header.samples)]
    if not samples:
        raise InputError(f"{vcf}: none of its samples is in {table}; are both of the same data?")
    chosen = [sample for sample in samples if outgroup or not sample.outgroup]
    names = sorted(sample.sample for sample in chosen)
    group_of = {sample.sample: sample.group for sample in chosen if not sample.outgroup}
    columns = sample_columns(header.samples, names, str(table))
    others = read_compartments(compartments)
    return Genotypes(
        names,
        group_of,
        autosomal_dosages(blocks, columns, others),
        {name: length for name, length in header.contigs.items() if name not in others},
        any(sample.historical and sample.udg != "full" for sample in chosen),
    )


def group_columns(genotypes: Genotypes) -> dict[str, np.ndarray]:
    """Columns of the samples of each group, groups sorted by name."""
    members: dict[str, list[int]] = {}
    for column, name in enumerate(genotypes.names):
        if name in genotypes.group_of:
            members.setdefault(genotypes.group_of[name], []).append(column)
    return {group: np.array(columns, np.intp) for group, columns in sorted(members.items())}
