"""The first haplotype: chromosomes with telomeres, genes, repeats, satellites; organelle,
contaminant.

Chromosomes are laid out as blocks (genes, repeat copies, arrays) in random order on AT-rich
background, with the centromeric satellite in the middle and telomeres at the ends. Gene density,
intron lengths and repeat share are those of a compact animal genome.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from Bio.Seq import Seq

from linnaea.base.errors import InputError
from linnaea.simulate.genes import Gene, make_genes, place
from linnaea.simulate.sequence import decode, diverge, encode, random_sequence, reverse_complement

GENES_PER_BP = 190 / 1.5e6
BACKGROUND_GC = 0.37
TELOMERE_BP = (400, 900)
# Amino acids in proteins of bacteria, % (as in UniProtKB).
PROTEIN_SHARES = {
    "A": 9.5, "L": 10, "G": 7.3, "V": 7, "E": 6, "I": 6, "S": 6, "R": 5.5, "K": 5.5, "D": 5.4, "T": 5.4,
    "P": 4.5, "N": 4, "Q": 4, "F": 4, "Y": 3, "M": 2.4, "H": 2.1, "W": 1.2, "C": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Family:
    """A dispersed repeat family: copies for 1.5 Mb of genome, mean divergence of copies.

    Copies date from one burst, so their divergences from the consensus are alike (gamma, shape 16).
    """

    name: str
    kind: str
    length: int
    copies: int
    divergence: float
    truncated: float = 0.0


FAMILIES = (
    Family("Viburnia", "LTR/Gypsy", 4700, 11, 0.045),
    Family("Lonicera", "LINE/L2", 3200, 22, 0.05, truncated=0.7),
    Family("Abelia", "DNA/hAT", 1500, 50, 0.01),
    Family("Kolkwitzia", "DNA/MITE", 450, 90, 0.02),
    Family("Symphora", "SINE/tRNA", 300, 150, 0.03),
)


@dataclass
class Repeat:
    """An annotated repeat, 0-based half-open; `divergence` is from the family consensus."""

    chromosome: str
    start: int
    end: int
    family: str
    kind: str
    strand: int
    divergence: float


class Interval(NamedTuple):
    """A stretch of a chromosome, 0-based half-open."""

    chromosome: str
    start: int
    end: int


@dataclass
class Block:
    """A piece of a chromosome that is not background."""

    codes: np.ndarray
    gene: Gene | None = None
    family: str = ""
    kind: str = ""
    strand: int = 1
    divergence: float = 0.0


@dataclass
class SimulatedGenome:
    """First haplotype (name to codes), its genes and repeats, and the repeat consensus sequences."""

    chromosomes: dict[str, np.ndarray]
    genes: list[Gene]
    repeats: list[Repeat]
    consensus: dict[str, np.ndarray]
    mitochondrion: np.ndarray | None = None
    numt: Interval | None = None


def consensus_sequences(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A consensus for each family, with the ends of its class.

    LTR elements have 350-bp direct repeats TG...CA, DNA elements inverted terminal repeats, LINE
    and SINE a poly-A tail.
    """
    result = {}
    for family in FAMILIES:
        codes = random_sequence(rng, family.length, float(rng.uniform(0.38, 0.46)), 0.3)
        if family.kind.startswith("LTR"):
            codes[:2], codes[348:350] = encode("TG"), encode("CA")
            codes[-350:] = codes[:350]
        elif family.kind.startswith("DNA"):
            codes[-26:] = reverse_complement(codes[:26])
        else:
            codes[-14:] = 0
        result[family.name] = codes
    return result


def repeat_copy(rng: np.random.Generator, family: Family, consensus: np.ndarray, age: float = 1.0) -> Block:
    """A diverged, perhaps 5'-truncated copy on a random strand."""
    divergence = float(rng.gamma(16.0, family.divergence / 16)) * age
    if rng.random() < family.truncated:
        consensus = consensus[int(rng.uniform(0, 0.85) * consensus.size) :]
    strand = 1 if rng.random() < 0.5 else -1
    codes = diverge(rng, consensus, divergence)
    codes = reverse_complement(codes) if strand < 0 else codes
    return Block(codes, None, family.name, family.kind, strand, divergence)


def tandem_array(rng: np.random.Generator, monomer: np.ndarray, copies: int, divergence: float) -> np.ndarray:
    """Monomers side by side, each diverged from the first."""
    return np.concatenate([diverge(rng, monomer, divergence, 0.05) for _ in range(copies)])


