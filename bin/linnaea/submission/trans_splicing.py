"""Trans-spliced genes of a GFF3: parts on several strands or out of order, as a gene model cannot be.

Parts are read in the order of their `part` attribute (NCBI), else in that of the file.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from linnaea.formats.gene_models import Gene, Transcript
from linnaea.formats.gff3 import attributes, is_gtf, is_trans_spliced, numbered_rows
from linnaea.submission.location import Location, Span


@dataclass(slots=True)
class SplicedGene:
    """A trans-spliced transcript with its gene; spans are in order of reading, `cds` is empty without one."""

    gene: Gene
    exons: tuple[Span, ...]
    cds: tuple[Span, ...]
    phase: int
    has_mrna: bool
    attributes: dict[str, str]

    @property
    def place(self) -> Location:
        """Location of the gene: the extent of each run of exons on one strand in one direction."""
        runs: list[Span] = []
        for start, end, strand in self.exons or self.cds:
            last = runs[-1] if runs else None
            onward = last and last[2] == strand and (start >= last[1] if strand == "+" else end <= last[0])
            if last and onward:
                runs[-1] = (min(start, last[0]), max(end, last[1]), strand)
            else:
                runs.append((start, end, strand))
        return Location(tuple(runs))


@dataclass(slots=True)
class _Rows:
    """The rows of one ID or of the children of one kind: (part, span) each, and their attributes."""

    spans: list[tuple[int, Span]] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    phase: int = 0

    def add(self, row: list[str], found: dict[str, str]) -> None:
        part = found.get("part", "").partition("/")[0]
        number = int(part) if part.isdecimal() else len(self.spans)
        mark = "-" if row[6] == "-" else "+"
        if not self.spans or number < min(self.spans)[0]:
            self.phase = int(row[7]) if row[7] in ("1", "2") else 0
        self.spans.append((number, (int(row[3]) - 1, int(row[4]), mark)))
        self.found = {**found, **self.found}

    def in_order(self) -> tuple[Span, ...]:
        return tuple(span for _, span in sorted(self.spans, key=lambda one: one[0]))


def read_trans_spliced(path: str | Path) -> dict[str, list[SplicedGene]]:
    """Trans-spliced genes by sequence, one transcript each; GTF has no mark for them."""
    if is_gtf(path):
        return {}
    parts: dict[str, dict[str, _Rows]] = defaultdict(lambda: defaultdict(_Rows))  # parent -> type -> rows
    features: dict[str, tuple[str, str, dict[str, str]]] = {}  # ID -> type, sequence, attributes
    marked: set[str] = set()
    for _, row in numbered_rows(path):
        if len(row) != 9:
            continue
        found = attributes(row[8])
        ident, parent = found.get("ID", ""), found.get("Parent", "").partition(",")[0]
        if row[2] in ("exon", "CDS"):
            parts[parent][row[2]].add(row, found)
            ident = parent
        elif ident:
            features.setdefault(ident, (row[2], row[0], found))
        if is_trans_spliced(found):
            marked.add(ident)
    genes: dict[str, list[SplicedGene]] = defaultdict(list)
    for owner, by_type in parts.items():
        kind, seqid, found = features.get(owner, ("", "", {}))
        parent = found.get("Parent", "")
        if not seqid or not marked & {owner, parent}:
            continue
        above = features.get(parent, features[owner])[2] if parent else found
        coding, exons = by_type.get("CDS", _Rows()), by_type.get("exon", _Rows())
        said = {**found, **coding.found} if parent else coding.found
        model = Transcript(owner, seqid, "?", [(0, 1)])
        gene = Gene(parent or owner, seqid, "?", [model], attributes=above)
        genes[seqid].append(
            SplicedGene(gene, exons.in_order(), coding.in_order(), coding.phase, kind == "mRNA", said)
        )
    return genes
