"""Non-coding genes from the tables of barrnap, ARAGORN, tRNAscan-SE and Infernal, one gene per locus.

Hits on one strand that share at least half of the shorter compete: rRNA first (by E-value, whichever tool),
then tRNAs of tRNAscan-SE, those of ARAGORN, what else Infernal found; within each the better E-value or
score, then the longer hit. Two rRNAs of different kinds (5.8S within a long hit of 28S) do not compete.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import Gene, Part, Transcript, merged, overlap, total_bp
from linnaea.formats.gff3 import attributes, read_genes, rows, sequence_lengths, write_genes

_RRNA_KINDS = dict.fromkeys(("12S", "16S", "18S"), "SSU") | dict.fromkeys(("23S", "25S", "26S", "28S"), "LSU")
_RRNA_PRODUCTS = {"SSU": "small subunit ribosomal RNA", "LSU": "large subunit ribosomal RNA"}
# Type and product of Rfam families of eukaryotes (Rfam 15), by the beginning of their names.
_FAMILIES = [
    (re.compile(pattern), kind, product)
    for pattern, kind, product in (
        (r"tRNA-Sec$", "tRNA", "tRNA-Sec"),
        (r"(mt-)?tRNA", "tRNA", "tRNA-Xxx"),
        (r"tmRNA|alpha_tmRNA|beta_tmRNA", "tmRNA", "transfer-messenger RNA"),
        (r"(5S_|5_8S_|SSU_|LSU_|PK-G12)rRNA", "rRNA", ""),
        (r"U([124567]|11|12)$|U[46]atac", "snRNA", "{} spliceosomal RNA"),
        (r"RNase_MRP", "RNase_MRP_RNA", "RNase MRP RNA"),
        (r"RNaseP|RNase_P", "RNase_P_RNA", "RNase P RNA"),
        (r".*SRP", "SRP_RNA", "signal recognition particle RNA"),
        (r"[Tt]elomerase|Sacc_telomerase", "telomerase_RNA", "telomerase RNA"),
        (r"Vault", "vault_RNA", "vault RNA"),
        (r"Y_RNA", "Y_RNA", "Y RNA"),
        (r"(mir|MIR|let|lin|bantam|lsy)(-|_|\d|$)", "pre_miRNA", "microRNA {} precursor"),
        (
            r"SNOR|snoR|sno|snR\d|snoZ|SCARNA|U3$|U8$|U1[3-9]|Fungi_U3|Plant_U3|ACEA_U3",
            "snoRNA",
            "small nucleolar RNA {}",
        ),
    )
]
# Elements of messenger RNAs are no genes.
_NO_GENE = re.compile(
    r"Histone3|IRE(_|$)|IRES|SECIS|.*riboswitch|.*_leader|.*_FSE|.*frameshift|.*_(3|5)UTR|K_chan", re.I
)
_ARAGORN = re.compile(
    r"\d+ +(?P<kind>\S+) +(?P<strand>c?)\[(?P<start>-?\d+),(?P<end>-?\d+)\]\s+(?P<at>[\d,]+)\s*"
    r"(?:\((?P<anticodon>[A-Za-z.]+)\))?(?:i\((?P<intron>\d+),(?P<length>\d+)\))?"
)
_TOOL_RANK = {"tRNAscan-SE": 1, "ARAGORN": 2}


@dataclass(slots=True)
class Hit:
    """One hit of one tool; `exons` ascend, 0-based half-open; a smaller `badness` is better."""

    seqid: str
    strand: str
    exons: list[Part]
    type: str
    tool: str
    product: str
    badness: float
    score: float | None = None
    kind: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    pseudo: bool = False

    @property
    def start(self) -> int:
        return self.exons[0][0]

    @property
    def end(self) -> int:
        return self.exons[-1][1]

    @property
    def rank(self) -> int:
        return 0 if self.type == "rRNA" else _TOOL_RANK.get(self.tool, 3)


def _fault(path: str | Path, number: int, tool: str) -> InputError:
    return InputError(
        f"{path}, line {number}: this is not output of {tool}; run {tool} again or give its file"
    )


def _trna(amino_acid: str, anticodon: str) -> tuple[str, dict[str, str]]:
    """Product and attributes of a tRNA; the anticodon in RNA letters, left out when it is not known."""
    anticodon = anticodon.upper().replace("T", "U")
    known = re.fullmatch("[ACGU]{3}", anticodon) is not None
    name = amino_acid if re.fullmatch("[A-Z][a-z]{2}|fMet|iMet|Ile2|SeC", amino_acid) else "Xxx"
    name = {"SeC": "Sec", "Ile2": "Ile", "Und": "Xxx"}.get(name, name)
    return (f"tRNA-{name}({anticodon})", {"anticodon": anticodon}) if known else (f"tRNA-{name}", {})


def barrnap_hits(path: str | Path) -> Iterator[Hit]:
    """rRNAs of barrnap's GFF3; its score column is an E-value."""
    for number, row in enumerate(rows(path), 1):
        if len(row) != 9 or not row[1].startswith("barrnap"):
            raise _fault(path, number, "barrnap")
        found = attributes(row[8])
        size = found.get("Name", "").removesuffix("_rRNA").replace("_", ".")
        extra = {"Note": found["note"]} if "note" in found else {}
        yield Hit(
            row[0], row[6], [(int(row[3]) - 1, int(row[4]))], "rRNA", "barrnap", f"{size} ribosomal RNA",
            float(row[5]), kind=_RRNA_KINDS.get(size, size), attributes=extra,
        )  # fmt: skip


