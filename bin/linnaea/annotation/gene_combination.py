"""One gene set from predictions, transcripts and protein alignments, every model with the evidence it has.

Predictions made with hints are the ground. Chains of RNA or protein evidence that are supported from end to
end become isoforms, or genes of their own where nothing was predicted; untranslated regions come from
transcripts.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pysam

from linnaea.annotation.coding_model import CONTEXT, MAX_GENES, CodingModel, Example, learn
from linnaea.annotation.hints import KINDS, PROTEIN, RNA, Hints, Interval, merge, read_hints
from linnaea.annotation.orfs import add_orf, leader, to_genome
from linnaea.annotation.prepare_assembly import read_bed_by_short_name, read_names
from linnaea.annotation.protein_models import faultless
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import (
    Gene,
    Part,
    Transcript,
    by_sequence,
    coding_sequence,
    introns,
    is_stepwise,
    merged,
    overlap,
    protein,
    recoded,
    spliced,
    total_bp,
    translate,
)
from linnaea.formats.gff3 import read_genes, write_genes
from linnaea.formats.overlaps import OverlapIndex

# Source of what lifted models say, beside RNA (E) and proteins (P).
LIFTED = "L"
# Sources of models that are alignments, and what their own hints are called.
ALIGNED = {"protein": PROTEIN, "lift_over": LIFTED}
MAX_ISOFORMS = 5
MIN_CODONS = 34
# A gene without any support must be this long to be believed on its sequence alone, bp of CDS.
UNSUPPORTED_CDS = 300
REPEAT_SHARE = 0.5
# Shorter gaps within a CDS are ribosomal slippage forwards, bp.
MIN_SLIPPAGE_GAP = 3
# So many genes without any support on one sequence are no accident.
FOREIGN_GENES = 5
# Alignments of less alike proteins guide predictions but make no model. Of the complete ones on Drosophila so
# many match a known transcript exactly: 75 to 79 % from 80 % identity on, 40 % of those between 60 and 80 %,
# and of proteins of arthropods 24 % between 40 and 60 %, 7 % between 25 and 40 %.
CHAIN_IDENTITY = 0.6
# Alignments that cover this much of their protein tell where translation begins.
START_COVERAGE = 0.9
# An intron seen in so many reads, or in so many proteins, is spliced, whatever a single protein reads there.
SPLICED = {RNA: 10, PROTEIN: 2}


@dataclass
class GeneEvidence:
    """What is known along one sequence."""

    introns: Mapping[Interval, dict[str, int]]
    starts: Mapping[Interval, dict[str, int]]
    stops: Mapping[Interval, dict[str, int]]
    protein_parts: Mapping[str, list[Part]] = field(default_factory=dict)
    rna_parts: Mapping[str, list[Part]] = field(default_factory=dict)
    repeats: Sequence[Part] = ()


class Cover:
    """Ascending disjoint parts of one sequence and strand, for quick overlaps."""

    def __init__(self, parts: Sequence[Part]):
        self.parts = list(parts)
        self.ends = [end for _, end in self.parts]

    def share(self, wanted: Sequence[Part]) -> float:
        """Share of the wanted bases that the parts cover."""
        if not self.parts or not wanted:
            return 0.0
        low = bisect_left(self.ends, wanted[0][0] + 1)
        high = low
        while high < len(self.parts) and self.parts[high][0] < wanted[-1][1]:
            high += 1
        return overlap(self.parts[low:high], wanted) / total_bp(wanted)


@dataclass
class Support:
    """How much of a model's CDS is confirmed: introns, its two ends, its bases by proteins and by
    transcripts."""

    introns: int
    supported: int
    start: bool
    stop: bool
    protein: float
    rna: float

    @property
    def score(self) -> float:
        """Confirmed features over all: each intron, the start, the stop, and the CDS bases count one each.

        Without introns the ends and bases alone speak. A codon inside covered transcript is no confirmed
        start; the two ends therefore weigh half.
        """
        ends = 0.5 * (self.start + self.stop)
        return (self.supported + ends + max(self.protein, self.rna)) / (self.introns + 2)

    @property
    def any(self) -> bool:
        return bool(self.supported or self.protein >= 0.3 or self.rna >= 0.5)


class Judge:
    """Scores models of one sequence against its evidence."""

    def __init__(self, evidence: GeneEvidence):
        self.evidence = evidence
        self.protein = {strand: Cover(parts) for strand, parts in evidence.protein_parts.items()}
        self.rna = {strand: Cover(parts) for strand, parts in evidence.rna_parts.items()}
        self.repeats = Cover(evidence.repeats)
        self.none = Cover([])

    def support(self, model: Transcript) -> Support:
        found = introns(model.cds)
        seen = sum((model.seqid, *part, model.strand) in self.evidence.introns for part in found)
        low, high = (model.cds[0][0], model.cds[0][0] + 3), (model.cds[-1][1] - 3, model.cds[-1][1])
        start, stop = (low, high) if model.strand == "+" else (high, low)
        return Support(
            len(found),
            seen,
            (model.seqid, *start, model.strand) in self.evidence.starts,
            (model.seqid, *stop, model.strand) in self.evidence.stops,
            self.protein.get(model.strand, self.none).share(model.cds),
            self.rna.get(model.strand, self.none).share(model.cds),
        )


def frames(model: Transcript) -> list[tuple[int, int, int]]:
    """CDS parts with their reading frame on the chromosome (0, 1, 2), equal for bases read in one frame."""
    found, passed = [], -model.phase
    for start, end in model.cds if model.strand != "-" else reversed(model.cds):
        anchor = start - passed if model.strand != "-" else end + passed
        found.append((start, end, anchor % 3))
        passed += end - start
    return sorted(found)


def shared_in_frame(one: Transcript, other: Transcript) -> int:
    """CDS bases that two models read in the same frame."""
    total = 0
    for start, end, frame in frames(one):
        for begin, stop, own in frames(other):
            if own == frame:
                total += max(0, min(end, stop) - max(start, begin))
    return total


@dataclass
class Combination:
    """The finished genes and what became of everything that went in."""

    genes: list[Gene] = field(default_factory=list)
    given: Counter = field(default_factory=Counter)
    kept: Counter = field(default_factory=Counter)
    filtered: Counter = field(default_factory=Counter)
    # Transcripts left out as another of the gene has their exons; genes joined with one at the same position.
    same_exons: int = 0
    # Isoforms of one protein or lifted gene that nothing else supports, left out.
    unsupported_isoforms: int = 0
    same_place: int = 0
    # Genes that starts were learnt from, and predictions that got another start.
    start_genes: int = 0
    moved_starts: int = 0
    pseudogenes: int = 0
    # genes, and those with any support, by sequence
    found: Counter = field(default_factory=Counter)
    supported: Counter = field(default_factory=Counter)
    foreign: list[tuple[str, int]] = field(default_factory=list)

    def drop_foreign(self) -> None:
        """Take out the genes of sequences where none of several has support, when most have it elsewhere.

        Bacterial contigs left in an assembly look so: dense rows of genes, none expressed, none related.
        """
        if 2 * self.supported.total() < self.found.total():
            return
        self.foreign = [(s, n) for s, n in self.found.items() if n >= FOREIGN_GENES and not self.supported[s]]
        names = {seqid for seqid, _ in self.foreign}
        dropped = [gene for gene in self.genes if gene.seqid in names and gene.type == "gene"]
        for gene in dropped:
            self.filtered["on a sequence where no gene has support"] += 1
            for model in gene.transcripts:
                self.kept[model.source] -= 1
        self.genes = [gene for gene in self.genes if gene.seqid not in names or gene.type != "gene"]

    def record(self, names: Mapping[str, tuple[str, int]] | None = None) -> dict[str, Any]:
        """What came in, what is kept and left out by which rule; sequences under the user's `names`."""
        coding = [gene for gene in self.genes if gene.type == "gene"]
        rules = [{"rule": rule, "genes": number} for rule, number in self.filtered.most_common()]
        return {
            "sources": [
                {"source": source, "transcripts": number, "kept": self.kept[source]}
                for source, number in sorted(self.given.items())
            ],
            "genes": len(coding),
            "transcripts": sum(len(gene.transcripts) for gene in coding),
            "filtered": rules,
            "unsupported_isoforms": self.unsupported_isoforms,
            "start_genes": self.start_genes,
            "moved_starts": self.moved_starts,
            "merged_transcripts": self.same_exons,
            "merged_genes": self.same_place,
            "partial_genes": sum(all("partial" in t.attributes for t in gene.transcripts) for gene in coding),
            "pseudogene_candidates": self.pseudogenes,
            "unsupported_sequences": [
                {"sequence": names[seqid][0] if names else seqid, "genes": number}
                for seqid, number in self.foreign
            ],
            "single_exon_genes": sum(max(len(t.exons) for t in gene.transcripts) == 1 for gene in coding),
        }


