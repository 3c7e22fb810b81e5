"""VCFs for the tests of population statistics, from genotypes that are known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

BASES = "ACGT"


def write_vcf(
    path: Path,
    genotypes: np.ndarray,
    names: Sequence[str],
    *,
    position: np.ndarray | None = None,
    chromosome: str | Sequence[str] = "chr1",
    contigs: dict[str, int] | None = None,
    alleles: Sequence[Sequence[str]] | None = None,
    values: dict[str, np.ndarray] | None = None,
    quality: str = "99",
) -> Path:
    """Write genotypes (n, m, 2), -1 missing and -2 no second allele; alternates as many as are called.

    `values` are further FORMAT keys with (n, m) texts. Without `position` sites stand at 1, 2, 3, ...
    """
    n = len(genotypes)
    position = np.arange(1, n + 1) if position is None else position
    chromosomes = [chromosome] * n if isinstance(chromosome, str) else chromosome
    contigs = contigs or {name: int(max(position)) for name in dict.fromkeys(chromosomes)}
    values = values or {}
    lines = ["##fileformat=VCFv4.2"]
    lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs.items()]
    lines += ['##FILTER=<ID=bad,Description="b">', '##FORMAT=<ID=GT,Number=1,Type=String,Description="G">']
    lines += [f'##FORMAT=<ID={key},Number=.,Type=Integer,Description="{key}">' for key in values]
    lines.append(
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"])
        + "\t"
        + "\t".join(names)
    )
    form = ":".join(["GT", *values])
    for row in range(n):
        letters = alleles[row] if alleles is not None else BASES
        alternates = letters[1:] if alleles is not None else letters[1 : genotypes[row].max() + 1]
        calls = []
        for column, (a, b) in enumerate(genotypes[row].tolist()):
            call = "/".join("." if x == -1 else str(x) for x in (a, b) if x != -2)
            calls.append(":".join([call, *(str(table[row, column]) for table in values.values())]))
        alt = ",".join(alternates) or "."
        lines.append(
            f"{chromosomes[row]}\t{position[row]}\t.\t{letters[0]}\t{alt}\t{quality}\tPASS\t.\t{form}\t"
            + "\t".join(calls)
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def write_table(path: Path, groups: dict[str, str], **columns: dict[str, str]) -> Path:
    """A sample table: sample -> population, and further columns by sample."""
    rows = ["\t".join(["sample", "population", *columns])]
    for sample, group in groups.items():
        rows.append("\t".join([sample, group, *(values.get(sample, "") for values in columns.values())]))
    path.write_text("\n".join(rows) + "\n")
    return path


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Rows of a table by column name."""
    header, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


def two_populations(sites: int, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """msprime genotypes (v, samples, 2) of two populations that split, and 1-based positions (v,)."""
    import msprime

    demography = msprime.Demography()
    for name in "ABC":
        demography.add_population(name=name, initial_size=5000)
    demography.add_population_split(time=2000, derived=["A", "B"], ancestral="C")
    trees = msprime.sim_ancestry(
        {"A": samples // 2, "B": samples - samples // 2},
        demography=demography,
        sequence_length=sites,
        recombination_rate=1e-6,
        random_seed=seed,
    )
    trees = msprime.sim_mutations(trees, rate=6e-7, model=msprime.JC69(), random_seed=seed)
    position = trees.sites_position.astype(np.int64) + 1
    return trees.genotype_matrix().reshape(len(position), samples, 2).astype(np.int8), position