def aragorn_hits(path: str | Path) -> Iterator[Hit]:
    """tRNAs and tmRNAs of ARAGORN's batch output (-w); hits over the ends of a circle are left out.

    For eukaryotes ask for introns one base after the anticodon (-if116). Measured on yeast: with them 98 % of
    the tRNAs are found, without introns 78 %; with introns anywhere (-i116) one amino acid in 17 is wrong.
    """
    seqid = None
    for number, line in enumerate(Path(path).read_text(errors="replace").splitlines(), 1):
        if line.startswith(">end") or not line.strip() or line.endswith((" genes found", " gene found")):
            continue
        if line.startswith(">"):
            seqid = line[1:].split()[0]
            continue
        if line.startswith("Nothing found"):
            continue
        match = _ARAGORN.match(line.strip())
        if not match or seqid is None:
            raise _fault(path, number, "ARAGORN (-w)")
        start, end = int(match["start"]) - 1, int(match["end"])
        if start < 0 or end <= start:
            continue
        strand = "-" if match["strand"] else "+"
        if match["kind"].startswith("tmRNA"):
            yield Hit(seqid, strand, [(start, end)], "tmRNA", "ARAGORN", "transfer-messenger RNA", 0.0)
            continue
        exons = [(start, end)]
        if match["intron"]:
            # Counted from the gene's first base in reading direction.
            first, size = int(match["intron"]) - 1, int(match["length"])
            left = start + first if strand == "+" else end - first - size
            exons = [part for part in ((start, left), (left + size, end)) if part[0] < part[1]]
        product, found = _trna(match["kind"].partition("-")[2], match["anticodon"] or "")
        yield Hit(seqid, strand, exons, "tRNA", "ARAGORN", product, 0.0, attributes=found)


def trnascan_hits(path: str | Path) -> Iterator[Hit]:
    """tRNAs of tRNAscan-SE's table (-o); undetermined ones have no anticodon, pseudogenes are labelled."""
    header = True
    for number, line in enumerate(Path(path).read_text(errors="replace").splitlines(), 1):
        columns = [column.strip() for column in line.split("\t")]
        if header and (line.startswith(("Sequence", "Name", "--------")) or not line.strip()):
            continue
        header = False
        try:
            name, _, begin, end, amino_acid, anticodon, *bounds, score = columns[:9]
            first, last = sorted((int(begin), int(end)))
            introns = [
                sorted((int(a), int(b)))
                for a, b in zip(*(bound.split(",") for bound in bounds), strict=True)
                if int(a)
            ]
            value = float(score)
        except ValueError:
            raise _fault(path, number, "tRNAscan-SE (-o)") from None
        edges = sorted([first - 1, last, *(edge for a, b in introns for edge in (a - 1, b))])
        product, found = _trna(amino_acid, anticodon)
        yield Hit(
            name.split()[0], "+" if int(begin) <= int(end) else "-",
            list(zip(edges[::2], edges[1::2], strict=True)), "tRNA", "tRNAscan-SE", product, -value, value,
            attributes=found, pseudo=any("pseudo" in column for column in columns[9:]),
        )  # fmt: skip


