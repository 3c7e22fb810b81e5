"""Open reading frames of transcripts, and their place on the genome."""

from collections.abc import Sequence
from dataclasses import dataclass

from linnaea.annotation.coding_model import CodingModel
from linnaea.formats.gene_models import Part, Transcript, codon_table, reverse_complement, spliced


@dataclass(frozen=True, slots=True)
class Orf:
    """Half-open place in the spliced transcript; `partial` names the ends that it lacks: "", "5", "3" or
    "5,3"."""

    start: int
    end: int
    partial: str

    @property
    def length(self) -> int:
        return self.end - self.start


def longest_orf(letters: bytes, code: int = 1, allow_partial: bool = True) -> Orf | None:
    """The longest reading frame from ATG to stop (stop included), upper-case letters.

    A frame open at an end of the transcript is taken only when it is longer than every complete one; when it
    has no stop before its first ATG, a 5' end that may be missing is assumed only without such an ATG, or
    when the part before it would more than double the frame: most transcripts begin in their 5' UTR.
    """
    stops = frozenset(codon for codon, letter in codon_table(code).items() if letter == "*")
    best: Orf | None = None
    for frame in range(3):
        codons = [letters[i : i + 3] for i in range(frame, len(letters) - 2, 3)]
        ends = [i for i, codon in enumerate(codons) if codon in stops]
        for begin, end in zip([0, *(i + 1 for i in ends)], [*ends, len(codons)], strict=True):
            closed = end < len(codons)
            if not closed and not allow_partial:
                continue
            if best and 3 * (end - begin + closed) <= best.length:
                continue
            atg = next((i for i in range(begin, end) if codons[i] == b"ATG"), None)
            opened = begin == 0 and allow_partial and (atg is None or (atg - begin) > (end - atg))
            first = begin if opened else atg
            if first is None:
                continue
            partial = ",".join(name for name, missing in (("5", opened), ("3", not closed)) if missing)
            found = Orf(frame + 3 * first, frame + 3 * (end + closed), partial)
            if best is None or found.length > best.length:
                best = found
    return best


def to_genome(exons: Sequence[Part], strand: str, start: int, end: int) -> list[Part]:
    """Genomic parts, ascending, of the half-open place [start, end) of a spliced transcript."""
    if strand == "-":
        length = sum(right - left for left, right in exons)
        start, end = length - end, length - start
    parts, passed = [], 0
    for left, right in exons:
        low, high = max(start - passed, 0), min(end - passed, right - left)
        if low < high:
            parts.append((left + low, left + high))
        passed += right - left
    return parts


def add_orf(
    model: Transcript,
    sequence: bytes,
    code: int = 1,
    min_codons: int = 50,
    allow_partial: bool = True,
    coding: CodingModel | None = None,
) -> Transcript | None:
    """The transcript with the CDS of its longest frame; both strands are tried when its strand is unknown.

    A `coding` model decides in place of length, on complete frames only. None when no frame has
    `min_codons` codons.
    """

    def frame(read: bytes) -> Orf | None:
        if coding is None:
            return longest_orf(read, code, allow_partial)
        taken = coding.frame(read, min_codons)
        return Orf(*taken, "") if taken else None

    letters = spliced(sequence, model.exons, "+").upper()
    strands = model.strand if model.strand in "+-" else "+-"
    found = []
    for strand in strands:
        orf = frame(letters if strand == "+" else reverse_complement(letters))
        if orf and orf.length >= 3 * min_codons:
            found.append((orf.length, strand, orf))
    if not found:
        return None
    _, strand, orf = max(found)
    cds = to_genome(model.exons, strand, orf.start, orf.end)
    facts = {**model.attributes, **({"partial": orf.partial} if orf.partial else {})}
    return Transcript(
        model.id, model.seqid, strand, model.exons, cds, 0, "mRNA", model.source, model.score, facts
    )


def leader(exons: Sequence[Part], cds: Sequence[Part], strand: str) -> int:
    """Length of a spliced transcript before its CDS, bp."""
    if strand == "-":
        return sum(end - max(start, cds[-1][1]) for start, end in exons if end > cds[-1][1])
    return sum(min(end, cds[0][0]) - start for start, end in exons if start < cds[0][0])


def begins_after_stop(model: Transcript, sequence: bytes, code: int = 1) -> bool:
    """Whether the transcript has a stop in the frame of its CDS before it: no start further upstream is
    possible."""
    letters = spliced(sequence, model.exons, model.strand).upper()
    before = leader(model.exons, model.cds, model.strand)
    table = codon_table(code)
    return any(table.get(letters[i : i + 3]) == "*" for i in range(before - 3, -1, -3))
