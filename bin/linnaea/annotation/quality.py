"""What is right and wrong with a gene set: reading frames, splice sites, support, split and fused genes.

Only protein-coding transcripts are judged. Definitions that AnnoAudit (ERGA) judges by are its own: short
introns have at most 120 bp, an intron is stopless when it holds no stop codon in the frame of its first
base, a gene or exon has RNA support when more than one read covers it (here: a base with depth 2 or more),
an intron when a spliced read has both its ends. Each exon and intron counts once, however many isoforms
share it. A gene is a split candidate when its protein is shorter than 0.75 of that of its best hit, a fused
candidate above 1.25, among pairs that are the best hit of each other; the reverse search is read from the
same table (the query with the highest bit score of a subject), so one DIAMOND run suffices.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics, write_metrics
from linnaea.base.tables import write_table
from linnaea.base.text import bases as in_words
from linnaea.base.text import listing, number, percent
from linnaea.formats.gene_models import (
    Gene,
    Part,
    Transcript,
    by_sequence,
    coding_sequence,
    introns,
    protein,
    recoded,
    spliced,
    total_bp,
    translate,
    unrolled,
)
from linnaea.formats.genetic_codes import code_of
from linnaea.formats.gff3 import read_genes
from linnaea.formats.sequences import byte_blocks, fasta_records

if TYPE_CHECKING:
    import polars as pl

SHORT_INTRON_BP = 120  # AnnoAudit, extract_intron_stats.py
LEAST_INTRON_BP = 10  # ENA refuses shorter ones unless they correct a frame
SUPPORT_DEPTH = 2  # AnnoAudit: more than one read
SPLIT_RATIO, FUSED_RATIO = 0.75, 1.25  # AnnoAudit: protein length over that of the best hit
DISAGREEMENT = 0.5  # of evidence score and RNA support, both 0 to 1
DISJOINT_SHARE = 0.1  # of the shorter alignment, which two parts of one protein may share
MOTIFS = {b"GTAG": "gt_ag", b"GCAG": "gc_ag", b"ATAC": "at_ac"}
PIECE_BYTES = 1 << 22  # of a bedGraph at a time
HIT_COLUMNS = (
    "qseqid", "sseqid", "pident", "length", "qlen", "slen", "qstart", "qend", "sstart", "send", "evalue",
    "bitscore",
)  # fmt: skip
TABLE_COLUMNS = (
    "transcript", "gene", "sequence", "start", "end", "strand", "cds_bp", "exons", "start_codon",
    "stop_codon", "in_frame_stops", "frame", "n_bp", "noncanonical_introns", "shortest_intron_bp",
    "introns_with_rna", "introns", "cds_with_rna_pct", "protein_support", "evidence_score", "best_hit",
    "length_ratio", "duplicate_of", "flags",
)  # fmt: skip
COUNTED_FLAGS = (
    "in_frame_stop", "no_start", "no_stop", "partial_not_labelled", "not_3n", "n_in_cds",
    "noncanonical_intron", "tiny_intron", "duplicate",
)  # fmt: skip

# Introns as (sequence, start, end), with reads by strand.
RnaIntrons = Mapping[tuple[str, int, int], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Hit:
    """One of our proteins aligned to one of the protein set; spans 1-based, lengths in residues."""

    query: str
    subject: str
    query_length: int
    subject_length: int
    query_span: Part
    subject_span: Part
    bitscore: float

    @property
    def ratio(self) -> float:
        return self.query_length / self.subject_length


def columns(path: str | Path, least: int, meaning: str) -> Iterator[list[str]]:
    """Tab-separated rows of a plain or gzip text file without its comments."""
    rest, count = b"", 0
    for block in (*byte_blocks(path), b"\n"):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            count += 1
            if not line or line.startswith((b"#", b"track", b"browser")):
                continue
            row = line.decode(errors="replace").split("\t")
            if len(row) < least:
                raise InputError(
                    f"{path}, line {count}: {len(row)} columns where {meaning} has {least}; give another file"
                )
            yield row


def read_rna_introns(path: str | Path) -> dict[tuple[str, int, int], dict[str, int]]:
    """Introns of a BED file (score: reads), as (sequence, start, end) to reads by strand (+, - or .)."""
    found: dict[tuple[str, int, int], dict[str, int]] = defaultdict(dict)
    for seqid, start, end, _, reads, strand, *_ in columns(path, 6, "BED with strand"):
        by_strand = found[seqid, int(start), int(end)]
        by_strand[strand] = by_strand.get(strand, 0) + int(float(reads))
    return dict(found)


def bedgraph_frames(path: str | Path, block_bytes: int = PIECE_BYTES) -> Iterator["pl.DataFrame"]:
    """A bedGraph in pieces, as frames of `seqid`, `start`, `end`, `depth`: memory holds one piece."""
    import polars as pl

    schema = {"seqid": pl.String, "start": pl.Int64, "end": pl.Int64, "depth": pl.Float64}
    rest = b""
    for block in (*byte_blocks(path, block_bytes), b"\n"):
        whole, _, rest = (rest + block).rpartition(b"\n")
        while whole.startswith((b"#", b"track", b"browser")):
            whole = whole.partition(b"\n")[2]
        if not whole:
            continue
        try:
            yield pl.read_csv(whole, separator="\t", has_header=False, schema=schema, comment_prefix="#")
        except pl.exceptions.PolarsError:
            raise InputError(
                f"{path}: not bedGraph (sequence, start, end, depth, separated by tabs); give another file"
            ) from None


def read_covered(
    path: str | Path, depth: float = SUPPORT_DEPTH, block_bytes: int = PIECE_BYTES
) -> dict[str, np.ndarray]:
    """Intervals covered by at least `depth` reads, from a sorted bedGraph: int64 (n, 2) per sequence."""
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    for frame in bedgraph_frames(path, block_bytes):
        deep = frame.filter(frame["depth"] >= depth)
        for (seqid,), rows in deep.partition_by("seqid", as_dict=True, maintain_order=True).items():
            found[seqid].append(_joined(rows.select("start", "end").to_numpy()))
    return {seqid: _joined(np.concatenate(pieces)) for seqid, pieces in found.items()}


def _joined(intervals: np.ndarray) -> np.ndarray:
    """Ascending intervals with those that touch made one; int64 (intervals, 2)."""
    new = np.flatnonzero(np.concatenate([[True], intervals[1:, 0] > intervals[:-1, 1]]))
    return np.column_stack([intervals[new, 0], intervals[np.append(new[1:], len(intervals)) - 1, 1]])


def covered_bases(intervals: np.ndarray, parts: Sequence[Part]) -> np.ndarray:
    """Bases of each part that lie in `intervals` (ascending, disjoint); int64 (parts,)."""
    wanted = np.array(parts, np.int64).reshape(-1, 2)
    if not len(intervals):
        return np.zeros(len(wanted), np.int64)
    total = np.concatenate([[0], np.cumsum(intervals[:, 1] - intervals[:, 0])])

    def before(x: np.ndarray) -> np.ndarray:
        index = np.searchsorted(intervals[:, 0], x, "right")
        over = np.where(index > 0, intervals[np.maximum(index - 1, 0), 1] - x, 0)
        return total[index] - np.maximum(over, 0)

    return before(wanted[:, 1]) - before(wanted[:, 0])


def read_hits(path: str | Path, known: Collection[str]) -> list[Hit]:
    """Alignments of our proteins (queries named as their transcripts), best first.

    Raises InputError for a table of other columns, or when most queries are not among `known`.
    """
    hits, strange = [], set()
    for row in columns(path, len(HIT_COLUMNS), "the table of protein hits"):
        try:
            length, subject_length, start, end, subject_start, subject_end = map(int, row[4:10])
            parts = (start, end), (subject_start, subject_end)
            hit = Hit(row[0], row[1], length, subject_length, *parts, float(row[11]))
        except ValueError:
            raise InputError(
                f"{path}: the row of {row[0]} is not {' '.join(HIT_COLUMNS)} (DIAMOND or BLAST, format 6)"
            ) from None
        if hit.query in known:
            hits.append(hit)
        else:
            strange.add(hit.query)
    if len(strange) > len({hit.query for hit in hits}):
        raise InputError(
            f"{path}: most of its proteins, such as {listing(sorted(strange)[:3])}, are not transcripts of "
            "the annotation; give the hits of this annotation's proteins"
        )
    return sorted(hits, key=lambda hit: (-hit.bitscore, hit.query, hit.subject))


def _frame_facts(model: Transcript, sequence: bytes, code: int) -> dict[str, Any]:
    """Start, stop, frame and N of one coding sequence."""
    letters = coding_sequence(model, sequence).upper()
    residues = protein(model, sequence, code)
    whole = len(letters) % 3 == 0 or len(residues) > len(letters) // 3
    ends = whole and residues.endswith("*")
    return {
        "start_codon": not model.phase and (letters.startswith(b"ATG") or recoded(model).get(0) == "M"),
        "stop_codon": ends,
        "in_frame_stops": residues.count("*") - ends,
        "frame": whole,
        "n_bp": letters.count(b"N"),
    }


def _flags(row: Mapping[str, Any], partial: str) -> list[str]:
    shortest = row["shortest_intron_bp"]
    found = {
        "in_frame_stop": row["in_frame_stops"],
        "no_start": not row["start_codon"],
        "no_stop": not row["stop_codon"],
        "partial_not_labelled": ("5" not in partial and not row["start_codon"])
        or ("3" not in partial and not row["stop_codon"]),
        "not_3n": not row["frame"],
        "n_in_cds": row["n_bp"],
        "noncanonical_intron": row["noncanonical_introns"],
        "tiny_intron": shortest is not None and shortest < LEAST_INTRON_BP,
        "duplicate": row["duplicate_of"],
        "no_rna": row["cds_with_rna_pct"] == 0 and not row["introns_with_rna"],
    }
    return [flag for flag, raised in found.items() if raised]


class _Sequence:
    """Judges the genes of one sequence; what the evidence says of its parts and introns is looked up once."""

    def __init__(
        self,
        genes: Sequence[Gene],
        letters: bytes,
        rna: RnaIntrons | None,
        covered: np.ndarray | None,
        code: int,
    ):
        self.letters, self.code = letters, code
        self.models = [(gene, model) for gene in genes for model in gene.transcripts if model.cds]
        parts = sorted({part for _, model in self.models for part in (*model.exons, *model.cds)})
        self.covered = (
            None if covered is None else dict(zip(parts, covered_bases(covered, parts).tolist(), strict=True))
        )
        self.exons = {(model.strand, part) for _, model in self.models for part in model.exons}
        self.introns = {
            (model.seqid, model.strand, *part): self._intron(model, part, rna)
            for _, model in self.models
            for part in introns(model.exons)
        }

    def _intron(self, model: Transcript, part: Part, rna: RnaIntrons | None) -> dict[str, Any]:
        letters = spliced(self.letters, [part], model.strand).upper()
        short = len(letters) <= SHORT_INTRON_BP
        reads = None
        if rna is not None:
            by_strand = rna.get((model.seqid, *part), {})
            reads = by_strand.get(model.strand, 0) + by_strand.get(".", 0)
        return {
            "motif": MOTIFS.get(letters[:2] + letters[-2:], "other"),
            "bp": len(letters),
            "short": short,
            "stopless": short and "*" not in translate(letters, self.code),
            "reads": reads,
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per transcript, in the columns of the table."""
        seen: dict[tuple, str] = {}
        for gene, model in self.models:
            gaps = [self.introns[model.seqid, model.strand, *part] for part in introns(model.exons)]
            cds_bp = total_bp(model.cds)
            supported = sum(map(self.covered.__getitem__, model.cds)) if self.covered is not None else None
            same = seen.setdefault((model.strand, tuple(model.exons), tuple(model.cds)), model.id)
            row = {
                "transcript": model.id,
                "gene": gene.id,
                "sequence": model.seqid,
                "start": model.start + 1,
                "end": model.end,
                "strand": model.strand,
                "cds_bp": cds_bp,
                "exons": len(model.exons),
                **_frame_facts(model, self.letters, self.code),
                "noncanonical_introns": sum(gap["motif"] == "other" for gap in gaps),
                "shortest_intron_bp": min((gap["bp"] for gap in gaps), default=None),
                "introns_with_rna": None
                if gaps and gaps[0]["reads"] is None
                else sum(gap["reads"] > 0 for gap in gaps),
                "introns": len(gaps),
                "cds_with_rna_pct": None if supported is None else 100 * supported / cds_bp,
                "protein_support": _number(model.attributes.get("protein_support")),
                "evidence_score": _number(model.attributes.get("evidence_score")),
                "best_hit": None,
                "length_ratio": None,
                "duplicate_of": same if same != model.id else None,
            }
            row["flags"] = _flags(row, model.attributes.get("partial", ""))
            yield row


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def intron_lengths(gaps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Introns of a length divisible by 3 among the short ones, and among the short ones without a stop.

    Genes need no third of their introns to be so: an excess, or no deficit of stopless ones, points at
    exon bases taken for introns and retained introns taken for exons (Roy and Penny 2007, AnnoAudit).
    """
    short = [gap for gap in gaps if gap["short"]]
    stopless = [gap for gap in short if gap["stopless"]]
    return {
        "short_introns": len(short),
        "short_introns_3n_pct": _share(sum(gap["bp"] % 3 == 0 for gap in short), len(short)),
        "stopless_short_introns": len(stopless),
        "stopless_short_introns_3n_pct": _share(sum(g["bp"] % 3 == 0 for g in stopless), len(stopless)),
    }


def best_pairs(hits: Sequence[Hit], gene_of: Mapping[str, str]) -> tuple[dict[str, Hit], dict[str, Hit]]:
    """Best hit of every gene, and those whose protein has that gene as its best (`hits`: best first)."""
    best: dict[str, Hit] = {}
    back: dict[str, str] = {}
    for hit in hits:
        gene = gene_of[hit.query]
        best.setdefault(gene, hit)
        back.setdefault(hit.subject, gene)
    return best, {gene: hit for gene, hit in best.items() if back[hit.subject] == gene}


def _disjoint(one: Part, other: Part) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0]) + 1
    return shared <= DISJOINT_SHARE * min(one[1] - one[0] + 1, other[1] - other[0] + 1)


def split_neighbours(genes: Sequence[Gene], best: Mapping[str, Hit]) -> list[tuple[Gene, Gene, str]]:
    """Neighbours on one strand whose best hits are disjoint parts of one protein, in reading order."""
    found = []
    for _, placed in by_sequence(genes):
        for strand in "+-":
            coding = [
                gene for gene in placed if gene.strand == strand and any(t.cds for t in gene.transcripts)
            ]
            for left, right in pairwise(coding):
                one, other = best.get(left.id), best.get(right.id)
                if not one or not other or one.subject != other.subject:
                    continue
                first, second = (one, other) if strand == "+" else (other, one)
                if (
                    _disjoint(one.subject_span, other.subject_span)
                    and first.subject_span < second.subject_span
                ):
                    found.append((left, right, one.subject))
    return found


def fused_pairs(hits: Sequence[Hit], fused: Mapping[str, Hit], gene_of: Mapping[str, str]) -> dict[str, str]:
    """Fused candidates whose other part hits another protein as well: gene to that protein."""
    found: dict[str, str] = {}
    for hit in hits:
        gene = gene_of[hit.query]
        first = fused.get(gene)
        if (
            first
            and gene not in found
            and hit.query == first.query
            and hit.subject != first.subject
            and hit.ratio > FUSED_RATIO
            and _disjoint(hit.query_span, first.query_span)
        ):
            found[gene] = hit.subject
    return found


def busco_change(proteins: Mapping[str, Any] | None, assembly: Mapping[str, Any] | None) -> dict[str, Any]:
    """BUSCO of the proteins and its change against that of the assembly (points), of one lineage only."""
    if not proteins:
        return {}
    found = {
        "busco_lineage": proteins["lineage"],
        "busco_complete_pct": proteins["complete_pct"],
        "busco_assembly_complete_pct": None,
        "busco_change_points": None,
    }
    if assembly and assembly["lineage"] == proteins["lineage"]:
        found["busco_assembly_complete_pct"] = assembly["complete_pct"]
        found["busco_change_points"] = proteins["complete_pct"] - assembly["complete_pct"]
    return found


def _example(kind: str, reason: str, *genes: Gene) -> dict[str, Any]:
    return {
        "kind": kind,
        "reason": reason,
        "genes": [gene.id for gene in genes],
        "sequence": genes[0].seqid,
        "start": min(gene.start for gene in genes) + 1,
        "end": max(gene.end for gene in genes),
        "strand": genes[0].strand,
    }


def _support(row: Mapping[str, Any]) -> float | None:
    """How far RNA supports a transcript, 0 to 1: mean of covered CDS and of introns seen."""
    shares = [] if row["cds_with_rna_pct"] is None else [row["cds_with_rna_pct"] / 100]
    if row["introns"] and row["introns_with_rna"] is not None:
        shares.append(row["introns_with_rna"] / row["introns"])
    return sum(shares) / len(shares) if shares else None


def _hit_examples(
    genes: Sequence[Gene],
    neighbours: Sequence[tuple[Gene, Gene, str]],
    fused: Mapping[str, Hit],
    second: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Split and fused candidates, those with the stronger evidence first."""
    by_id = {gene.id: gene for gene in genes}
    for left, right, target in neighbours:
        reason = f"neighbours whose proteins are parts of one, {target}: one gene split in two?"
        yield _example("split", reason, left, right)
    for gene, hit in sorted(fused.items(), key=lambda item: (item[0] not in second, -item[1].ratio)):
        also = f", and its other part hits {second[gene]}" if gene in second else ""
        reason = f"its protein is {number(hit.ratio)} times as long as {hit.subject}{also}: two genes in one?"
        yield _example("fused", reason, by_id[gene])


def _model_examples(genes: Sequence[Gene], rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Stops in the frame, long models without support, scores that RNA contradicts, and a good example."""
    by_id = {gene.id: gene for gene in genes}
    for row in sorted(rows, key=lambda row: -row["in_frame_stops"]):
        if stops := row["in_frame_stops"]:
            what = "a stop codon" if stops == 1 else f"{number(stops)} stop codons"
            yield _example("in_frame_stop", f"{what} inside the reading frame", by_id[row["gene"]])
    proteins = any(row["best_hit"] or row["protein_support"] is not None for row in rows)
    alone = [row for row in rows if _support(row) == 0 and not row["protein_support"] and not row["best_hit"]]
    for row in sorted(alone, key=lambda row: -row["cds_bp"]):
        lacks = [
            *(["a read"] if row["cds_with_rna_pct"] is not None else []),
            *(["an RNA intron"] if row["introns"] and row["introns_with_rna"] is not None else []),
            *(["a protein"] if proteins else []),
        ]
        without = " or ".join([", ".join(lacks[:-1]), lacks[-1]] if len(lacks) > 1 else lacks)
        reason = f"{in_words(row['cds_bp'])} of CDS without {without}"
        yield _example("unsupported", reason, by_id[row["gene"]])
    scored = [
        (abs(support - row["evidence_score"]), support, row)
        for row in rows
        if row["evidence_score"] is not None and (support := _support(row)) is not None
    ]
    for apart, support, row in sorted(scored, key=lambda item: -item[0]):
        if apart >= DISAGREEMENT:
            seen = percent(100 * support, 0)
            reason = f"evidence score {number(row['evidence_score'])}, but RNA supports {seen} of it"
            yield _example("disagreement", reason, by_id[row["gene"]])
    good = [row for row in rows if row["introns"] and not row["flags"] and (_support(row) or 0) > 0.95]
    for row in sorted(good, key=lambda row: (-(row["evidence_score"] or 0), abs(row["exons"] - 8)))[:1]:
        seen = "intron" if row["cds_with_rna_pct"] is None else "intron and nearly every base of the CDS"
        yield _example("best", f"a good example: every {seen} is seen in RNA", by_id[row["gene"]])


def handful(examples: Iterable[dict[str, Any]], of_a_kind: int = 2) -> list[dict[str, Any]]:
    """The first examples of each kind, no gene twice."""
    found: list[dict[str, Any]] = []
    shown: set[str] = set()
    kinds: Counter[str] = Counter()
    for example in examples:
        if kinds[example["kind"]] < of_a_kind and not shown & set(example["genes"]):
            found.append(example)
            shown.update(example["genes"])
            kinds[example["kind"]] += 1
    return found


def _judge_sequences(
    annotation: str | Path,
    genes: Sequence[Gene],
    genome: str | Path,
    rna: RnaIntrons | None,
    covered: Mapping[str, np.ndarray] | None,
    code: int,
    mito_code: int | None,
) -> Iterator[_Sequence]:
    """The genes of each sequence with its letters; InputError when they, or the evidence, do not fit it."""
    placed = dict(by_sequence(genes))
    names = set()
    for name, letters in fasta_records(genome):
        names.add(name)
        listed = placed.pop(name, [])
        around = unrolled(letters, listed)
        if listed and (last := max(gene.end for gene in listed)) > len(around):
            raise InputError(
                f"{annotation}: a gene ends at {name}:{last}, beyond the {len(letters)} bp of {name} in "
                f"{genome}; give the genome that was annotated"
            )
        if listed:
            here = None if covered is None else covered.get(name, np.empty((0, 2), np.int64))
            if here is not None and len(around) > len(letters):
                here = np.concatenate([here, here + len(letters)])
            yield _Sequence(listed, around, rna, here, code_of(name, code, mito_code))
    if placed:
        raise InputError(
            f"{annotation}: genes on {listing(list(placed)[:3])}, which {genome} lacks; give the genome that "
            "was annotated"
        )
    for what, found in (
        ("the RNA introns are", {seqid for seqid, _, _ in rna or ()}),
        ("the coverage is", set(covered or ())),
    ):
        if found and not found & names:
            raise InputError(
                f"{what} on sequences such as {listing(sorted(found)[:3])}, {genome} has "
                f"{listing(sorted(names)[:3])}: they share no names; map the reads to this genome"
            )


def _protein_metrics(
    genes: Sequence[Gene], rows: Sequence[dict[str, Any]], hits: Sequence[Hit]
) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """Split and fused candidates; fills the rows' best hits and flags, and lists examples to look at."""
    gene_of = {row["transcript"]: row["gene"] for row in rows}
    best, pairs = best_pairs(hits, gene_of)
    neighbours = split_neighbours(genes, best)
    split = {gene for gene, hit in pairs.items() if hit.ratio < SPLIT_RATIO}
    fused = {gene: hit for gene, hit in pairs.items() if hit.ratio > FUSED_RATIO}
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.query, hit)
    flagged = {
        "split_candidate": split,
        "split_neighbour": {gene.id for pair in neighbours for gene in pair[:2]},
        "fused_candidate": set(fused),
    }
    for row in rows:
        if best_hit := first.get(row["transcript"]):
            row["best_hit"], row["length_ratio"] = best_hit.subject, best_hit.ratio
        row["flags"] += [flag for flag, marked in flagged.items() if row["gene"] in marked]
    record = {
        "genes_with_hit": len(best),
        "best_pairs": len(pairs),
        "split_candidates_pct": _share(len(split), len(pairs)),
        "fused_candidates_pct": _share(len(fused), len(pairs)),
        "split_neighbours": [[left.id, right.id, target] for left, right, target in neighbours],
    }
    return record, _hit_examples(genes, neighbours, fused, fused_pairs(hits, fused, gene_of))


def annotation_quality(
    annotation: str | Path,
    genome: str | Path,
    rna_introns: str | Path | None = None,
    coverage: str | Path | None = None,
    hits: str | Path | None = None,
    code: int = 1,
    mito_code: int | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Judge a gene set; return the metrics and the table, one row per coding transcript.

    Evidence that is not given is not measured: its values are null. Raises InputError for genes on
    sequences the genome lacks or beyond their ends, and when no gene is coding.
    """
    genes = read_genes(annotation, over_origin=True)
    rna = read_rna_introns(rna_introns) if rna_introns else None
    covered = read_covered(coverage) if coverage else None
    rows: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    exons = exons_seen = 0
    genes_seen: set[str] = set()
    for judged in _judge_sequences(annotation, genes, genome, rna, covered, code, mito_code):
        rows += judged.rows()
        gaps += judged.introns.values()
        exons += len(judged.exons)
        if depth := judged.covered:
            exons_seen += sum(depth[part] > 0 for _, part in judged.exons)
            genes_seen |= {gene.id for gene, model in judged.models if any(map(depth.get, model.exons))}
    if not rows:
        raise InputError(f"{annotation} has no coding transcript (rows of type CDS); give another annotation")
    coding = {row["gene"] for row in rows}
    flags = Counter(flag for row in rows for flag in row["flags"])
    motifs = Counter(gap["motif"] for gap in gaps)
    record: dict[str, Any] = {
        "coding_genes": len(coding),
        "coding_transcripts": len(rows),
        **{f"transcripts_{flag}": flags[flag] for flag in COUNTED_FLAGS},
        "introns": len(gaps),
        "splice_sites": {motif: motifs[motif] for motif in (*MOTIFS.values(), "other")},
        "introns_under_10_bp": sum(gap["bp"] < LEAST_INTRON_BP for gap in gaps),
        **intron_lengths(gaps),
        "exons": exons,
        "genes_with_rna_pct": None if covered is None else _share(len(genes_seen), len(coding)),
        "exons_with_rna_pct": None if covered is None else _share(exons_seen, exons),
        "introns_with_rna_pct": None
        if rna is None
        else _share(sum(gap["reads"] > 0 for gap in gaps), len(gaps)),
    }
    examples: list[dict[str, Any]] = []
    if hits:
        found, of_proteins = _protein_metrics(
            genes, rows, read_hits(hits, {row["transcript"] for row in rows})
        )
        record |= found
        examples = list(of_proteins)
    record["genes_to_look_at"] = handful([*examples, *_model_examples(genes, rows)])
    return record, rows


def _shown(value: Any) -> str:
    """A cell of the table: yes and no for facts, NA for what was not measured, four digits of a float."""
    if value is None:
        return "NA"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(value) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def examine_annotation(
    annotation: str,
    genome: str,
    /,
    *,
    id: str,
    out: str,
    table: str,
    rna_introns: str | None = None,
    coverage: str | None = None,
    hits: str | None = None,
    busco_proteins: str | None = None,
    busco_assembly: str | None = None,
    genetic_code: int = 1,
    mito_code: int | None = None,
) -> None:
    """What is right and wrong with a gene set: frames, splice sites, support, split and fused genes.

    annotation: gene set, GFF3 or GTF, plain or gzip
    genome: FASTA, plain or gzip
    id: genome id
    rna_introns: introns of spliced reads; score: reads (BED)
    coverage: depth of RNA reads (BEDGRAPH)
    hits: hits of the proteins in a protein set, format 6: qseqid sseqid pident length qlen slen qstart
        qend sstart send evalue bitscore (TSV)
    busco_proteins: BUSCO record of the proteins (JSON)
    busco_assembly: BUSCO record of the assembly (JSON)
    genetic_code: NCBI number of the code
    mito_code: NCBI number of the code of the mitochondrion
    out: metrics record to write (JSON)
    table: per-transcript table to write (TSV)
    """
    evidence = (rna_introns, coverage, hits)
    codes = (genetic_code, mito_code)
    record, rows = annotation_quality(annotation, genome, *evidence, *codes)
    proteins, assembly = (read_metrics(path) if path else None for path in (busco_proteins, busco_assembly))
    write_table(table, TABLE_COLUMNS, ([_shown(row[column]) for column in TABLE_COLUMNS] for row in rows))
    named = {"id": id, "step": "annotation_quality"}
    write_metrics(out, {**named, **record, **busco_change(proteins, assembly)})
