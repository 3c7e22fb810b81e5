"""Gene models of a related or earlier assembly's annotation, carried to this assembly.

Spliced transcripts are aligned with `minimap2 -c -x splice:hq -uf`; the source's exon borders then correct
the alignment, which is blind to tiny exons and a few bases off where both sides of an intron read alike.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from Bio.Data.IUPACData import protein_letters_3to1_extended

from linnaea.annotation.hints import MIN_INTRON, MOTIFS, Interval
from linnaea.annotation.orfs import leader
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import (
    Gene,
    Part,
    Transcript,
    by_sequence,
    introns,
    protein,
    recoded,
    reverse_complement,
    spliced,
    translate,
    unrolled,
)
from linnaea.formats.gff3 import check_names, read_genes, write_genes
from linnaea.formats.sequences import fasta_records

# Liftoff's own bounds (Shumate & Salzberg 2021, Bioinformatics 37:1639).
MIN_COVERAGE, MIN_IDENTITY = 0.5, 0.5
LOW_LIFTED_PCT = 50
# Alignments with this share of the best one's matching bases may be copies of the gene.
NEARLY_BEST = 0.99
# Exons up to this length (bp) are searched for between their neighbours when the alignment lost them.
SMALL_EXON = 60
# Introns grow and shrink between species; a longer search joins copies of transposons.
MIN_LONGEST_INTRON = 20_000
_CIGAR = re.compile(r"(\d+)([MIDN=X])")


@dataclass(slots=True)
class Source:
    """A coding transcript of the source, in reading direction: letters, CDS and exon borders within them.

    `gaps` and `sites` (donor + acceptor) are those of its introns; `recoded` has the number of each codon
    that is not read by the genetic code (selenocysteine), and its amino acid; `slips` have the place where
    reading stops before each ribosomal slippage, and that where it goes on; `exception` is INSDC's;
    `interval` is (sequence, start, end, strand).
    """

    transcript: str
    gene: str
    interval: Interval
    letters: bytes
    coding: Part
    phase: int
    borders: list[int]
    gaps: list[int]
    sites: list[bytes]
    recoded: dict[int, str] = field(default_factory=dict)
    slips: list[Part] = field(default_factory=list)
    exception: str = ""

    def reading(self) -> np.ndarray:
        """Place in `letters` of every base of the CDS as it is read: some twice, some not (slippage)."""
        return np.concatenate([np.arange(*part) for part in self.read_parts()])

    def read_parts(self) -> list[Part]:
        """The CDS within `letters` as it is read, cut where the ribosome slips."""
        start, end = self.coding
        edges = [start, *(edge for slip in self.slips for edge in slip), end]
        return list(zip(edges[::2], edges[1::2], strict=True))


@dataclass(slots=True)
class Hit:
    """A PAF row: half-open intervals on query and target, matching bases, the alignment in target order."""

    query: Part
    strand: str
    seqid: str
    target: Part
    matches: int
    cigar: list[tuple[int, str]]

    @property
    def introns(self) -> int:
        return sum(kind == "N" for _, kind in self.cigar)


# The source


def sequences(path: str | Path) -> Iterator[tuple[str, bytes]]:
    """Name and upper-case letters of every sequence of a plain or gzip FASTA, one at a time."""
    for name, letters in fasta_records(path):
        yield name, letters.upper()


def read_source(
    assembly: str | Path, annotation: str | Path, code: int = 1, notes: list[str] | None = None
) -> list[Source]:
    """Coding transcripts of an annotation with their sequences, by position on the sequences of its assembly.

    `notes` gets what was left out of the annotation. InputError when names, coordinates or reading frames
    show that the two files do not belong together.
    """
    placed = dict(by_sequence(read_genes(annotation, notes, over_origin=True)))
    found: list[Source] = []
    lengths, sound = {}, 0
    for name, sequence in sequences(assembly):
        lengths[name] = len(sequence)
        sequence = unrolled(sequence, placed.get(name, []))
        for gene in placed.get(name, []):
            for model in gene.transcripts:
                if model.cds and model.strand in "+-" and model.end <= len(sequence):
                    found.append(_source(gene, model, sequence))
                    sound += "*" not in protein(model, sequence, code)[:-1]
    share, sentences = check_names(annotation, lengths)
    if share > 0.5:
        raise InputError(sentences[0])
    if not found:
        raise InputError(f"{annotation}: no coding transcript on {assembly}; give GFF3 or GTF with CDS rows")
    if 2 * sound < len(found):
        raise InputError(
            f"{annotation}: {len(found) - sound} of {len(found)} transcripts have stop codons in {assembly}; "
            "give the assembly that this annotation was made for (and its genetic code)"
        )
    return found


def _source(gene: Gene, model: Transcript, sequence: bytes) -> Source:
    plus, gaps = model.strand == "+", introns(model.exons)
    sites = [sequence[start : start + 2] + sequence[end - 2 : end] for start, end in gaps]
    lengths = [end - start for start, end in (model.exons if plus else reversed(model.exons))]
    # The CDS and its parts as places in the spliced transcript.
    parts = [
        (leader(model.exons, [part], "+"), leader(model.exons, [(part[1], part[1])], "+"))
        for part in model.cds
    ]
    if not plus:
        parts = [(sum(lengths) - end, sum(lengths) - start) for start, end in reversed(parts)]
        sites = [reverse_complement(motif) for motif in reversed(sites)]
        gaps = gaps[::-1]
    return Source(
        model.id,
        gene.id,
        (model.seqid, model.start, model.end, model.strand),
        spliced(sequence, model.exons, model.strand),
        (parts[0][0], parts[-1][1]),
        model.phase,
        [int(border) for border in np.cumsum([0, *lengths])],
        [end - start for start, end in gaps],
        sites,
        recoded(model),
        [(left[1], right[0]) for left, right in pairwise(parts) if left[1] != right[0]],
        model.attributes.get("exception", ""),
    )


def write_transcripts(path: str | Path, listed: Sequence[Source]) -> int:
    """Write the transcripts as FASTA under the names t0, t1, ...; returns the intron length to search for,
    bp."""
    with complete_file(path, "wb") as out:
        for number, source in enumerate(listed):
            out.write(f">t{number}\n".encode() + source.letters + b"\n")
    return max(MIN_LONGEST_INTRON, 2 * max(gap for source in listed for gap in [0, *source.gaps]))


# The alignments


def read_paf(path: str | Path) -> dict[int, list[Hit]]:
    """Alignments of minimap2 (PAF with cg:Z) by the number of their transcript."""
    found: dict[int, list[Hit]] = {}
    with Path(path).open() as handle:
        for number, line in enumerate(handle, 1):
            row = line.rstrip("\n").split("\t")
            cigar = next((field[5:] for field in row[12:] if field.startswith("cg:Z:")), None)
            if cigar is None:
                raise InputError(f"{path}, line {number}: it has no alignments (cg:Z); run minimap2 with -c")
            operations = [(int(length), kind) for length, kind in _CIGAR.findall(cigar)]
            query, target = (int(row[2]), int(row[3])), (int(row[7]), int(row[8]))
            hit = Hit(query, row[4], row[5], target, int(row[9]), operations)
            found.setdefault(int(row[0][1:]), []).append(hit)
    return found


def choose_places(listed: Sequence[Source], hits: Mapping[int, list[Hit]]) -> dict[int, Hit]:
    """The best alignment of each transcript; of copies that fit alike, the one beside its neighbours.

    Alike are those with nearly the best number of matching bases and the number of introns nearest to the
    source's, so that a processed pseudogene does not win over its gene.
    """
    alike: dict[int, list[Hit]] = {}
    for number, found in hits.items():
        enough = NEARLY_BEST * max(hit.matches for hit in found)
        close = [hit for hit in found if hit.matches >= enough]
        introns_wanted = sum(gap >= MIN_INTRON for gap in listed[number].gaps)
        nearest = min(abs(hit.introns - introns_wanted) for hit in close)
        close = [hit for hit in close if abs(hit.introns - introns_wanted) == nearest]
        alike[number] = sorted(close, key=lambda hit: (-hit.matches, hit.seqid, hit.target, hit.strand))
    sure: dict[str, list[tuple[int, int]]] = {}
    for number, found in alike.items():
        if len(found) == 1:
            seqid, start, *_ = listed[number].interval
            sure.setdefault(seqid, []).append((start, number))
    for positions in sure.values():
        positions.sort()
    chosen = {}
    for number, found in alike.items():
        seqid, start, _, strand = listed[number].interval
        near = sure.get(seqid, [])
        at = bisect_left(near, (start, number))
        beside = [other for _, other in near[max(0, at - 1) : at + 1]] if len(found) > 1 else []

        def distance(hit: Hit, beside: list[int] = beside, start: int = start, strand: str = strand) -> float:
            far = [float("inf")]
            for other in beside:
                neighbour, interval = alike[other][0], listed[other].interval
                turned = neighbour.strand != interval[3]
                if hit.seqid == neighbour.seqid and (hit.strand != strand) == turned:
                    step = interval[1] - start if turned else start - interval[1]
                    far.append(abs(hit.target[0] - neighbour.target[0] - step))
            return min(far)

        chosen[number] = min(found, key=distance)
    return chosen


# The models


def lift(source: Source, hit: Hit, sequence: bytes, code: int = 1) -> Transcript | None:
    """The transcript at its place on a target sequence, None when it has too little there.

    Attributes: `identity` (matching of the placed CDS bases), `coverage` (share of CDS bases placed),
    `partial` (ends that lack a start or stop codon), `stops` (in frame), `frameshifts`, `noncanonical`
    (introns), `lifted_from` (gene of the source).
    """
    reach = 2 * max([0, *source.gaps[:1], *source.gaps[-1:]]) + SMALL_EXON + 500
    low, high = max(0, hit.target[0] - reach), min(len(sequence), hit.target[1] + reach)
    plus = hit.strand == "+"
    window = sequence[low:high] if plus else reverse_complement(sequence[low:high])
    target, query = np.frombuffer(window, np.uint8), np.frombuffer(source.letters, np.uint8)
    raw = _positions(hit, len(query), hit.target[0] - low if plus else high - hit.target[1])
    position = _corrected(source, raw, query, target)
    reading = source.reading()
    # Number of slips before each base that is read.
    slips = np.repeat(np.arange(len(source.slips) + 1), [end - start for start, end in source.read_parts()])
    placed = position[reading] >= 0
    coding, slips = reading[placed], slips[placed]
    if not len(coding):
        return None
    coverage = len(coding) / len(reading)
    identity = float((query[coding] == target[position[coding]]).mean())
    if coverage < MIN_COVERAGE or identity < MIN_IDENTITY:
        return None
    gaps = np.zeros(len(query), np.int64)
    gaps[source.borders[1:-1]] = source.gaps
    everything = np.flatnonzero(position >= 0)
    exons = _parts(position, _cuts(position, everything, gaps), everything)
    cuts = _cuts(position, coding, gaps) | (np.diff(slips) > 0)
    cds = _parts(position, cuts, coding)
    inserted = np.where(cuts, 0, np.diff(position[coding]) - np.diff(coding))
    shifts = int((inserted % 3 != 0).sum())
    phase = (source.phase - int(placed.argmax())) % 3
    letters = b"".join(window[start:end] for start, end in cds)[phase:]
    read = translate(letters, code)
    kept = _kept_recoding(source, position, placed, phase, window)
    for codon, residue, _ in kept:
        read = read[:codon] + residue + read[codon + 1 :]
    whole = read.endswith("*") and len(letters) % 3 == 0
    begun = letters.startswith(b"ATG") or (0, "M") in [(codon, residue) for codon, residue, _ in kept]
    missing = [] if begun and phase == 0 and placed[0] else ["5"]
    missing += [] if whole else ["3"]
    motifs = [
        (window[start : start + 2] + window[end - 2 : end]).decode()
        for start, end in introns(cds)
        if end - start > 2
    ]
    facts = {
        "identity": f"{identity:.3f}",
        "coverage": f"{coverage:.3f}",
        "stops": str((read[:-1] if whole else read).count("*")),
        "frameshifts": str(shifts),
        "noncanonical": str(sum(MOTIFS.get(motif) != "+" for motif in motifs)),
        "lifted_from": source.gene,
    }
    if missing:
        facts["partial"] = ",".join(missing)
    if source.exception:
        facts["exception"] = source.exception
    if kept:
        names = {letter: name for name, letter in protein_letters_3to1_extended.items()}
        facts["transl_except"] = ",".join(
            f"(pos:{low + at[0] + 1}..{low + at[2] + 1},aa:{names.get(residue, 'OTHER')})"
            if plus
            else f"(pos:complement({high - at[2]}..{high - at[0]}),aa:{names.get(residue, 'OTHER')})"
            for _, residue, at in kept
        )
    exons, cds = (
        [(low + start, low + end) for start, end in parts]
        if plus
        else [(high - end, high - start) for start, end in reversed(parts)]
        for parts in (exons, cds)
    )
    ident, score = source.transcript, None
    return Transcript(ident, hit.seqid, hit.strand, exons, cds, phase, "mRNA", "lift_over", score, facts)


def _kept_recoding(
    source: Source, position: np.ndarray, placed: np.ndarray, phase: int, window: bytes
) -> list[tuple[int, str, list[int]]]:
    """Recoded codons whose letters are the same here: number in the placed CDS, amino acid, positions of its
    bases. `placed` says which bases of the CDS, as it is read, have a place."""
    kept, reading = [], source.reading()
    for number, residue in source.recoded.items():
        at = source.phase + 3 * number
        bases = reading[at : at + 3]
        codon, rest = divmod(int(placed[:at].sum()) - phase, 3)
        if residue == "*" or len(bases) < 3 or not placed[at : at + 3].all() or rest:
            continue
        positions = position[bases].tolist()
        if all(window[place] == source.letters[base] for place, base in zip(positions, bases, strict=True)):
            kept.append((codon, residue, positions))
    return kept


def _positions(hit: Hit, length: int, start: int) -> np.ndarray:
    """Place (length,) of every transcript base in the window, in reading direction; -1 where it has none."""
    position = np.full(length, -1, np.int64)
    at, place = hit.query[0], start
    for size, kind in hit.cigar if hit.strand == "+" else reversed(hit.cigar):
        if kind in "M=X":
            position[at : at + size] = np.arange(place, place + size)
        at += size if kind in "MI=X" else 0
        place += size if kind in "MDN=X" else 0
    return position


def _corrected(source: Source, raw: np.ndarray, query: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Positions with introns at the source's borders where the bases fit there as well, and with small exons
    found again; the given ones when the result would not ascend."""
    position = raw.copy()
    exons = list(pairwise(source.borders))
    for start, end in exons:
        _straighten(position, start, end, query, target)
    for number, (start, end) in enumerate(exons):
        if end - start <= SMALL_EXON and len(exons) > 1 and _lost(position, start, end):
            _search(source, number, position, query, target)
    placed = position[position >= 0]
    return position if np.all(np.diff(placed) > 0) else raw


