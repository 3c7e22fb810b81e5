"""Counts and lengths of a gene set, from its GFF3 alone.

A transcript is a feature with exons or CDS; what lacks exons is counted by its CDS. A gene is the topmost
feature above a transcript (or the transcript itself), or any feature named a gene. Lengths in bp: of a gene
and of a transcript its span on the genome, of `mrna` and `cds` the sum of exons or CDS parts. Exons and
introns that isoforms share count once in lengths and in the shares of 3n introns. `n90` (`n50`, `n10`) is
the length of the shortest feature among the longest that hold 90 % of all bases. Short introns have at most
120 bp, as in ERGA's AnnoAudit (bin/extract_intron_stats.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from linnaea.base.records import write_metrics
from linnaea.formats.gff3 import sequence_lengths
from linnaea.formats.gff3_columns import Columns, codes, read_columns, topmost

SHORT_INTRON_BP = 120
_QUANTILES = (5, 25, 75, 95)
_HISTOGRAM_STEPS = 10  # bins a decade
_BIOTYPES = ("biotype", "gene_biotype", "gene_type", "transcript_biotype")


@dataclass
class _GeneSet:
    """Features of a GFF3 by row: arrays as long as its rows, or of rows.

    `exon` and `cds` are pairs: the rows of parts, and of the transcript of each (once for each parent);
    `cds` without those of pseudogenes. `genes`, `transcripts` and `coders` (transcripts with CDS) are rows.
    """

    columns: Columns
    types: np.ndarray
    type_names: list[str]
    seqs: np.ndarray
    seq_names: list[str]
    strands: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    roots: np.ndarray
    exon: tuple[np.ndarray, np.ndarray]
    cds: tuple[np.ndarray, np.ndarray]
    genes: np.ndarray
    transcripts: np.ndarray
    coders: np.ndarray
    is_coding_gene: np.ndarray

    def places(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sequence, start and end of rows."""
        return self.seqs[rows], self.starts[rows], self.ends[rows]

    def spans(self, rows: np.ndarray) -> np.ndarray:
        return self.ends[rows] - self.starts[rows]


def _gene_set(path: str | Path) -> _GeneSet:
    columns = read_columns(path)
    frame = columns.frame
    types, type_names = codes(frame["type"])
    seqs, seq_names = codes(frame["seqid"])
    strands, _ = codes(frame["strand"])
    child, parent = columns.parents()
    above = np.full(frame.height, -1)
    above[child[::-1]] = parent[::-1]  # a child of several parents counts below its first
    roots = topmost(above)

    exon, cds = (_parts(columns, types, type_names, kind, child, parent) for kind in ("exon", "CDS"))
    with_exons = np.zeros(frame.height, bool)
    with_exons[exon[1]] = True
    bare = ~with_exons[cds[1]]
    exon = (np.concatenate([exon[0], cds[0][bare]]), np.concatenate([exon[1], cds[1][bare]]))
    transcripts = np.unique(exon[1])
    pseudo = _pseudo(columns, type_names, types)
    pseudo |= pseudo[roots] | np.where(above >= 0, pseudo[above], False)
    translated = ~pseudo[cds[0]]
    cds = (cds[0][translated], cds[1][translated])
    coders = np.unique(cds[1])

    named = np.array([name.lower().endswith("gene") for name in type_names], bool)[types]
    genes = np.unique(
        np.concatenate([roots[transcripts], np.flatnonzero(named & (roots == np.arange(frame.height)))])
    )
    return _GeneSet(
        columns, types, type_names, seqs, seq_names, strands,
        frame["start"].to_numpy() - 1, frame["end"].to_numpy(),
        roots, exon, cds, genes, transcripts, coders, np.isin(genes, roots[coders]),
    )  # fmt: skip