def infernal_hits(path: str | Path) -> Iterator[Hit]:
    """Significant hits (`!`) of cmscan or cmsearch --tblout, format 1 or 2, but `=` of format 2."""
    lines = Path(path).read_text(errors="replace").splitlines()
    indexed = any(line.startswith("#idx") for line in lines[:2])
    search = any(re.match(r"# Program: +cmsearch", line) for line in lines)
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split()
        try:
            if indexed:
                _, target, target_accession, query, query_accession, _, *rest = columns
            else:
                target, target_accession, query, query_accession, *rest = columns
            _, _, _, begin, end, strand, truncated, _, _, _, score, evalue, significant, *more = rest
            first, last = sorted((int(begin), int(end)))
            bits, expected = float(score), float(evalue)
        except ValueError:
            raise _fault(path, number, "Infernal (--tblout)") from None
        seqid, family, accession = (
            (target, query, query_accession) if search else (query, target, target_accession)
        )
        if significant != "!" or (indexed and more[:1] == ["="]) or _NO_GENE.match(family):
            continue
        kind, product = _family(family)
        extra = {"Dbxref": f"RFAM:{accession}"} if accession.startswith("RF") else {}
        ends = [side for side in ("5", "3") if f"{side}'" in truncated]
        if ends:
            extra["partial"] = ",".join(ends)
        yield Hit(
            seqid, strand, [(first - 1, last)], kind, "Infernal", product, expected, bits,
            kind=_rrna_kind(family) if kind == "rRNA" else "", attributes=extra,
        )  # fmt: skip


def _rrna_kind(family: str) -> str:
    return {"5S_rRNA": "5S", "5_8S_rRNA": "5.8S"}.get(family, "LSU" if "LSU" in family else "SSU")


def _family(name: str) -> tuple[str, str]:
    """SO type and product of an Rfam family; what is not known by name is an ncRNA."""
    for pattern, kind, product in _FAMILIES:
        if pattern.match(name):
            if kind == "rRNA":
                size = _rrna_kind(name)
                product = _RRNA_PRODUCTS.get(size, f"{size} ribosomal RNA")
            return kind, product.format(name.replace("_", " "))
    return "ncRNA", name.replace("_", " ")


READERS: dict[str, Callable[[str | Path], Iterator[Hit]]] = {
    "barrnap": barrnap_hits,
    "aragorn": aragorn_hits,
    "trnascan": trnascan_hits,
    "infernal": infernal_hits,
}


def best_hits(hits: Iterable[Hit]) -> tuple[list[Hit], int]:
    """One hit a locus, by position, and how many lost against a better one (see above)."""
    kept: dict[tuple[str, str], list[Hit]] = {}
    lost = 0
    for hit in sorted(hits, key=lambda h: (h.rank, h.badness, h.start - h.end, h.seqid, h.start)):
        rivals = kept.setdefault((hit.seqid, hit.strand), [])
        if any(_same_locus(hit, other) for other in rivals):
            lost += 1
        else:
            rivals.append(hit)
    listed = [hit for rivals in kept.values() for hit in rivals]
    return sorted(listed, key=lambda hit: (hit.seqid, hit.start, hit.end, hit.strand)), lost


def _same_locus(one: Hit, other: Hit) -> bool:
    if one.type == other.type == "rRNA" and one.kind != other.kind:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0 and 2 * shared >= min(one.end - one.start, other.end - other.start)


def _coding_parts(genes: Iterable[Gene]) -> dict[tuple[str, str], list[tuple[Part, str]]]:
    """CDS parts of each strand of each sequence, ascending, with the gene's name."""
    parts: dict[tuple[str, str], list[tuple[Part, str]]] = {}
    for gene in genes:
        union = merged([part for model in gene.transcripts for part in model.cds])
        parts.setdefault((gene.seqid, gene.strand), []).extend((part, gene.id) for part in union)
    return {place: sorted(listed) for place, listed in parts.items()}