def _repeat_blocks(rng: np.random.Generator, size: int, consensus: dict[str, np.ndarray]) -> list[Block]:
    """Dispersed copies, minisatellite arrays and microsatellites for a genome size."""
    scale = size / 1.5e6
    blocks = [
        repeat_copy(rng, family, consensus[family.name])
        for family in FAMILIES
        for _ in range(round(family.copies * scale))
    ]
    for index in range(round(9 * scale)):
        monomer = random_sequence(rng, int(rng.integers(15, 120)), 0.42, 0.0)
        codes = tandem_array(rng, monomer, int(rng.uniform(600, 3000) / monomer.size), 0.06)
        blocks.append(Block(codes, None, f"minisatellite{index + 1}", "Satellite/minisatellite"))
    for _ in range(round(120 * scale)):
        unit = rng.integers(0, 4, int(rng.integers(1, 5))).astype(np.uint8)
        length = int(rng.integers(10, 16)) if unit.size == 1 else int(rng.integers(18, 60))
        blocks.append(Block(np.resize(unit, length), None, "microsatellite", "Simple_repeat"))
    return blocks


def _share_out(rng: np.random.Generator, blocks: list[Block], lengths: list[int]) -> list[list[Block]]:
    """Blocks for each chromosome: always to the one with the lowest filled share, longest first."""
    shares: list[list[Block]] = [[] for _ in lengths]
    filled = np.zeros(len(lengths))
    for block in sorted(blocks, key=lambda block: -block.codes.size):
        target = int(np.argmin((filled + block.codes.size) / lengths))
        filled[target] += block.codes.size
        shares[target].append(block)
    for share in shares:
        rng.shuffle(share)
    return shares


def _build(
    rng: np.random.Generator, name: str, length: int, blocks: list[Block], motif: np.ndarray
) -> tuple[np.ndarray, list[Gene], list[Repeat]]:
    """A chromosome of a given length from its blocks."""
    low, high = TELOMERE_BP
    five, three = (np.resize(motif, int(rng.integers(low, high))) for _ in range(2))
    room = length - sum(block.codes.size for block in blocks) - five.size - three.size
    if room < 100 * (len(blocks) + 1):
        raise InputError(
            f"{name} of {length} bp is too short for its genes and repeats: "
            "raise --size or lower --chromosomes"
        )
    weights = rng.dirichlet(np.full(len(blocks) + 1, 1.2))
    spacers = 60 + np.floor(weights * (room - 60 * (len(blocks) + 1))).astype(int)
    spacers[-1] += room - spacers.sum()
    # The C-rich strand reads 5' to 3' at the left end.
    pieces, offset = (
        [
            reverse_complement(three),
        ],
        three.size,
    )
    genes, repeats = [], [Repeat(name, 0, offset, "telomere", "Satellite/telomere", -1, 0.0)]
    for spacer, block in zip(spacers, [*blocks, None], strict=True):
        gc = float(np.clip(rng.normal(BACKGROUND_GC, 0.025), 0.3, 0.45))
        pieces.append(random_sequence(rng, int(spacer), gc))
        offset += int(spacer)
        if block is None:
            break
        end = offset + block.codes.size
        if block.gene is not None:
            strand = 1 if rng.random() < 0.5 else -1
            genes.append(place(block.gene, name, offset, strand))
            pieces.append(block.codes if strand > 0 else reverse_complement(block.codes))
        else:
            repeats.append(
                Repeat(name, offset, end, block.family, block.kind, block.strand, block.divergence)
            )
            pieces.append(block.codes)
        offset = end
    pieces.append(five)
    repeats.append(Repeat(name, offset, length, "telomere", "Satellite/telomere", 1, 0.0))
    return np.concatenate(pieces), genes, repeats