def combine_sequence(
    predictions: Sequence[Transcript],
    chains: Sequence[Transcript],
    transcripts: Sequence[Transcript],
    proteins: Sequence[Transcript],
    evidence: GeneEvidence,
    sequence: bytes,
    code: int,
    coding: CodingModel | None,
    result: Combination,
) -> None:
    """Genes of one sequence, added to `result`.

    `predictions` are of gene finders, `chains` the complete models of RNA and of proteins (and lifted ones),
    `transcripts` all RNA models with exons, `proteins` all protein and lifted models with their faults.
    With a `coding` model predictions begin at the likeliest start of their frame.
    """
    judge = Judge(evidence)
    for model in (*predictions, *chains):
        result.given[model.source] += 1
    predictions, chains = _without_pieces(predictions, chains, sequence, code, result)
    loci, index = _loci(predictions, judge)
    result.unsupported_isoforms += _add_chains(loci, index, chains, judge)
    kept = []
    for locus in loci:
        if reason := _refused(locus, judge, sequence, code):
            result.filtered[reason] += 1
        else:
            kept.append(locus)
    utr = _Untranslated(transcripts, kept)
    finders = {model.source for model in predictions}
    for locus in kept:
        for model in locus.models:
            utr.extend(model, locus)
            if coding and model.source in finders:
                result.moved_starts += _move_start(model, judge, sequence, coding)
    taken: dict[str, list[Part]] = defaultdict(list)
    for locus in _merged(kept, judge, result):
        supported = False
        for model in locus.models:
            supported |= _annotate(model, judge).any
            result.kept[model.source] += 1
        first = locus.models[0]
        result.found[first.seqid] += 1
        result.supported[first.seqid] += supported
        result.genes.append(Gene("", first.seqid, first.strand, locus.models, source="linnaea"))
        taken[first.strand] += [part for model in locus.models for part in model.cds]
    _add_pseudogenes(proteins, {strand: Cover(merged(parts)) for strand, parts in taken.items()}, result)