def _straighten(position: np.ndarray, start: int, end: int, query: np.ndarray, target: np.ndarray) -> None:
    """Join the ends of an exon to its longest stretch, where they match there at least as well."""
    placed = np.flatnonzero(position[start:end] >= 0) + start
    if not len(placed):
        return
    cuts = np.flatnonzero(np.diff(position[placed]) - np.diff(placed) >= MIN_INTRON) + 1
    stretch = max(np.split(placed, cuts), key=len)
    for part, anchor in ((slice(start, stretch[0]), stretch[0]), (slice(stretch[-1] + 1, end), stretch[-1])):
        straight = position[anchor] + np.arange(part.start, part.stop) - anchor
        if not len(straight) or straight[0] < 0 or straight[-1] >= len(target):
            continue
        now = position[part]
        matching = (query[part] == target[straight]).sum()
        aligned = (query[part] == np.where(now >= 0, target[now], 0)).sum()
        if matching >= aligned and 2 * matching >= len(straight):
            position[part] = straight


def _lost(position: np.ndarray, start: int, end: int) -> bool:
    """Whether an exon is not in one piece between introns on its inner sides."""
    own = position[start:end]
    if (own < 0).any() or own[-1] - own[0] >= end - start + MIN_INTRON:
        return True
    before = position[start - 1] if start else -1
    after = position[end] if end < len(position) else -1
    joined = (start and own[0] - before < MIN_INTRON, end < len(position) and after - own[-1] < MIN_INTRON)
    return bool((before >= 0 and joined[0]) or (after >= 0 and joined[1]))