def make_genome(
    rng: np.random.Generator, size: int, chromosomes: int, motif: str, sex: str
) -> SimulatedGenome:
    """A genome of `size` bp; the last chromosome is the sex chromosome of a pair like XY or ZW."""
    weights = np.linspace(1.2, 0.8, chromosomes) if chromosomes > 1 else np.ones(1)
    lengths = [int(value) for value in size * weights / weights.sum()]
    lengths[0] += size - sum(lengths)
    names = [f"chr{index + 1}" for index in range(chromosomes)]
    if len(sex) == 2 and chromosomes > 1:
        names[-1] = f"chr{sex[0]}"
    consensus = consensus_sequences(rng)
    blocks = [
        Block(codes, gene) for gene, codes in make_genes(rng, round(size * GENES_PER_BP))
    ] + _repeat_blocks(rng, size, consensus)
    satellite = random_sequence(rng, 171, 0.38, 0.0)
    result = SimulatedGenome({}, [], [], consensus)
    for name, length, share in zip(names, lengths, _share_out(rng, blocks, lengths), strict=True):
        copies = int(np.clip(length / 500_000, 0.1, 1) * rng.uniform(30, 45))
        array = tandem_array(rng, satellite, copies, 0.08)
        share.insert(len(share) // 2, Block(array, None, "cen171", "Satellite/centromere"))
        codes, genes, repeats = _build(rng, name, length, share, encode(motif))
        result.chromosomes[name] = codes
        result.genes += genes
        result.repeats += repeats
    return result


def background(genome: SimulatedGenome, chromosome: str, shortest: int) -> list[Interval]:
    """Stretches of a chromosome of at least `shortest` bp without gene, annotated repeat or copy of the
    mitochondrion.
    """
    taken = [gene.block for gene in genome.genes if gene.chromosome == chromosome]
    taken += [(one.start, one.end) for one in genome.repeats if one.chromosome == chromosome]
    if genome.numt and genome.numt.chromosome == chromosome:
        taken.append((genome.numt.start, genome.numt.end))
    free, at = [], 0
    for start, end in [*sorted(taken), (genome.chromosomes[chromosome].size,) * 2]:
        if start - at >= shortest:
            free.append(Interval(chromosome, at, start))
        at = max(at, end)
    return free


def plant_numt(rng: np.random.Generator, genome: SimulatedGenome, mitochondrion: np.ndarray) -> None:
    """A nuclear copy of a part of the mitochondrion, 4 % diverged, takes the longest stretch of background
    of the first chromosome but for a margin, so that no coordinate changes.
    """
    place = max(background(genome, next(iter(genome.chromosomes)), 1), key=lambda one: one.end - one.start)
    start, end = place.start + 50, min(place.end - 50, place.start + 50 + mitochondrion.size // 2)
    if end > start:
        copy = make_relative(rng, mitochondrion[2_000 : 2_000 + end - start], 0.04)
        genome.chromosomes[place.chromosome][start:end] = copy
        genome.numt = Interval(place.chromosome, start, end)


def make_partner(rng: np.random.Generator, genome: SimulatedGenome, length: int, motif: str) -> np.ndarray:
    """The other sex chromosome: repeats of the same families, no genes, no homology to its partner, like the
    Y of Drosophila.
    """
    blocks = _repeat_blocks(rng, length, genome.consensus)
    rng.shuffle(blocks)
    return _build(rng, "partner", length, blocks, encode(motif))[0]


def make_mitochondrion(rng: np.random.Generator, length: int = 16_000) -> np.ndarray:
    """A circular organelle genome without homology to any known one."""
    return random_sequence(rng, length, 0.4, 0.0)


def make_relative(rng: np.random.Generator, codes: np.ndarray, divergence: float = 0.08) -> np.ndarray:
    """A sequence of a related species: substitutions alone."""
    hit = rng.random(codes.size) < divergence
    return np.where(hit, (codes + rng.integers(1, 4, codes.size)) % 4, codes).astype(np.uint8)


def make_bacterium(rng: np.random.Generator, length: int, gc: float) -> np.ndarray:
    """A bacterial chromosome: genes on both strands, 92 % coding, in operons with ribosome binding sites.

    Codons are drawn by the GC share of a third position that varies more than that of the genome (Muto &
    Osawa 1987, doi:10.1073/pnas.84.1.166), and by amino acids as frequent as in proteins of bacteria.
    """
    third = float(np.clip(gc + 1.2 * (gc - 0.45), 0.1, 0.95))
    codons = np.array([(a, b, c) for a in range(4) for b in range(4) for c in range(4)], np.uint8)
    texts = [decode(codon).decode() for codon in codons]
    amino = str(Seq("".join(texts)).translate())
    at_third = np.where((codons[:, 2] == 1) | (codons[:, 2] == 2), third, 1 - third)
    weights = np.zeros(64)
    for letter, share in PROTEIN_SHARES.items():
        own = np.array([letter == one for one in amino])
        weights[own] = share * at_third[own] / at_third[own].sum()
    weights /= weights.sum()
    pieces: list[np.ndarray] = []
    while sum(piece.size for piece in pieces) < length:
        operon = []
        for _ in range(int(rng.integers(1, 6))):
            body = codons[rng.choice(64, int(np.clip(rng.gamma(3, 100), 60, 1500)), p=weights)].ravel()
            operon += [
                random_sequence(rng, int(rng.integers(10, 60)), gc - 0.05, 0.0), encode("AGGAGG"),
                random_sequence(rng, int(rng.integers(5, 9)), 0.3, 0.0), encode("ATG"), body, encode("TAA"),
            ]  # fmt: skip
        operon.append(random_sequence(rng, int(rng.integers(40, 160)), gc - 0.05, 0.0))
        codes = np.concatenate(operon)
        pieces.append(codes if rng.random() < 0.5 else reverse_complement(codes))
    return np.concatenate(pieces)[:length]