def noncoding_genes(
    hits: Iterable[Hit],
    coding: Iterable[Gene] = (),
    names: Mapping[str, str] | None = None,
    prefix: str = "",
    order: Iterable[str] = (),
) -> tuple[list[Gene], dict[str, Any]]:
    """Genes, and the record `noncoding_genes`.

    A hit that shares bases with the CDS of a coding gene on its strand is dropped; an rRNA stays and
    names the gene (`overlaps_coding`), because reading frames within rDNA are more often wrong than rRNA
    hits. `names` maps the names of sequences to those of `coding` and of the result; genes are numbered in
    the `order` of sequences.
    """
    found = list(hits)
    if names is not None:
        for hit in found:
            if hit.seqid not in names:
                raise InputError(
                    f"a {hit.tool} hit lies on {hit.seqid}, which the map of names lacks; "
                    "give the map of this run"
                )
            hit.seqid = names[hit.seqid]
    chosen, lost = best_hits(found)
    rank = {name: number for number, name in enumerate(order)}
    chosen.sort(key=lambda hit: rank.get(hit.seqid, len(rank)))
    coding_parts = _coding_parts(coding)
    genes: list[Gene] = []
    counts: Counter[tuple[str, str]] = Counter()
    numbers: Counter[str] = Counter()
    dropped = labelled = 0
    for hit in chosen:
        rival = next(
            (
                name
                for part, name in coding_parts.get((hit.seqid, hit.strand), ())
                if part[0] < hit.end and overlap(hit.exons, [part])
            ),
            None,
        )
        if rival and hit.type != "rRNA":
            dropped += 1
            continue
        labelled += rival is not None
        numbers[hit.type] += 1
        counts[hit.type, hit.tool] += 1
        genes.append(_gene(hit, f"{prefix}{hit.type}_{numbers[hit.type]}", rival))
    record = {
        "types": [
            {"type": kind, "tool": tool, "genes": number}
            for (kind, tool), number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ],
        "genes": len(genes),
        "hits": len(found),
        "lost_to_better_hits": lost,
        "dropped_in_coding_sequence": dropped,
        "labelled_overlaps_coding": labelled,
        "pseudogene_candidates": sum(gene.attributes.get("pseudogene_candidate") == "yes" for gene in genes),
        "bp": sum(total_bp(gene.transcripts[0].exons) for gene in genes),
    }
    return genes, record


def _gene(hit: Hit, ident: str, rival: str | None) -> Gene:
    of_gene = {"biotype": hit.type, "Name": hit.product}
    if hit.pseudo:
        of_gene["pseudogene_candidate"] = "yes"
    if rival:
        of_gene["overlaps_coding"] = rival
    place = (hit.seqid, hit.strand)
    model = Transcript(
        f"{ident}.t1", *place, hit.exons, type=hit.type, source=hit.tool, score=hit.score,
        attributes={"product": hit.product, **hit.attributes},
    )  # fmt: skip
    return Gene(ident, *place, [model], source=hit.tool, attributes=of_gene)


def names_map(path: str) -> dict[str, str]:
    """Name inside the workflow -> the user's name, from the first two columns of a table."""
    rows = (line.split("\t") for line in Path(path).read_text().splitlines() if line)
    try:
        return {row[0]: row[1] for row in rows}
    except IndexError:
        raise InputError(f"{path}: a line has no second column; give name inside and user's name") from None


def convert_hits(
    *,
    id: str,
    lengths: str,
    out: str,
    metrics: str,
    barrnap: Sequence[str] = (),
    aragorn: Sequence[str] = (),
    trnascan: Sequence[str] = (),
    infernal: Sequence[str] = (),
    genes: str | None = None,
    names: str | None = None,
    prefix: str = "",
) -> None:
    """Non-coding genes (GFF3) from the tables of barrnap, ARAGORN, tRNAscan-SE and Infernal.

    id: genome id
    barrnap: GFF3 of barrnap
    aragorn: output of aragorn -w
    trnascan: output of tRNAscan-SE -o
    infernal: --tblout of cmscan or cmsearch
    genes: protein-coding genes (GFF3) that overlapping hits give way to
    names: TSV: name in the tools' files, name in --genes, --lengths and --out
    lengths: .fai of the genome (order of the sequences)
    prefix: put before the IDs of the genes
    out: genes to write (GFF3)
    metrics: metrics record to write (JSON)
    """
    tables = {"barrnap": barrnap, "aragorn": aragorn, "trnascan": trnascan, "infernal": infernal}
    hits = [hit for tool, reader in READERS.items() for path in tables[tool] for hit in reader(path)]
    sequences = sequence_lengths(lengths)
    coding = read_genes(genes) if genes else ()
    user_names = names_map(names) if names else None
    noncoding, record = noncoding_genes(hits, coding, user_names, prefix, sequences)
    write_genes(out, noncoding, sequences)
    write_metrics(metrics, {"id": id, "step": "noncoding_genes", **record})