def _without_pieces(
    predictions: Sequence[Transcript],
    chains: Sequence[Transcript],
    sequence: bytes,
    code: int,
    result: Combination,
) -> tuple[list[Transcript], list[Transcript]]:
    """Models without the pieces of genes whose reading only a lifted model knows.

    Those are genes that read a stop codon as an amino acid (`transl_except`), and genes with ribosomal
    slippage. Gene finders and open frames of RNA end at such a codon or soon after the slippage, or begin
    behind it.
    """
    index = OverlapIndex()
    for model in chains:
        stops = _recoded_stops(model, sequence, code)
        slips = is_stepwise(model.cds) or any(
            end - start < MIN_SLIPPAGE_GAP for start, end in introns(model.cds)
        )
        if (stops or slips) and not model.attributes.get("partial"):
            index.add(model.strand, *_cds_span(model), (model, stops, slips))

    def is_piece(model: Transcript) -> bool:
        last = model.cds[-1][1] - 1 if model.strand == "+" else model.cds[0][0]
        for whole, stops, slips in index.near(model.strand, *_cds_span(model)):
            shared = shared_in_frame(model, whole)
            if last in stops or shared == total_bp(model.cds) or (slips and 2 * shared > total_bp(model.cds)):
                return True
        return False

    kept = [
        [model for model in models if model.attributes.get("lifted_from") or not is_piece(model)]
        for models in (predictions, chains)
    ]
    if pieces := len(predictions) - len(kept[0]):
        result.filtered["part of a lifted gene with a recoded stop codon or ribosomal slippage"] += pieces
    return kept[0], kept[1]


def _recoded_stops(model: Transcript, sequence: bytes, code: int) -> set[int]:
    """Position of the last base of every stop codon that a model reads as an amino acid."""
    codons = [codon for codon, residue in recoded(model).items() if residue != "*"]
    if not codons:
        return set()
    letters = translate(coding_sequence(model, sequence), code)
    return {_last_base(model, codon) for codon in codons if letters[codon : codon + 1] == "*"}


def _last_base(model: Transcript, codon: int) -> int:
    """Position of the last base of a codon in reading direction."""
    place = model.phase + 3 * codon + 2
    return to_genome(model.cds, model.strand, place, place + 1)[0][0]


@dataclass
class Locus:
    """Models of one gene, the best supported first; `chains` are their CDS, so that none comes twice."""

    models: list[Transcript]
    chains: set[tuple[Part, ...]]

    def add(self, model: Transcript) -> None:
        self.models.append(model)
        self.chains.add(tuple(model.cds))


