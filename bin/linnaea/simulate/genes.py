"""Protein-coding genes with introns, untranslated regions and signals, and their GFF3.

Signals follow textbook consensus sequences: TATA box, Kozak context gccRccATGG (Kozak 1987, Nucleic
Acids Res 15:8125), splice sites MAG|GTRAGT and (Y)n NYAG|G with a branch point yUnAy 18 to 40 bp
before the acceptor (Burge, Tuschl & Sharp 1999), polyadenylation signal AATAAA 10 to 30 bp before
the cleavage site with a GU-rich element behind it (Proudfoot 2011, Genes Dev 25:1770).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from linnaea.simulate.proteins import diverge_protein, random_protein, reverse_translate, translate
from linnaea.simulate.sequence import decode, encode, random_sequence, reverse_complement

INTRON_GC = 0.36
UTR_GC = 0.42
MIN_EXON = 45
PROMOTER, DOWNSTREAM = 120, 50


@dataclass
class Transcript:
    """Exons ascend; all coordinates are 0-based half-open on the forward strand.

    `coding` is the genomic span from start to stop codon, both included.
    """

    name: str
    exons: list[tuple[int, int]]
    coding: tuple[int, int]

    def coding_parts(self) -> list[tuple[int, int]]:
        """Coding intervals, ascending."""
        low, high = self.coding
        clipped = ((max(start, low), min(end, high)) for start, end in self.exons)
        return [(start, end) for start, end in clipped if start < end]


@dataclass
class Gene:
    """A gene on a strand (+1 or -1); `span` reaches over all its transcripts."""

    name: str
    strand: int
    transcripts: list[Transcript]
    chromosome: str = ""
    protein: str = ""
    block: tuple[int, int] = field(default=(0, 0))

    @property
    def span(self) -> tuple[int, int]:
        exons = [exon for transcript in self.transcripts for exon in transcript.exons]
        return min(start for start, _ in exons), max(end for _, end in exons)


def _from_consensus(rng: np.random.Generator, consensus: str, keep: float) -> np.ndarray:
    """Consensus with each base kept with chance `keep`; capitals are always kept."""
    codes = encode(consensus).copy()
    weak = np.array([letter.islower() for letter in consensus])
    change = np.flatnonzero(weak & (rng.random(codes.size) > keep))
    codes[change] = rng.integers(0, 4, change.size)
    return codes


def intron(rng: np.random.Generator) -> np.ndarray:
    """An intron: two thirds short (about 60 to 120 bp), the rest log-normal with a median of 400 bp."""
    if rng.random() < 0.66:
        length = int(60 + rng.gamma(2.0, 14))
    else:
        length = int(np.clip(rng.lognormal(np.log(400), 0.8), 100, 4000))
    donor = _from_consensus(rng, "GT" + rng.choice(["aagt", "gagt"], p=[0.65, 0.35]), 0.8)
    branch = _from_consensus(rng, rng.choice(["ctaac", "ctgac", "ttaac"]), 0.85)
    tract = rng.choice(4, int(rng.integers(13, 22)), p=[0.05, 0.36, 0.05, 0.54]).astype(np.uint8)
    acceptor = _from_consensus(rng, rng.choice(["tcAG", "acAG", "ttAG"]), 0.9)
    filler = length - donor.size - branch.size - tract.size - acceptor.size
    body = random_sequence(rng, max(filler, 20), INTRON_GC)
    return np.concatenate([donor, body, branch, tract, acceptor])


def _cut_points(
    rng: np.random.Generator, mature: np.ndarray, start: int, end: int, introns: int
) -> list[int]:
    """Positions of introns in a mature transcript between `start` and `end`, mostly at MAG|G."""
    ag = (mature[:-2] == 0) & (mature[1:-1] == 2)
    weights = np.full(mature.size, 0.2)
    weights[2:][ag] = np.where(mature[2:][ag] == 2, 25.0, 5.0)
    weights[: start + MIN_EXON] = 0
    weights[max(0, end - MIN_EXON) :] = 0
    cuts = []
    for _ in range(introns):
        if not weights.any():
            break
        cut = int(rng.choice(mature.size, p=weights / weights.sum()))
        cuts.append(cut)
        weights[max(0, cut - MIN_EXON) : cut + MIN_EXON] = 0
    return sorted(cuts)


def _mature(rng: np.random.Generator, protein: str) -> tuple[np.ndarray, int, int]:
    """Mature transcript of a protein, and start and end of its coding sequence."""
    five = int(np.clip(rng.lognormal(np.log(110), 0.6), 30, 600))
    three = int(np.clip(rng.lognormal(np.log(220), 0.6), 60, 1500))
    kozak = _from_consensus(rng, "gcc" + rng.choice(["a", "g"]) + "cc", 0.75)
    leader = np.concatenate([random_sequence(rng, five - 6, UTR_GC), kozak])
    coding = reverse_translate(rng, protein)
    tail = random_sequence(rng, three, UTR_GC)
    signal = three - int(rng.integers(16, 31))
    tail[signal : signal + 6] = encode("AATAAA" if rng.random() < 0.8 else "ATTAAA")
    return np.concatenate([leader, coding, tail]), five, five + coding.size


def _exons(cuts: list[int], introns: list[np.ndarray], length: int) -> list[tuple[int, int]]:
    """Exons in the coordinates of the unspliced transcript."""
    starts = [0, *cuts]
    ends = [*cuts, length]
    shift = np.concatenate([[0], np.cumsum([piece.size for piece in introns])]).astype(int)
    return [(a + int(s), b + int(s)) for a, b, s in zip(starts, ends, shift, strict=True)]


def _skippable_exon(cuts: list[int], start: int, end: int, mature: np.ndarray) -> int | None:
    """Index of an inner coding exon whose loss keeps the frame and makes no stop codon."""
    for index, (a, b) in enumerate(pairwise(cuts), 1):
        if a > start + 3 and b < end - 3 and (b - a) % 3 == 0:
            kept = np.concatenate([mature[start:a], mature[b:end]])
            if "*" not in translate(decode(kept)):
                return index
    return None


def make_gene(rng: np.random.Generator, name: str, protein: str) -> tuple[Gene, np.ndarray]:
    """A gene on the forward strand of its own block: promoter, transcript, downstream element.

    Returns the gene (coordinates in the block) and the codes of the block. About 88 % of genes have
    introns; an exon that can be skipped in frame gives a second transcript.
    """
    mature, start, end = _mature(rng, protein)
    wanted = 0 if rng.random() < 0.1 else 1 + int(rng.poisson((end - start) / 400))
    first = 0 if rng.random() < 0.15 else start
    cuts = _cut_points(rng, mature, first, end, wanted)
    introns = [intron(rng) for _ in cuts]
    pieces = [mature[a:b] for a, b in zip([0, *cuts], [*cuts, mature.size], strict=True)]
    primary = [part for pair in zip(pieces, [*introns, mature[:0]], strict=True) for part in pair]
    promoter = random_sequence(rng, PROMOTER, UTR_GC)
    if rng.random() < 0.5:
        promoter[-31:-24] = encode("TATAAAA")
    downstream = rng.choice(4, DOWNSTREAM, p=[0.15, 0.15, 0.3, 0.4]).astype(np.uint8)
    block = np.concatenate([promoter, *primary, downstream])
    exons = [(a + PROMOTER, b + PROMOTER) for a, b in _exons(cuts, introns, mature.size)]
    shift = np.array([a for a, _ in exons]) - np.array([0, *cuts])
    exon_of = np.searchsorted(cuts, [start, end - 1], side="right")
    coding = (start + int(shift[exon_of[0]]), end + int(shift[exon_of[1]]))
    transcripts = [Transcript(f"{name}.t1", exons, coding)]
    skip = _skippable_exon(cuts, start, end, mature) if rng.random() < 0.5 else None
    if skip is not None:
        kept = exons[:skip] + exons[skip + 1 :]
        transcripts.append(Transcript(f"{name}.t2", kept, coding))
    return Gene(name, 1, transcripts, protein=protein, block=(0, block.size)), block


def make_genes(rng: np.random.Generator, number: int) -> list[tuple[Gene, np.ndarray]]:
    """Genes with their blocks; one in ten is a paralogue, 30 % diverged, of an earlier one."""
    proteins: list[str] = []
    genes = []
    for index in range(number):
        if proteins and rng.random() < 0.1:
            protein = diverge_protein(rng, proteins[int(rng.integers(len(proteins)))], 0.3)
        else:
            length = int(np.clip(rng.lognormal(np.log(320), 0.55), 90, 1300))
            protein = random_protein(rng, length)
        proteins.append(protein)
        genes.append(make_gene(rng, f"LD{index + 1:05d}", protein))
    return genes


def place(gene: Gene, chromosome: str, offset: int, strand: int) -> Gene:
    """The gene of a block that was put at `offset` of a chromosome, turned round when strand is -1."""
    length = gene.block[1]

    def move(interval: tuple[int, int]) -> tuple[int, int]:
        start, end = interval
        if strand < 0:
            start, end = length - end, length - start
        return start + offset, end + offset

    transcripts = [Transcript(t.name, sorted(map(move, t.exons)), move(t.coding)) for t in gene.transcripts]
    block = (offset, offset + length)
    return Gene(gene.name, strand, transcripts, chromosome, gene.protein, block)


def splice(chromosome: np.ndarray, intervals: list[tuple[int, int]], strand: int) -> np.ndarray:
    """Codes of ascending intervals joined, in the direction of the strand."""
    joined = np.concatenate([chromosome[start:end] for start, end in intervals])
    return reverse_complement(joined) if strand < 0 else joined


def phases(parts: list[tuple[int, int]], strand: int) -> list[int]:
    """GFF3 phase of each coding part (ascending): bases to skip to the next codon start."""
    ordered = parts if strand > 0 else parts[::-1]
    lengths = np.array([end - start for start, end in ordered])
    before = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    values = [int(value) for value in -before % 3]
    return values if strand > 0 else values[::-1]


def _subtract(exon: tuple[int, int], coding: tuple[int, int]) -> Iterator[tuple[int, int, bool]]:
    """Untranslated pieces of an exon; the flag says whether the piece lies before the coding span."""
    if exon[0] < coding[0]:
        yield exon[0], min(exon[1], coding[0]), True
    if exon[1] > coding[1]:
        yield max(exon[0], coding[1]), exon[1], False


def _transcript_rows(gene: Gene, transcript: Transcript) -> Iterator[tuple[str, int, int, str, str]]:
    """GFF3 rows of a transcript: type, start, end (0-based half-open), phase, attributes."""
    name = transcript.name
    yield "mRNA", transcript.exons[0][0], transcript.exons[-1][1], ".", (f"ID={name};Parent={gene.name}")
    for number, exon in enumerate(transcript.exons, 1):
        yield "exon", *exon, ".", f"ID={name}.exon{number};Parent={name}"
    for exon in transcript.exons:
        for start, end, before in _subtract(exon, transcript.coding):
            kind = "five_prime_UTR" if before == (gene.strand > 0) else "three_prime_UTR"
            yield kind, start, end, ".", f"Parent={name}"
    parts = transcript.coding_parts()
    for (start, end), phase in zip(parts, phases(parts, gene.strand), strict=True):
        yield "CDS", start, end, str(phase), f"ID={name}.cds;Parent={name}"


def gff3(genes: list[Gene], chromosomes: dict[str, np.ndarray]) -> Iterator[str]:
    """Lines of a GFF3 file, genes in order of place."""
    yield "##gff-version 3"
    for name, codes in chromosomes.items():
        yield f"##sequence-region {name} 1 {codes.size}"
    order = {name: index for index, name in enumerate(chromosomes)}
    for gene in sorted(genes, key=lambda gene: (order[gene.chromosome], gene.span)):
        rows = [("gene", *gene.span, ".", f"ID={gene.name}")]
        for transcript in gene.transcripts:
            rows.extend(_transcript_rows(gene, transcript))
        strand = "+" if gene.strand > 0 else "-"
        for kind, start, end, phase, attributes in rows:
            yield "\t".join(
                [gene.chromosome, "linnaea", kind, str(start + 1), str(end), ".", strand, phase]
                + [attributes]
            )


def coding_sequences(
    genes: list[Gene], chromosomes: dict[str, np.ndarray]
) -> Iterator[tuple[str, np.ndarray]]:
    """Transcript names with the codes of their coding sequences."""
    for gene in genes:
        for transcript in gene.transcripts:
            parts = transcript.coding_parts()
            yield transcript.name, splice(chromosomes[gene.chromosome], parts, gene.strand)
