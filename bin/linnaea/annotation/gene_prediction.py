"""AUGUSTUS over a genome in overlapping chunks, and the chunks' genes joined."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pysam

from linnaea.annotation.augustus import NO_SAMPLING, call, read_output, write_weights
from linnaea.annotation.hints import Hints, lines, read_hints
from linnaea.formats.gene_models import Gene, overlap
from linnaea.formats.gff3 import sequence_lengths, write_genes
from linnaea.formats.overlaps import OverlapIndex

# Genes of up to half an overlap are whole in one of the two chunks that share it.
MIN_CHUNK, MAX_CHUNK = 500_000, 5_000_000
MIN_SEQUENCE = 200
# A gene this near to an end that its chunk does not share with the sequence was cut off there, bp.
CUT_OFF = 3


@dataclass(frozen=True)
class Chunk:
    """A stretch of a sequence, half-open, and the part of it whose genes count: those that begin in [low,
    high)."""

    seqid: str
    start: int
    end: int
    low: int
    high: int


def plan_chunks(lengths: Mapping[str, int], max_intron: int) -> list[list[Chunk]]:
    """Jobs of nearly equal size over all sequences: long ones are cut with overlap, short ones go together.

    The size depends on the genome alone (a 64th of it, 0.5 to 5 Mb), so that results do not on the machine.
    """
    size = min(max(sum(lengths.values()) // 64, MIN_CHUNK), MAX_CHUNK)
    shared = min(max(50_000, 4 * max_intron), size // 2)
    jobs: list[list[Chunk]] = []
    bundle: list[Chunk] = []
    filled = 0
    for seqid, length in lengths.items():
        if length < MIN_SEQUENCE:
            continue
        if length > size + shared:
            pieces = -(-length // size)
            cuts = [round(i * length / pieces) for i in range(pieces + 1)]
            for low, high in pairwise(cuts):
                start, end = max(0, low - shared // 2), min(length, high + shared // 2)
                jobs.append([Chunk(seqid, start, end, low, high)])
            continue
        bundle.append(Chunk(seqid, 0, length, 0, length))
        filled += length
        if filled >= size // 2:
            jobs.append(bundle)
            bundle, filled = [], 0
    return jobs + ([bundle] if bundle else [])


def _by_sequence(hints: Hints) -> dict[str, Hints]:
    parts: dict[str, Hints] = {}
    for source, kind, interval, multiplicity in hints:
        parts.setdefault(interval[0], Hints()).add(source, kind, interval, multiplicity)
    return parts


def _hints_of(chunk: Chunk, hints: Hints, name: str) -> Iterable[str]:
    """Hint lines inside a chunk, in its own coordinates and under its own name."""
    inside = Hints()
    for source, kind, (_, start, end, strand), multiplicity in hints:
        if chunk.start <= start and end <= chunk.end:
            inside.add(source, kind, (name, start - chunk.start, end - chunk.start, strand), multiplicity)
    return lines(inside)


def predict(
    genome: str | Path,
    hints: Hints,
    config: Path,
    species: str,
    jobs: Sequence[Sequence[Chunk]],
    threads: int = 1,
    code: int = 1,
    options: Sequence[str] = (),
) -> list[Gene]:
    """Genes of all jobs by position, `threads` AUGUSTUS at a time."""
    by_sequence = _by_sequence(hints)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        scratch = Path(folder)
        weights = write_weights(scratch / "weights.cfg")

        def run(number: int) -> list[tuple[Chunk, Gene]]:
            fasta, given, output = (scratch / f"{number}.{kind}" for kind in ("fa", "hints.gff", "gff"))
            offsets: dict[str, tuple[str, int]] = {}
            chunk_of = {}
            with pysam.FastaFile(str(genome)) as reference, fasta.open("w") as out, given.open("w") as hinted:
                for index, chunk in enumerate(jobs[number]):
                    name = f"c{index}"
                    offsets[name], chunk_of[chunk.seqid] = (chunk.seqid, chunk.start), chunk
                    out.write(f">{name}\n{reference.fetch(chunk.seqid, chunk.start, chunk.end)}\n")
                    if chunk.seqid in by_sequence:
                        hinted.writelines(_hints_of(chunk, by_sequence[chunk.seqid], name))
            command = [
                "augustus", f"--species={species}", f"--translation_table={code}", "--gff3=on", "--UTR=off",
                "--softmasking=1", "--protein=off", "--stopCodonExcludedFromCDS=false",
                "--alternatives-from-evidence=false", NO_SAMPLING,
            ]  # fmt: skip
            if by_sequence:  # without any hint the malus of what has none would only do harm
                command += [f"--hintsfile={given}", f"--extrinsicCfgFile={weights.absolute()}"]
            command += [*options, str(fasta)]
            call(command, config, output)
            with output.open() as handle:
                found = [(chunk_of[gene.seqid], gene) for gene in read_output(handle, offsets)]
            for path in (fasta, given, output):
                path.unlink()
            return found

        with ThreadPoolExecutor(threads) as pool:
            return join(pair for found in pool.map(run, range(len(jobs))) for pair in found)


def join(found: Iterable[tuple[Chunk, Gene]]) -> list[Gene]:
    """One gene set of chunks that overlap: each gene from the chunk in whose own part it begins.

    A gene cut off by its chunk's end gives way to a whole one at its place; a gene that begins in the part of
    another chunk stays only when that chunk has nothing there and it is not cut off.
    """
    ranked = []
    for chunk, gene in found:
        left = gene.start - chunk.start if chunk.start < chunk.low else MAX_CHUNK
        right = chunk.end - gene.end if chunk.high < chunk.end else MAX_CHUNK
        cut = min(left, right) < CUT_OFF
        own = chunk.low <= gene.start < chunk.high
        if own or not cut:
            ranked.append((cut, not own, gene.seqid, gene.start, gene.end, gene.id, gene))
    kept, index = [], OverlapIndex()
    for *_, gene in sorted(ranked, key=lambda row: row[:-1]):
        strand = (gene.seqid, gene.strand)
        if not any(_shared(gene, other) for other in index.near(strand, gene.start, gene.end)):
            index.add(strand, gene.start, gene.end, gene)
            kept.append(gene)
    return sorted(kept, key=lambda g: (g.seqid, g.start, g.end, g.strand))


def _shared(one: Gene, other: Gene) -> bool:
    return any(overlap(a.cds, b.cds) for a in one.transcripts for b in other.transcripts)


def predict_genes(
    *,
    genome: str,
    hints: str,
    config: Path,
    species: str,
    max_intron: int,
    gff: str,
    genetic_code: int = 1,
    options: str = "",
    threads: int = 1,
) -> None:
    """Genes of AUGUSTUS with hints, over a share of the genome's chunks or all.

    genome: soft-masked assembly (FASTA)
    hints: hints of hints.py (GFF)
    config: config folder of gene_training.py
    species: model in the config folder
    max_intron: longest intron believed, bp
    genetic_code: NCBI genetic code
    options: further options of augustus
    gff: genes to write
    """
    lengths = sequence_lengths(genome)
    jobs = plan_chunks(lengths, max_intron)
    evidence = read_hints(hints, empty=True)
    further = options.split()
    genes = predict(genome, evidence, config, species, jobs, threads, genetic_code, further)
    write_genes(gff, genes, lengths)