def _loci(predictions: Sequence[Transcript], judge: Judge) -> tuple[list[Locus], OverlapIndex]:
    """Loci of the predictions, the best supported of those that share coding bases; isoforms of one gene stay
    together."""
    loci: list[Locus] = []
    index = OverlapIndex()
    by_gene: dict[str, Locus] = {}
    for model in sorted(predictions, key=lambda m: (-judge.support(m).score, -total_bp(m.cds), m.id)):
        parent = model.attributes.get("gene", model.id)
        if parent in by_gene and _together(model, by_gene[parent].models[0]):
            if tuple(model.cds) not in by_gene[parent].chains:
                by_gene[parent].add(model)
        elif not _touched(model, index):
            by_gene[parent] = locus = Locus([model], {tuple(model.cds)})
            loci.append(locus)
            index.add(model.strand, *_cds_span(model), locus)
    return loci, index


def _cds_span(model: Transcript) -> Part:
    return model.cds[0][0], model.cds[-1][1]


def _together(one: Transcript, other: Transcript) -> bool:
    """Whether two models of one gene name overlap: two gene finders may both have a g1."""
    (low, high), (begin, end) = _cds_span(one), _cds_span(other)
    return one.strand == other.strand and low < end and begin < high


def _touched(model: Transcript, index: OverlapIndex) -> list[Locus]:
    """Loci that share coding bases with a model on its strand."""
    near = index.near(model.strand, *_cds_span(model))
    return [locus for locus in near if any(overlap(model.cds, other.cds) for other in locus.models)]


def _add_chains(loci: list[Locus], index: OverlapIndex, chains: Sequence[Transcript], judge: Judge) -> int:
    """Chains supported from end to end: isoforms of the locus they share frame with, or new loci.

    Returns the number of isoforms left out for want of support beyond their own protein or lifted gene.
    """
    left_out = 0
    ranked = sorted(
        ((judge.support(model), model) for model in chains),
        key=lambda pair: (-pair[0].score, -total_bp(pair[1].cds), pair[1].id),
    )
    for support, model in ranked:
        if support.supported < support.introns or model.attributes.get("partial"):
            continue
        touched = _touched(model, index)
        if not touched:
            if support.any and _believable_alone(model, support):
                locus = Locus([model], {tuple(model.cds)})
                loci.append(locus)
                index.add(model.strand, *_cds_span(model), locus)
        elif len(touched) == 1 and support.introns and len(touched[0].models) < MAX_ISOFORMS:
            locus = touched[0]
            shared = max(shared_in_frame(model, other) for other in locus.models)
            shortest = min(total_bp(model.cds), *(total_bp(other.cds) for other in locus.models))
            new = not any(_shortened(model, other, judge) for other in locus.models)
            # RNA that proteins confirm from start to stop tells the frame, whatever was predicted.
            confirmed = model.source != "protein" and support.score == 1
            if not new or tuple(model.cds) in locus.chains or not (confirmed or 2 * shared >= shortest):
                continue
            if model.source in ALIGNED and not _supported_beyond_itself(model, locus, judge):
                left_out += 1
            else:
                locus.add(model)
    return left_out


def _supported_beyond_itself(model: Transcript, locus: Locus, judge: Judge) -> bool:
    """Whether more than its own alignment says that a protein or lifted gene is an isoform of the locus.

    A protein of a relative is aligned to the end even where an exon differs, with introns of its own making,
    and a lifted gene has those of another genome. Half of the introns that it adds must be seen in other
    evidence (RNA, another protein, a gene of another annotation), or be in the place of introns for which
    there is no evidence at all; one that adds none must not read through an intron that is well supported.
    Where nothing but lifted genes tells of the introns of the locus, their isoforms stay.
    """

    def support(parts: Iterable[Part]) -> list[Mapping[str, int]]:
        return [judge.evidence.introns.get((model.seqid, *part, model.strand), {}) for part in parts]

    kind, (start, end) = ALIGNED[model.source], _cds_span(model)
    own = set(introns(model.cds))
    known = {part for other in locus.models for part in introns(other.cds)}
    if added := support(own - known):
        seen = sum(found.keys() != {kind} or found[kind] > 1 for found in added)
        rivals = support(part for part in known - own if part[0] < end and start < part[1])
        if kind == LIFTED:
            # A lifted rival weighs no more than the model; where no other evidence is, there is no rival.
            if all(found.keys() <= {LIFTED} for found in support(known)):
                return True
            rivals = [found if found.keys() - {LIFTED} else {} for found in rivals]
        return 2 * seen >= len(added) or (bool(rivals) and not any(rivals))
    read_through = support(part for part in known if overlap([part], model.cds))
    return not any(
        found.get(source, 0) >= least for found in read_through for source, least in SPLICED.items()
    )