def annotation_statistics(path: str | Path, lengths: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The record `annotation_statistics`; `lengths` (bp) of the genome's sequences give shares of it."""
    gene_set = _gene_set(path)
    genes, transcripts, (exons, _) = gene_set.genes, gene_set.transcripts, gene_set.exon
    owner = np.searchsorted(transcripts, gene_set.exon[1])
    exons_of = np.bincount(owner, minlength=transcripts.size)
    mrna_bp = np.bincount(owner, gene_set.spans(exons), transcripts.size).astype(np.int64)
    coder = np.searchsorted(gene_set.coders, gene_set.cds[1])
    cds_of = np.bincount(coder, minlength=gene_set.coders.size)
    cds_bp = np.bincount(coder, gene_set.spans(gene_set.cds[0]), gene_set.coders.size).astype(np.int64)
    gene_of = np.searchsorted(genes, gene_set.roots[transcripts])
    per_gene = np.bincount(gene_of, minlength=genes.size)
    most_exons = np.zeros(genes.size, np.int64)
    np.maximum.at(most_exons, gene_of, exons_of)
    # Of genes that hold coding transcripts, and of coding transcripts; RNA genes are mono-exonic by nature.
    coding = np.isin(transcripts, gene_set.coders)
    coding_exons = exons_of[coding]
    coding_most = most_exons[gene_set.is_coding_gene]

    intron_bp = _intron_lengths(gene_set, owner)
    short = intron_bp[intron_bp <= SHORT_INTRON_BP]
    kinds = {
        "gene": gene_set.spans(genes),
        "transcript": gene_set.spans(transcripts),
        "mrna": mrna_bp[coding],
        "cds": cds_bp,
        "exon": _distinct_lengths(gene_set, exons, gene_set.starts[exons], gene_set.ends[exons]),
        "intron": intron_bp,
    }
    coding_bp = _union(*gene_set.places(gene_set.cds[0]))
    return {
        "genes": genes.size,
        "transcripts": transcripts.size,
        "protein_coding_genes": int(gene_set.is_coding_gene.sum()),
        "protein_coding_transcripts": gene_set.coders.size,
        "exons": exons.size,
        "introns": intron_bp.size,
        "genes_by_biotype": _biotypes(gene_set),
        "transcripts_by_type": _counts(np.array(gene_set.type_names, object)[gene_set.types[transcripts]]),
        "transcripts_per_gene": _mean(per_gene[per_gene > 0]),
        "exons_per_transcript": _mean(coding_exons),
        "cds_parts_per_transcript": _mean(cds_of),
        "mono_exonic_transcripts_pct": _share(coding_exons == 1),
        "mono_exonic_genes_pct": _share(coding_most == 1),
        "median_cds_length_bp": _median(cds_bp),
        "introns_3n_pct": _share(intron_bp % 3 == 0),
        "short_introns": short.size,
        "short_introns_3n_pct": _share(short % 3 == 0),
        "short_intron_bp": SHORT_INTRON_BP,
        **_overlapping(*gene_set.places(genes), gene_set.strands[genes]),
        "coding_bp": coding_bp,
        "lengths": {f"{kind}_bp": _summary(found) for kind, found in kinds.items()},
        "histograms": {
            **{f"{kind}_length_bp": histogram(found) for kind, found in kinds.items()},
            "exons_per_transcript": _counted(coding_exons),
        },
        **_shares_of_genome(gene_set, coding_bp, lengths),
    }


def _shares_of_genome(
    gene_set: _GeneSet, coding_bp: int, lengths: Mapping[str, int] | None
) -> dict[str, float | None]:
    """Genes and bases of genes beside those of the genome; None without its `lengths` (bp)."""
    if lengths is None:
        return dict.fromkeys(("genome_bp", "genes_per_mb", "coding_share_pct", "gene_share_pct"))
    genome_bp = sum(lengths.values())
    gene_bp = _union(*gene_set.places(gene_set.genes))
    with_genes = {gene_set.seq_names[code] for code in np.unique(gene_set.seqs[gene_set.genes])}
    return {
        "genome_bp": genome_bp,
        "genes_per_mb": gene_set.genes.size / genome_bp * 1e6 if genome_bp else None,
        "coding_share_pct": 100 * coding_bp / genome_bp if genome_bp else None,
        "gene_share_pct": 100 * gene_bp / genome_bp if genome_bp else None,
        "sequences": len(lengths),
        "sequences_with_genes": len(with_genes & lengths.keys()),
    }


def _parts(
    columns: Columns, types: np.ndarray, names: list[str], kind: str, child: np.ndarray, parent: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the parts of one kind, and row of their transcript; once for each parent.

    Parts without a parent (CDS of some prokaryotic files) are their own transcripts.
    """
    if kind not in names:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    code = names.index(kind)
    chosen = types[child] == code
    alone = np.flatnonzero((types == code) & columns.frame["parent"].is_null().to_numpy())
    return np.concatenate([child[chosen], alone]), np.concatenate([parent[chosen], alone])


def _pseudo(columns: Columns, names: list[str], types: np.ndarray) -> np.ndarray:
    """Whether each feature says that it is a pseudogene's."""
    if b"seudo" not in columns.text:
        return np.zeros(types.size, bool)
    named = np.array([name.lower().startswith("pseudogen") for name in names], bool)[types]
    said = columns.frame["attributes"].str.contains(
        r"(?i)(?:^|;) *(?:pseudo=(?:true|;|$)|pseudogene=|\w*(?:bio|gene_|transcript_)type=[^;]*pseudo)"
    )
    return named | said.to_numpy()


def _intron_lengths(gene_set: _GeneSet, owner: np.ndarray) -> np.ndarray:
    """Lengths of the gaps between exons of a transcript (`owner` of each exon), each place once."""
    exons = gene_set.exon[0]
    order = np.lexsort((gene_set.starts[exons], owner))
    rows, owners = exons[order], owner[order]
    begin, end = gene_set.ends[rows[:-1]], gene_set.starts[rows[1:]]
    kept = (owners[1:] == owners[:-1]) & (end > begin)
    return _distinct_lengths(gene_set, rows[1:][kept], begin[kept], end[kept])


def _distinct_lengths(
    gene_set: _GeneSet, rows: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Lengths of places, on the sequences and strands of these rows, without repeats."""
    order = np.lexsort((ends, starts, gene_set.strands[rows], gene_set.seqs[rows]))
    columns = [column[order] for column in (gene_set.seqs[rows], gene_set.strands[rows], starts, ends)]
    new = np.ones(order.size, bool)
    if order.size:
        new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return (ends - starts)[order][new]


def _union(seqs: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> int:
    """Bases of the genome that at least one place covers, on either strand."""
    if not seqs.size:
        return 0
    shift = np.int64(ends.max() + 1) * seqs
    order = np.argsort(starts + shift, kind="stable")
    begin, end = (starts + shift)[order], (ends + shift)[order]
    reached = np.maximum.accumulate(np.concatenate([[0], end[:-1]]))
    return int(np.maximum(0, end - np.maximum(begin, reached)).sum())


def _overlapping(
    seqs: np.ndarray, starts: np.ndarray, ends: np.ndarray, strands: np.ndarray
) -> dict[str, int]:
    """Genes whose span shares a base with that of another gene: at all, and on the same strand."""
    return {
        "overlapping_genes": _touching(seqs, starts, ends),
        "overlapping_genes_same_strand": _touching(seqs * 4 + strands, starts, ends),
    }


def _touching(groups: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> int:
    if not groups.size:
        return 0
    shift = np.int64(ends.max() + 1) * groups
    order = np.argsort(starts + shift, kind="stable")
    begin, end = (starts + shift)[order], (ends + shift)[order]
    before = np.maximum.accumulate(end)[:-1] > begin[1:]
    after = begin[1:] < end[:-1]
    return int((np.concatenate([[False], before]) | np.concatenate([after, [False]])).sum())


def _biotypes(gene_set: _GeneSet) -> dict[str, int]:
    """Genes of each biotype: what the gene says, else protein_coding (CDS) or its transcript's type."""
    genes, transcripts, types = gene_set.genes, gene_set.transcripts, gene_set.types
    said = (
        gene_set.columns.frame[genes.tolist()]
        .select(
            pl.coalesce(
                [pl.col("attributes").str.extract(rf"(?:^|;) *{key}=([^;]*)") for key in _BIOTYPES]
            ).alias("said")
        )["said"]
        .to_list()
    )
    kind = np.full(types.size, -1)
    kind[gene_set.roots[transcripts[::-1]]] = types[transcripts[::-1]]
    pairs = zip(
        said, gene_set.is_coding_gene.tolist(), kind[genes].tolist(), types[genes].tolist(), strict=True
    )
    return _counts(
        [
            given or ("protein_coding" if coding else gene_set.type_names[of if of >= 0 else own])
            for given, coding, of, own in pairs
        ]
    )


def _counts(values: Any) -> dict[str, int]:
    names, counts = np.unique(np.asarray(values, str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(names[i]): int(counts[i]) for i in order}


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if values.size else None


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if values.size else None


def _share(flags: np.ndarray) -> float | None:
    return 100 * float(flags.mean()) if flags.size else None


def _summary(lengths: np.ndarray) -> dict[str, float | None]:
    """Count, total, mean, extremes, quantiles and N values of lengths."""
    if not lengths.size:
        return {"count": 0, "total": 0}
    ordered = np.sort(lengths)[::-1]
    held = np.cumsum(ordered)
    marks = {f"n{x}": int(ordered[np.searchsorted(held, held[-1] * x / 100)]) for x in (10, 50, 90)}
    low, *quantiles, high = np.percentile(lengths, (0, *_QUANTILES, 100))
    return {
        "count": lengths.size,
        "total": int(held[-1]),
        "mean": float(lengths.mean()),
        "median": float(np.median(lengths)),
        "min": low,
        "max": high,
        **{f"q{q}": float(value) for q, value in zip(_QUANTILES, quantiles, strict=True)},
        **marks,
    }


def histogram(lengths: np.ndarray) -> dict[str, list[float]]:
    """Counts in bins of equal width on a log scale, ten a decade; bin i holds edges[i] <= x < edges[i+1]."""
    if not lengths.size:
        return {"edges": [], "counts": []}
    low = np.floor(np.log10(max(1, lengths.min())) * _HISTOGRAM_STEPS)
    high = np.floor(np.log10(max(1, lengths.max())) * _HISTOGRAM_STEPS) + 1
    edges = np.unique(np.ceil(10 ** (np.arange(low, high + 1) / _HISTOGRAM_STEPS) - 1e-9))
    if lengths.max() >= edges[-1]:
        edges = np.append(edges, lengths.max() + 1)
    counts = np.histogram(lengths, np.append(edges[:-1], edges[-1] - 0.5))[0]
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _counted(values: np.ndarray) -> dict[str, list[int]]:
    """Counts of whole numbers from one to the largest."""
    counts = np.bincount(values)[1:] if values.size else np.zeros(0, int)
    return {"edges": list(range(1, counts.size + 2)) if counts.size else [], "counts": counts.tolist()}


def measure_annotation(
    gff3: str,
    /,
    *,
    id: str,
    out: str,
    lengths: str | None = None,
) -> None:
    """Counts and lengths of the genes of a GFF3.

    gff3: gene set, GFF3, plain or gzip
    id: genome id
    lengths: .fai of the genome, or name and bp a line, for shares of the genome
    out: metrics record to write (JSON)
    """
    sequences = sequence_lengths(lengths) if lengths else None
    record = annotation_statistics(gff3, sequences)
    write_metrics(out, {"id": id, "step": "annotation_statistics", **record})