def _search(source: Source, number: int, position: np.ndarray, query: np.ndarray, target: np.ndarray) -> None:
    """Place a small exon between its neighbours, where its letters and the source's splice sites are.

    Nine in ten letters must match, and of several places the one nearest to the source's intron length is
    taken, if fewer than one in two such places would be as near by chance.
    """
    start, end = source.borders[number : number + 2]
    size = end - start
    inner = (number > 0, number + 1 < len(source.borders) - 1)
    before = position[start - 1] if inner[0] else -1
    after = position[end] if inner[1] else -1
    if (inner[0] and before < 0) or (inner[1] and after < 0):
        return
    room = [2 * gap + 500 for gap in (source.gaps[-1], source.gaps[0])]
    low = before + 1 + MIN_INTRON if inner[0] else max(0, after - room[1] - size)
    high = after - MIN_INTRON if inner[1] else min(len(target), before + 1 + room[0] + size)
    if high - low < size:
        return
    views = np.lib.stride_tricks.sliding_window_view(target[low:high], size)
    fit = np.flatnonzero((views == query[start:end]).sum(axis=1) >= size - size // 10) + low
    sites = 0
    if inner[0]:
        fit = fit[[target[at - 2 : at].tobytes() == source.sites[number - 1][2:] for at in fit.tolist()]]
        sites += 2
    if inner[1]:
        donor = source.sites[number][:2]
        fit = fit[[target[at + size : at + size + 2].tobytes() == donor for at in fit.tolist()]]
        sites += 2
    if not len(fit):
        return
    expected = (
        before + 1 + source.gaps[number - 1] if inner[0] else after - source.gaps[number] - size
    )  # by the source's own intron
    nearest = fit[np.argmin(abs(fit - expected))]
    if (2 * abs(nearest - expected) + 1) / 4.0 ** (size - size // 10 + sites) < 0.5:
        position[start:end] = np.arange(nearest, nearest + size)


def _cuts(position: np.ndarray, placed: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Whether an intron follows each placed base but the last: a gap as long as one, or as the source's own.

    `gaps` are the source's introns (bp) before each base; some annotations have a slippage forwards as an
    intron of one base.
    """
    jumps = np.diff(position[placed]) - 1
    return (jumps >= MIN_INTRON) | ((jumps > 0) & (jumps == gaps[placed[1:]]))


def _parts(position: np.ndarray, cuts: np.ndarray, placed: np.ndarray) -> list[Part]:
    """Parts of the placed bases between cuts, in reading order."""
    pieces = np.split(position[placed], np.flatnonzero(cuts) + 1)
    return [(int(piece[0]), int(piece[-1]) + 1) for piece in pieces]


# Genes


def lift_over(
    listed: Sequence[Source], paf: str | Path, genome: str | Path, code: int = 1
) -> tuple[list[Gene], dict[str, int]]:
    """Lifted genes, and the lengths (bp) of the target's sequences.

    Transcripts of one gene stay one gene where they overlap on one strand; where two genes of the source fall
    on the same CDS, the one that resembles it more stays.
    """
    hits = read_paf(paf)
    if hits and max(hits) >= len(listed):
        raise InputError(f"{paf}: its transcripts are not those of the annotation; align them again")
    chosen = choose_places(listed, hits)
    wanted: dict[str, list[int]] = {}
    for number, hit in sorted(chosen.items()):
        wanted.setdefault(hit.seqid, []).append(number)
    lengths: dict[str, int] = {}
    models: list[Transcript] = []
    for name, sequence in sequences(genome):
        lengths[name] = len(sequence)
        made = (lift(listed[number], chosen[number], sequence, code) for number in wanted.get(name, []))
        models += _without_copies(model for model in made if model)
    if lacking := sorted(wanted.keys() - lengths.keys()):
        raise InputError(f"{paf}: {lacking[0]} is not in {genome}; align the transcripts to that file")
    return _grouped(models), lengths


def _without_copies(models: Iterable[Transcript]) -> list[Transcript]:
    best: dict[tuple, Transcript] = {}
    kept = []
    for model in sorted(
        models, key=lambda m: (-float(m.attributes["coverage"]), -float(m.attributes["identity"]), m.id)
    ):
        other = best.setdefault((model.strand, *model.cds), model)
        if other.attributes["lifted_from"] == model.attributes["lifted_from"]:
            kept.append(model)
    return kept


def _grouped(models: Sequence[Transcript]) -> list[Gene]:
    genes: list[Gene] = []
    ordered = sorted(models, key=lambda m: (m.seqid, m.attributes["lifted_from"], m.strand, m.start, m.id))
    times: dict[str, int] = {}
    for model in ordered:
        origin, last = model.attributes["lifted_from"], genes[-1] if genes else None
        if (
            last
            and (last.seqid, last.strand, last.attributes["lifted_from"])
            == (model.seqid, model.strand, origin)
            and model.start < last.end
        ):
            last.transcripts.append(model)
            continue
        times[origin] = times.get(origin, 0) + 1
        ident = origin if times[origin] == 1 else f"{origin}.{times[origin]}"
        facts = {"lifted_from": origin}
        genes.append(Gene(ident, model.seqid, model.strand, [model], source="lift_over", attributes=facts))
    return genes


def record(
    listed: Sequence[Source], genes: Sequence[Gene], annotation: str | Path, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Facts for the metrics record; `notes` on the annotation are among its warnings."""
    models = [model for gene in genes for model in gene.transcripts]
    share = 100 * len(models) / len(listed)
    warnings = list(notes)
    if share < LOW_LIFTED_PCT:
        warnings.append(
            f"the annotation does not fit: {len(models)} of {len(listed)} transcripts of "
            f"{Path(annotation).name} could be lifted; give the annotation of a closer relative, or proteins"
        )
    return {
        "transcripts": len(listed),
        "lifted": len(models),
        "lifted_pct": share,
        "complete": sum(
            "partial" not in model.attributes
            and model.attributes["stops"] == model.attributes["frameshifts"] == "0"
            for model in models
        ),
        "identity_median_pct": 100 * median(float(model.attributes["identity"]) for model in models)
        if models
        else None,
        "genes": len(genes),
        "warnings": warnings,
    }


def extract_transcripts(*, source_assembly: str, annotation: str, fasta: str, genetic_code: int = 1) -> None:
    """Write the spliced transcripts of another assembly's annotation; print minimap2's -G (bp).

    source_assembly: FASTA, plain or gzip
    annotation: GFF3 or GTF, plain or gzip
    genetic_code: NCBI genetic code
    fasta: transcripts to write
    """
    print(write_transcripts(fasta, read_source(source_assembly, annotation, genetic_code)))


def place_models(
    *,
    id: str,
    library: str,
    source_assembly: str,
    annotation: str,
    alignments: str,
    genome: str,
    gff: str,
    out: str,
    genetic_code: int = 1,
) -> None:
    """Write the models of aligned transcripts of another assembly's annotation.

    id: genome id
    library: name of the annotation
    source_assembly: FASTA, plain or gzip
    annotation: GFF3 or GTF, plain or gzip
    alignments: transcripts on the genome, PAF of minimap2 -c
    genome: assembly that gets the models (FASTA)
    gff: models to write
    out: metrics record to write (JSON)
    genetic_code: NCBI genetic code
    """
    notes: list[str] = []
    source = read_source(source_assembly, annotation, genetic_code, notes)
    genes, lengths = lift_over(source, alignments, genome, genetic_code)
    write_genes(gff, genes, lengths)
    facts = {"id": id, "step": "lift_over", "library": library}
    write_metrics(out, facts | record(source, genes, annotation, notes))