def _shortened(model: Transcript, other: Transcript, judge: Judge) -> bool:
    """Whether a model says nothing new: its introns are among the other's, and it reads through none.

    Transcripts assembled in part look so; their first ATG lies inside the true frame. One whose untranslated
    region reads through an intron that nothing supports does contradict the other.
    """
    known = introns(other.cds)
    alone = [part for part in known if (model.seqid, *part, model.strand) not in judge.evidence.introns]
    return (
        set(introns(model.cds)) <= set(known)
        and not overlap(model.cds, known)
        and not overlap(model.exons, alone)
    )


def _believable_alone(model: Transcript, support: Support) -> bool:
    """Whether evidence alone makes a gene here: RNA says little of a single exon without a protein."""
    if model.source == "protein" or support.protein >= 0.5:
        return True
    return support.introns > 0 and total_bp(model.cds) >= 3 * 100


def _refused(locus: Locus, judge: Judge, sequence: bytes, code: int) -> str | None:
    """The rule by which a locus is no gene, None for a gene; models with stops inside leave their locus."""
    sound = [model for model in locus.models if "*" not in protein(model, sequence, code)[:-1]]
    if not sound:
        return "stop codon in frame"
    locus.models = sound
    support = [judge.support(model) for model in sound]
    longest = max(sound, key=lambda model: total_bp(model.cds))
    if total_bp(longest.cds) < 3 * MIN_CODONS:
        return f"CDS shorter than {MIN_CODONS} codons"
    if any(found.any for found in support):
        return None
    if judge.repeats.share(longest.cds) >= REPEAT_SHARE:
        return "no support, and at least half of the CDS is repeat"
    if total_bp(longest.cds) < UNSUPPORTED_CDS:
        return f"no support, and CDS shorter than {UNSUPPORTED_CDS} bp"
    return None


def _annotate(model: Transcript, judge: Judge) -> Support:
    """Write what supports the model into its attributes; the same is returned."""
    support = judge.support(model)
    kept = ("partial", "protein", "lifted_from", "exception", "transl_except")
    own = {key: model.attributes[key] for key in kept if key in model.attributes}
    model.attributes = own | {
        "evidence_score": f"{support.score:.2f}",
        "intron_support": f"{support.supported}/{support.introns}",
        "protein_support": f"{support.protein:.2f}",
        "rna_support": f"{support.rna:.2f}",
        "model_source": model.source,
    }
    model.score = None
    return support


def _merged(loci: Sequence[Locus], judge: Judge, result: Combination) -> list[Locus]:
    """Loci of which no two are at one position, and no two transcripts one chain of exons.

    INSDC takes each feature once. Of transcripts with the same exons the one whose CDS is supported best
    stays (the longer one where they are equal); genes from the same first to the same last base share their
    ends, and so are one gene.
    """
    best: dict[tuple[str, tuple[Part, ...]], tuple[tuple, Transcript]] = {}
    for locus in loci:
        for model in locus.models:
            rank = (
                judge.support(model).score,
                total_bp(model.cds),
                [-edge for part in model.cds for edge in part],
            )
            key = (model.strand, tuple(model.exons))
            if key not in best or rank > best[key][0]:
                best[key] = (rank, model)
    stay = {id(model) for _, model in best.values()}
    by_place: dict[tuple[str, int, int], Locus] = {}
    for locus in loci:
        models = [model for model in locus.models if id(model) in stay]
        result.same_exons += len(locus.models) - len(models)
        if not models:
            result.same_place += 1
            continue
        locus.models = models
        start, end = min(model.start for model in models), max(model.end for model in models)
        first = by_place.setdefault((models[0].strand, start, end), locus)
        if first is not locus:
            result.same_place += 1
            first.models += models
    return list(by_place.values())


