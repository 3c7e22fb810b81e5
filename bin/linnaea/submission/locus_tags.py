"""Locus tags of genes: PREFIX_id, kept over versions of an annotation, new ones numbered in tens."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.tables import write_table
from linnaea.base.text import some
from linnaea.formats.gene_models import Gene, Part, merged, overlap, total_bp
from linnaea.formats.gff3 import read_genes
from linnaea.formats.overlaps import OverlapIndex
from linnaea.submission.embl import read_entries

# https://ena-docs.readthedocs.io/en/latest/faq/locus_tags.html
STEP = 10
# Share of the shorter gene's bases (CDS, or exons without one) that two versions of a gene have in common.
MIN_SHARED = 0.5
TABLE = ("gene", "locus_tag", "origin", "old_locus_tags", "shared_pct")


@dataclass(frozen=True, slots=True)
class TaggedGene:
    """A gene of an earlier version: its tag and the ascending parts (CDS, or exons without one)."""

    tag: str
    seqid: str
    strand: str
    parts: tuple[Part, ...]


def read_tagged(path: str | Path, flat: bool) -> list[TaggedGene]:
    """Genes with a locus tag of an EMBL flat file (`flat`) or of a GFF3; InputError when there are none."""
    genes = list(_of_flat_file(path) if flat else _of_gff3(path))
    if not genes:
        raise InputError(
            f"{path} has no gene with a locus tag; give the version of the annotation that was submitted"
        )
    return genes


def _of_gff3(path: str | Path) -> Iterable[TaggedGene]:
    for gene in read_genes(path, over_origin=True):
        tags = [found["locus_tag"] for found in _attributes(gene) if found.get("locus_tag")]
        if tags:
            yield TaggedGene(tags[0], gene.seqid, gene.strand, tuple(_parts(gene)))


def _attributes(gene: Gene) -> list[dict[str, str]]:
    return [gene.attributes, *(model.attributes for model in gene.transcripts)]


def _parts(gene: Gene) -> list[Part]:
    coding = merged([part for model in gene.transcripts for part in model.cds])
    return coding or merged([part for model in gene.transcripts for part in model.exons])


def _of_flat_file(path: str | Path) -> Iterable[TaggedGene]:
    for entry in read_entries(path):
        places: dict[tuple[str, str], dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
        for feature in entry.features:
            if tag := feature.value("locus_tag"):
                spans = [(start, end) for start, end, _ in feature.location.spans]
                places[tag, feature.location.strand][feature.key] += spans
        for (tag, strand), by_key in places.items():
            keys = [key for key in ("CDS", "tRNA", "rRNA", "ncRNA", "mRNA", "gene") if by_key.get(key)]
            if keys:
                yield TaggedGene(tag, entry.name, strand, tuple(merged(by_key[keys[0]])))


@dataclass
class LocusTags:
    """Locus tags of the genes of one annotation.

    `kept` has the tag by gene ID that was decided before, `old` further earlier tags of these genes. Without
    a prefix only genes that have a tag get one.
    """

    prefix: str = ""
    kept: dict[str, str] = field(default_factory=dict)
    old: dict[str, list[str]] = field(default_factory=dict)
    width: int = 6
    used: set[str] = field(default_factory=set)
    next: int = STEP
    rows: list[tuple[str, str, str, str, float | None]] = field(default_factory=list)
    shared: dict[str, float] = field(default_factory=dict)

    def reserve(self, genes: Iterable[Gene]) -> None:
        """Note the tags that genes have, so that no new one is equal; new numbers lie above all of them."""
        genes = list(genes)
        self.width = max(self.width, len(str(STEP * len(genes))))
        self.used.update(filter(None, map(self._own, genes)))
        self.used.update(self.kept.values())
        digits = [tag.rpartition("_")[2] for tag in self.used if tag.startswith(f"{self.prefix}_")]
        digits = [text for text in digits if text.isdecimal()]
        self.width = max(map(len, digits), default=self.width)
        numbers = map(int, digits)
        self.next = (max(numbers, default=0) // STEP + 1) * STEP

    def keep(self, genes: Sequence[Gene], earlier: Sequence[TaggedGene]) -> list[str]:
        """Give genes the tags of the earlier genes that they share most bases with; tags that are given up.

        A tag goes to one gene. Of genes that were joined, the others' tags become old ones of the new gene;
        of a gene that was split, the part with most bases keeps the tag. Tags that are given up are never
        used again. InputError when no sequence is common to both.
        """
        names = {gene.seqid for gene in genes}
        if not names & {one.seqid for one in earlier}:
            raise InputError(
                f"the earlier annotation lies on {some({one.seqid: 0 for one in earlier})}, this one on "
                f"{some(names)}; give both on the sequences of one assembly (lift the earlier one over first)"
            )
        index = OverlapIndex()
        for one in earlier:
            index.add((one.seqid, one.strand), one.parts[0][0], one.parts[-1][1], one)
        pairs = []
        for gene in genes:
            parts = _parts(gene)
            for one in index.near((gene.seqid, gene.strand), parts[0][0], parts[-1][1]):
                shared = overlap(parts, one.parts)
                share = shared / min(total_bp(parts), total_bp(one.parts))
                if share >= MIN_SHARED:
                    pairs.append((shared, share, one.tag, gene.id))
        taken: set[str] = set()
        late: list[tuple[str, str]] = []
        for _, share, tag, gene_id in sorted(pairs, key=lambda pair: (-pair[0], pair[2], pair[3])):
            if tag in taken:
                continue
            usable = not self.prefix or tag.startswith(f"{self.prefix}_")
            if gene_id not in self.kept and usable:
                self.kept[gene_id], self.shared[gene_id] = tag, share
                taken.add(tag)
            else:
                late.append((gene_id, tag))
        # A tag whose gene is now part of another one, or that has a prefix of another study.
        for gene_id, tag in late:
            if tag not in taken:
                self.old.setdefault(gene_id, []).append(tag)
                taken.add(tag)
        every = [one.tag for one in earlier]
        self.used.update(every)
        return [tag for tag in dict.fromkeys(every) if tag not in taken]

    def _own(self, gene: Gene) -> str:
        tag = self.kept.get(gene.id) or gene.attributes.get("locus_tag", "")
        if gene.id not in self.kept and self.kept:
            return ""  # the earlier version decides, not a number that this one gave
        return tag if not self.prefix or tag.startswith(f"{self.prefix}_") else ""

    def of(self, gene: Gene) -> str:
        """The tag of a gene; "" when it has none and there is no prefix."""
        tag, origin = self._own(gene), "kept" if gene.id in self.kept else "annotation"
        if not tag and self.prefix:
            tag, origin = f"{self.prefix}_{self.next:0{self.width}d}", "new"
            self.next += STEP
            self.used.add(tag)
        share = self.shared.get(gene.id)
        percent = None if share is None else 100 * share
        self.rows.append((gene.id, tag, origin, ",".join(self.old.get(gene.id, [])), percent))
        return tag

    def write(self, path: str | Path, retired: Iterable[str] = ()) -> None:
        """Write a table with a row per gene, and one per tag that was given up (without a gene)."""
        given_up = [("", tag, "given up", "", None) for tag in retired]
        write_table(path, TABLE, [*self.rows, *given_up])
