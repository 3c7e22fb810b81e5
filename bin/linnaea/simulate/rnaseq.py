"""Stranded paired RNA-seq (dUTP, so mate 1 is antisense) from spliced transcripts of both
haplotypes.

Expression of genes is log-normal with a standard deviation of 1.5 natural logs; a second isoform
takes a beta-distributed share. Fragments are normal (250 +- 55 bp), in proportion to expression and
length. A low share comes from unspliced transcripts (intron reads) and from the other strand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from linnaea.simulate.genes import Gene, splice
from linnaea.simulate.haplotypes import Variant, lift
from linnaea.simulate.sequence import reverse_complement
from linnaea.simulate.short_reads import sequence, with_adapter

READ_LENGTH = 100
POLY_A = 30


@dataclass
class Molecule:
    """An RNA to read from: codes in sense direction, expected number of fragments (relative)."""

    transcript: str
    haplotype: int
    form: str
    codes: np.ndarray
    weight: float


def expression(rng: np.random.Generator, genes: list[Gene]) -> dict[str, float]:
    """Relative molecules of each transcript (transcripts per million)."""
    levels = {}
    for gene in genes:
        level = float(rng.lognormal(0, 1.5))
        minor = float(rng.beta(2, 5)) if len(gene.transcripts) > 1 else 0.0
        levels[gene.transcripts[0].name] = level * (1 - minor)
        for transcript in gene.transcripts[1:]:
            levels[transcript.name] = level * minor
    total = sum(levels.values())
    return {name: 1e6 * level / total for name, level in levels.items()}


def molecules(
    genes: list[Gene],
    levels: dict[str, float],
    haplotypes: list[dict[str, np.ndarray]],
    variants: dict[str, list[Variant]],
    unspliced: float = 0.02,
    antisense: float = 0.01,
) -> list[Molecule]:
    """Spliced, unspliced and antisense RNAs; haplotypes: one or two of first-haplotype name to codes.

    Genes of a sex chromosome that the second haplotype lacks are expressed from the first one alone.
    """
    tail = np.zeros(POLY_A, np.uint8)
    result = []
    for gene in genes:
        copies = [(n, each) for n, each in enumerate(haplotypes, 1) if gene.chromosome in each]
        for transcript in gene.transcripts:
            share = levels[transcript.name] / len(copies)
            for number, chromosomes in copies:
                exons = transcript.exons
                if number == 2:
                    places = lift(variants[gene.chromosome], np.array(exons).ravel())
                    exons = [(int(a), int(b)) for a, b in places.reshape(-1, 2)]
                codes = chromosomes[gene.chromosome]
                spliced = np.concatenate([splice(codes, exons, gene.strand), tail])
                whole = splice(codes, [(exons[0][0], exons[-1][1])], gene.strand)
                other = reverse_complement(spliced[:-POLY_A])
                spliced_share = 1 - unspliced - antisense
                for form, rna, part in (
                    ("spliced", spliced, spliced_share),
                    ("unspliced", whole, unspliced),
                    ("antisense", other, antisense),
                ):
                    # The weight of a form is by molecule; longer ones give more fragments.
                    weight = share * part * spliced.size
                    result.append(Molecule(transcript.name, number, form, rna, weight))
    return [molecule for molecule in result if molecule.codes.size >= 2 * READ_LENGTH]


def rnaseq_pairs(
    rng: np.random.Generator, sources: list[Molecule], pairs: int, batch: int = 20_000
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, list]]:
    """Pairs in random order: (molecule index, fragment start, length) and two (bases, qualities)."""
    sizes = np.array([molecule.codes.size for molecule in sources])
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    pool = np.concatenate([molecule.codes for molecule in sources])
    weights = np.array([molecule.weight for molecule in sources])
    cycle = np.arange(READ_LENGTH)
    for low in range(0, pairs, batch):
        number = min(batch, pairs - low)
        which = rng.choice(sizes.size, number, p=weights / weights.sum())
        length = np.clip(rng.normal(250, 55, number), 60, sizes[which]).astype(np.int64)
        start = (rng.random(number) * (sizes[which] - length + 1)).astype(np.int64)
        left = offsets[which] + start
        right = left + length - 1
        forward = pool[np.minimum(left[:, None] + cycle, right[:, None])]
        backward = 3 - pool[np.maximum(right[:, None] - cycle, left[:, None])]
        mates = [
            sequence(rng, with_adapter(ends, length, mate)) for mate, ends in enumerate((backward, forward))
        ]
        yield which, start, length, mates