class _Untranslated:
    """Transcripts to take untranslated regions from, and the loci whose CDS these must leave alone."""

    def __init__(self, transcripts: Sequence[Transcript], loci: Sequence[Locus]):
        self.index, self.coding = OverlapIndex(), OverlapIndex()
        for model in transcripts:
            self.index.add(model.strand, model.start, model.end, model)
        for locus in loci:
            for model in locus.models:
                self.coding.add(model.strand, *_cds_span(model), (locus, model.cds))

    def extend(self, model: Transcript, locus: Locus) -> None:
        """Give the model the exons of the best expressed transcript that has exactly its introns along the
        CDS and reads through no other locus."""
        wanted = introns(model.cds)
        near = self.index.near(model.strand, *_cds_span(model))
        fit = [
            transcript
            for transcript in near
            if _covers(transcript, model, wanted) and not self._reaches_another(transcript, locus)
        ]
        if fit:
            best = max(
                fit, key=lambda transcript: (transcript.score or 0, total_bp(transcript.exons), transcript.id)
            )
            model.exons = list(best.exons)

    def _reaches_another(self, transcript: Transcript, locus: Locus) -> bool:
        """Whether the transcript has coding bases of another locus among its exons."""
        near = self.coding.near(transcript.strand, transcript.start, transcript.end)
        return any(other is not locus and overlap(transcript.exons, cds) for other, cds in near)


def _move_start(model: Transcript, judge: Judge, sequence: bytes, coding: CodingModel) -> bool:
    """Put the start of a predicted CDS where its frame most likely begins; whether it moved.

    Starts of proteins go before all others. Without a transcript the start can only move inwards.
    """
    if model.attributes.get("partial"):
        return False
    exons, alone = model.exons, model.exons == model.cds
    if alone:  # the letters before the start are part of its context
        exons = _extended(exons, model.strand, CONTEXT, len(sequence))
    letters = spliced(sequence, exons, model.strand).upper()
    first = leader(exons, model.cds, model.strand)
    end = first + total_bp(model.cds)
    codons = {
        start: to_genome(exons, model.strand, start, start + 3)
        for start in coding.tables.frames(letters).of(end).starts.tolist()
        if end - start >= 3 * MIN_CODONS and (start >= first or not alone)
    }
    supported = [
        start
        for start, parts in codons.items()
        if len(parts) == 1 and (model.seqid, *parts[0], model.strand) in judge.evidence.starts
    ]
    start = first if first in supported else coding.start(letters, end, supported or list(codons))
    if start is None or start == first:
        return False
    model.cds = to_genome(exons, model.strand, start, end)
    if alone:
        model.exons = model.cds
    return True


def _extended(parts: Sequence[Part], strand: str, number: int, length: int) -> list[Part]:
    """Parts with up to `number` bases more at their 5' end, within a sequence of this length."""
    (start, _), (_, end) = parts[0], parts[-1]
    if strand == "-":
        return [*parts[:-1], (parts[-1][0], min(length, end + number))]
    return [(max(0, start - number), parts[0][1]), *parts[1:]]


def _covers(transcript: Transcript, model: Transcript, wanted: list[Part]) -> bool:
    if transcript.start > model.cds[0][0] or transcript.end < model.cds[-1][1]:
        return False
    inside = [
        part for part in introns(transcript.exons) if part[1] > model.cds[0][0] and part[0] < model.cds[-1][1]
    ]
    return inside == wanted and overlap(transcript.exons, model.cds) == total_bp(model.cds)


def _add_pseudogenes(proteins: Sequence[Transcript], taken: Mapping[str, Cover], result: Combination) -> None:
    """Good alignments with stops or frame shifts where no gene is: candidates, marked as such."""
    added = OverlapIndex()
    none = Cover([])
    ranked = sorted(proteins, key=lambda m: (-float(m.attributes["identity"]), -total_bp(m.cds), m.id))
    for model in ranked:
        broken = model.attributes["stops"] != "0" or model.attributes["frameshifts"] != "0"
        if (
            not broken
            or float(model.attributes["identity"]) < 0.5
            or float(model.attributes["coverage"]) < 0.7
            or taken.get(model.strand, none).share(model.cds) > 0
            or any(added.near(model.strand, model.start, model.end))
        ):
            continue
        added.add(model.strand, model.start, model.end, model)
        facts = {
            "pseudogene_candidate": "yes",
            "protein": model.attributes.get("protein") or model.attributes["lifted_from"],
            "stops": model.attributes["stops"],
            "frameshifts": model.attributes["frameshifts"],
        }
        copy = Transcript(
            model.id, model.seqid, model.strand, model.cds, type="pseudogenic_transcript", source="linnaea"
        )
        result.genes.append(
            Gene(
                "",
                model.seqid,
                model.strand,
                [copy],
                "pseudogene",
                "linnaea",
                None,
                {"biotype": "pseudogene", **facts},
            )
        )
        result.pseudogenes += 1


