"""GFF3 (and GTF) of gene models: reading, writing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from linnaea.errors import InputError
from linnaea.gene_models import Gene, Transcript, by_sequence, merged, phases
from linnaea.metrics import complete_file
from linnaea.sequences import blocks

_GTF = re.compile(r'(\w+) "?([^";]*)"?')
_PARTS = ("exon", "CDS", "stop_codon")
_ESCAPES = str.maketrans(
    {"%": "%25", ";": "%3B", "=": "%3D", "&": "%26", ",": "%2C", "\t": "%09", "\n": "%0A"}
)


def attributes(column: str) -> dict[str, str]:
    """Attributes of a GFF3 or GTF line."""
    if "=" in column.split(";", 1)[0]:
        pairs = (item.partition("=") for item in column.strip().split(";") if item)
        return {key.strip(): unquote(value.strip()) for key, _, value in pairs}
    return dict(_GTF.findall(column))


def rows(path: str | Path) -> Iterator[list[str]]:
    """The nine columns of every feature line of a plain or gzip file, up to ##FASTA."""
    rest = ""
    for block in blocks(path):
        lines = (rest + block.decode()).split("\n")
        rest = lines.pop()
        for line in lines:
            if line.startswith("##FASTA"):
                return
            if line and line[0] != "#":
                yield line.split("\t")
    if rest and rest[0] != "#":
        yield rest.split("\t")


def read_genes(path: str | Path) -> list[Gene]:
    """Genes with their transcripts, from GFF3 or GTF, in the order of first appearance.

    Stop codons given as rows of their own (GTF) become part of the CDS; InputError names the row.
    """
    genes: dict[str, Gene] = {}
    transcripts: dict[str, Transcript] = {}
    of_gene: dict[str, tuple[str, str, str, dict[str, str]]] = {}
    parents: dict[str, tuple[str, list[str], dict[str, str]]] = {}
    for number, row in enumerate(rows(path), 1):
        if len(row) != 9:
            raise InputError(
                f"{path}: feature {number} has {len(row)} columns, not the nine of GFF3; repair the file"
            )
        seqid, source, kind, start, end, score, strand, phase, column = row
        found = attributes(column)
        if kind in _PARTS:
            owners = (
                [found["transcript_id"]] if "transcript_id" in found else found.get("Parent", "").split(",")
            )
            for owner in owners:
                model = transcripts.get(owner)
                if model is None:
                    model = transcripts[owner] = Transcript(owner, seqid, strand, [], source=source)
                    if "gene_id" in found:
                        parents.setdefault(owner, (found["gene_id"], [], {}))
                part = (int(start) - 1, int(end))
                if kind == "exon":
                    model.exons.append(part)
                else:
                    model.cds.append(part)
                    first = kind == "CDS" and phase in "12" and phase
                    if first and (
                        part[0] <= min(p[0] for p in model.cds)
                        if strand == "+"
                        else part[1] >= max(p[1] for p in model.cds)
                    ):
                        model.phase = int(phase)
        elif "Parent" in found or (kind in ("transcript", "mRNA") and "transcript_id" in found):
            ident = found.get("ID") or found.get("transcript_id", "")
            parents[ident] = (found.get("Parent") or found.get("gene_id", ""), [kind, source, score], found)
        else:
            of_gene[found.get("ID") or found.get("gene_id", "")] = (kind, source, score, found)
    for ident, model in transcripts.items():
        parent, facts, found = parents.get(ident, ("", [], {}))
        if facts:
            model.type, model.source = facts[0], facts[1]
            model.score = None if facts[2] == "." else float(facts[2])
            model.attributes = found
        model.cds = merged(model.cds)
        model.exons = merged(model.exons + model.cds)
        name = parent or ident
        gene = genes.get(name)
        if gene is None:
            kind, source, score, found = of_gene.get(name, ("gene", model.source, ".", {}))
            gene = genes[name] = Gene(
                name,
                model.seqid,
                model.strand,
                [],
                kind,
                source,
                None if score == "." else float(score),
                found,
            )
        gene.transcripts.append(model)
    return list(genes.values())


def write_genes(path: str | Path, genes: Iterable[Gene], lengths: Mapping[str, int]) -> None:
    """Write sorted GFF3 (gene, transcript, exon, CDS); `lengths` (bp) give the order of sequences."""
    placed = dict(by_sequence(list(genes)))
    with complete_file(path) as handle:
        handle.write("##gff-version 3\n")
        handle.writelines(
            f"##sequence-region {name} 1 {length}\n" for name, length in lengths.items() if name in placed
        )
        for name in lengths:
            for gene in placed.get(name, []):
                handle.write(_gene_lines(gene))
                handle.write("###\n")


def _gene_lines(gene: Gene) -> str:
    lines = [
        _line(
            gene.seqid,
            gene.source,
            gene.type,
            gene.start,
            gene.end,
            gene.score,
            gene.strand,
            ".",
            {**gene.attributes, "ID": gene.id},
        )
    ]
    for model in gene.transcripts:
        place = (gene.seqid, model.source)
        lines.append(
            _line(
                *place,
                model.type,
                model.start,
                model.end,
                model.score,
                gene.strand,
                ".",
                {**model.attributes, "ID": model.id, "Parent": gene.id},
            )
        )
        lines += [
            _line(
                *place,
                "exon",
                *part,
                None,
                gene.strand,
                ".",
                {"ID": f"{model.id}.exon{i}", "Parent": model.id},
            )
            for i, part in enumerate(model.exons, 1)
        ]
        for part, phase in zip(model.cds, phases(model.cds, model.strand, model.phase), strict=True):
            lines.append(
                _line(
                    *place,
                    "CDS",
                    *part,
                    None,
                    gene.strand,
                    phase,
                    {"ID": f"{model.id}.cds", "Parent": model.id},
                )
            )
    return "".join(lines)


def _line(seqid, source, kind, start, end, score, strand, phase, found: Mapping[str, str]) -> str:
    shown = "." if score is None else f"{score:g}"
    first = {key: found[key] for key in ("ID", "Parent") if key in found}
    column = ";".join(f"{key}={value.translate(_ESCAPES)}" for key, value in {**first, **found}.items())
    return f"{seqid}\t{source}\t{kind}\t{start + 1}\t{end}\t{shown}\t{strand}\t{phase}\t{column}\n"