# The whole genome


def known_starts(
    models: Sequence[Transcript], transcripts: Sequence[Transcript], sequence: bytes
) -> Iterator[tuple[float, Example]]:
    """Transcripts of one sequence whose CDS a protein or a lifted gene tells, with its identity.

    There is one of each stop codon.
    """
    index = OverlapIndex()
    for transcript in transcripts:
        index.add(transcript.strand, transcript.start, transcript.end, transcript)
    seen = set()
    for model in sorted(models, key=lambda m: (-float(m.attributes["identity"]), m.id)):
        stop = (model.strand, model.cds[-1][1] if model.strand == "+" else model.cds[0][0])
        if stop in seen or model.attributes.get("partial"):
            continue
        wanted = introns(model.cds)
        near = [
            transcript
            for line in (model.strand, ".")
            for transcript in index.near(line, *_cds_span(model))
            if _covers(transcript, model, wanted)
        ]
        if near:
            exons = min(near, key=lambda transcript: transcript.id).exons
            start = leader(exons, model.cds, model.strand)
            seen.add(stop)
            letters = spliced(sequence, exons, model.strand).upper()
            yield float(model.attributes["identity"]), (letters, start, start + total_bp(model.cds))


def combine(
    genome: str | Path,
    predictions: Sequence[Gene],
    transcripts: Sequence[Gene],
    proteins: Sequence[Gene],
    lifted: Sequence[Gene],
    hints: Hints,
    repeats: Mapping[str, Sequence[Part]],
    code: int = 1,
) -> Combination:
    """The gene set of a genome, sequence by sequence in the order of its index; genes have no names yet."""
    result = Combination()
    kinds = [dict(by_sequence(genes)) for genes in (predictions, transcripts, proteins, lifted)]
    seen = merge([hints, _of_lifted(lifted)])
    supported = {kind: _of_sequences(seen.support(kind)) for kind in KINDS}
    with pysam.FastaFile(str(genome)) as reference:
        coding = _learn_coding(reference, kinds[1], kinds[2], kinds[3], code, result)
        for seqid in reference.references:
            found = [[model for gene in kind.get(seqid, []) for model in _named(gene)] for kind in kinds]
            predicted, spliced_rna, aligned, moved = found
            if not any(found):
                continue
            sequence = reference.fetch(seqid).encode()
            evidence = GeneEvidence(
                supported["intron"].get(seqid, {}),
                supported["start"].get(seqid, {}),
                supported["stop"].get(seqid, {}),
                protein_parts=_union(aligned + moved, "cds"),
                rna_parts=_union(spliced_rna, "exons"),
                repeats=repeats.get(seqid, ()),
            )
            chains = [
                replace(model)
                for model in aligned
                if faultless(model) and float(model.attributes["identity"]) >= CHAIN_IDENTITY
            ]
            for model in spliced_rna:
                framed = add_orf(model, sequence, code, MIN_CODONS, allow_partial=False, coding=coding)
                if framed:
                    chains.append(framed)
            chains += [replace(model) for model in moved if _reads_through(model)]
            broken = aligned + moved
            combine_sequence(predicted, chains, spliced_rna, broken, evidence, sequence, code, coding, result)
    result.drop_foreign()
    return result


def _learn_coding(
    reference: pysam.FastaFile,
    transcripts: Mapping[str, Sequence[Gene]],
    proteins: Mapping[str, Sequence[Gene]],
    lifted: Mapping[str, Sequence[Gene]],
    code: int,
    result: Combination,
) -> CodingModel | None:
    """The coding model of the genes whose alignments are the most alike; None with too few."""
    known: list[tuple[float, Example]] = []
    for seqid in transcripts.keys() & (proteins.keys() | lifted.keys()):
        models = [
            model
            for gene in (*proteins.get(seqid, ()), *lifted.get(seqid, ()))
            for model in gene.transcripts
            if model.cds and _tells_its_start(model) and not recoded(model)
        ]
        if models:
            rna = [model for gene in transcripts[seqid] for model in gene.transcripts]
            known += known_starts(models, rna, reference.fetch(seqid).encode())
    known.sort(key=lambda pair: (-pair[0], pair[1]))
    examples = [example for _, example in known[:MAX_GENES]]
    coding = learn(examples, code)
    result.start_genes = len(examples) if coding else 0
    return coding


def _tells_its_start(model: Transcript) -> bool:
    return (
        _reads_through(model)
        and model.attributes.get("noncanonical", "0") == "0"
        and float(model.attributes.get("identity", 0)) >= CHAIN_IDENTITY
        and float(model.attributes.get("coverage", 0)) >= START_COVERAGE
    )


def _reads_through(model: Transcript) -> bool:
    return model.attributes.get("stops", "0") == model.attributes.get("frameshifts", "0") == "0"


def _of_lifted(lifted: Sequence[Gene]) -> Hints:
    """What models of another annotation say: they were believed there, so their introns support them here.

    Isoforms of a gene say it once, so that the multiplicity is the number of annotations.
    """
    hints = Hints()
    for gene in lifted:
        of_gene = Hints()
        for model in gene.transcripts:
            if model.cds and _reads_through(model):
                of_gene.add_model(LIFTED, model)
        for source, kind, interval, _ in of_gene:
            hints.add(source, kind, interval)
    return hints


def _named(gene: Gene) -> list[Transcript]:
    """Transcripts that remember their gene."""
    for model in gene.transcripts:
        model.attributes["gene"] = gene.id
    return gene.transcripts


def _of_sequences(intervals: Mapping[Interval, dict[str, int]]) -> dict[str, dict[Interval, dict[str, int]]]:
    found: dict[str, dict[Interval, dict[str, int]]] = defaultdict(dict)
    for interval, sources in intervals.items():
        found[interval[0]][interval] = sources
    return found


def _union(models: Sequence[Transcript], kind: str) -> dict[str, list[Part]]:
    """Union of the models' exons or CDS by strand."""
    parts: dict[str, list[Part]] = defaultdict(list)
    for model in models:
        parts[model.strand] += getattr(model, kind)
    return {strand: merged(listed) for strand, listed in parts.items()}


def name_genes(genes: Sequence[Gene], prefix: str, names: Mapping[str, tuple[str, int]]) -> list[Gene]:
    """Genes by position under the user's sequence names, called prefix_g00001 and .t1, .t2 for its
    transcripts."""
    order = {short: i for i, short in enumerate(names)}
    ranked = sorted(genes, key=lambda gene: (order[gene.seqid], gene.start, gene.end, gene.strand))
    width = max(5, len(str(len(ranked))))
    for number, gene in enumerate(ranked, 1):
        gene.id = f"{prefix}_g{number:0{width}d}"
        gene.seqid = names[gene.seqid][0]
        gene.attributes.setdefault("biotype", "protein_coding")
        for index, model in enumerate(gene.transcripts, 1):
            model.id, model.seqid = f"{gene.id}.t{index}", gene.seqid
            model.source = "linnaea"
    return ranked


def combine_genes(
    *,
    id: str,
    genome: str,
    names: str,
    hints: str,
    gff: str,
    out: str,
    predictions: Sequence[str] = (),
    transcripts: Sequence[str] = (),
    proteins: Sequence[str] = (),
    lifted: Sequence[str] = (),
    repeats: str | None = None,
    genetic_code: int = 1,
) -> None:
    """One gene set from predictions, transcripts and protein alignments, under the user's sequence names.

    id: genome id; genes are called <id>_g00001 and so on
    genome: FASTA
    names: table of names of prepare_assembly.py (TSV)
    hints: hints of hints.py (GFF)
    predictions: genes of gene finders (GFF3)
    transcripts: assembled transcripts (GTF)
    proteins: models of protein_models.py (GFF3)
    lifted: models of lift_over.py (GFF3)
    repeats: repeats under the user's names (BED)
    genetic_code: NCBI genetic code
    gff: gene set to write
    out: metrics record to write (JSON)
    """
    sequence_names = read_names(names)
    given = (predictions, transcripts, proteins, lifted)
    models, assembled, aligned, moved = (
        [gene for path in paths for gene in read_genes(path)] for paths in given
    )
    repeat_intervals = read_bed_by_short_name(repeats, sequence_names) if repeats else {}
    evidence = read_hints(hints, empty=True)
    result = combine(genome, models, assembled, aligned, moved, evidence, repeat_intervals, genetic_code)
    if not result.genes:
        raise InputError(
            f"{id}: no gene was found: the evidence does not align to this assembly (is it the same "
            "species?), or the assembly is too short for genes"
        )
    genes = name_genes(result.genes, id, sequence_names)
    write_genes(gff, genes, dict(sequence_names.values()))
    write_metrics(out, {"id": id, "step": "gene_combination", **result.record(sequence_names)})
