"""Tracks of an annotation for genome browsers: indexed files and a configuration of JBrowse 2."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pysam

from linnaea.annotation.prepare_assembly import read_names
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.genome_browser import indexed, jbrowse_track, write_bigwig, write_jbrowse
from linnaea.formats.gff3 import read_genes, rows, write_genes
from linnaea.formats.sequences import byte_blocks, is_empty


def coverage_bigwig(bedgraph: str | Path, lengths: Mapping[str, int], target: Path) -> None:
    """Depth along the genome as bigWig, sequences in the order of `lengths` (bp)."""
    by_sequence: dict[str, tuple[list[int], list[int], list[float]]] = {}
    for row in rows(bedgraph):
        starts, ends, depths = by_sequence.setdefault(row[0], ([], [], []))
        starts.append(int(row[1]))
        ends.append(int(row[2]))
        depths.append(float(row[3]))
    write_bigwig(by_sequence, lengths, target)


def own_names(paths: Iterable[str | Path], names: Mapping[str, tuple[str, int]], target: Path) -> None:
    """Models under short names written under the user's, called by their protein and place, as one GFF3."""
    genes = [gene for path in paths for gene in read_genes(path)]
    for gene in genes:
        gene.seqid = names[gene.seqid][0]
        for model in gene.transcripts:
            model.seqid = gene.seqid
            model.id = f"{model.attributes.get('protein', model.id)}:{gene.seqid}:{model.start + 1}"
        gene.id = f"{gene.transcripts[0].id}.gene"
    write_genes(target, genes, dict(names.values()))


def write_tracks(
    ident: str,
    annotation: str | Path,
    assembly: str | Path,
    names: Mapping[str, tuple[str, int]],
    outdir: Path,
    proteins: Iterable[str | Path] = (),
    junctions: str | Path | None = None,
    coverage: str | Path | None = None,
    repeats: str | Path | None = None,
) -> None:
    """Fill `outdir` with the assembly, one indexed file a track, and config.json for JBrowse 2."""
    outdir.mkdir(parents=True, exist_ok=True)
    lengths = dict(names.values())
    order = {name: i for i, name in enumerate(lengths)}
    fasta = outdir / f"{ident}.fasta.gz"
    with complete_bgzf(fasta) as out:
        for block in byte_blocks(assembly):
            out.write(block)
    pysam.faidx(str(fasta))
    tracks = []
    genes = outdir / f"{ident}.genes.gff3.gz"
    indexed(rows(annotation), order, 3, genes, "gff")
    tracks.append(jbrowse_track("Genes", ident, genes.name))
    proteins = list(proteins)
    if proteins:
        renamed, target = outdir / "renamed.gff3", outdir / f"{ident}.protein_alignments.gff3.gz"
        own_names(proteins, names, renamed)
        indexed(rows(renamed), order, 3, target, "gff")
        renamed.unlink()
        tracks.append(jbrowse_track("Protein alignments", ident, target.name))
    for name, path in (("RNA introns", junctions), ("Repeats", repeats)):
        if path and not is_empty(path):
            target = outdir / f"{ident}.{name.lower().replace(' ', '_')}.bed.gz"
            indexed(rows(path), order, 1, target, "bed")
            tracks.append(jbrowse_track(name, ident, target.name))
    if coverage:
        target = outdir / f"{ident}.rna_coverage.bw"
        coverage_bigwig(coverage, lengths, target)
        tracks.append(jbrowse_track("RNA coverage", ident, target.name))
    write_jbrowse(outdir / "config.json", ident, fasta.name, tracks)


def export_tracks(
    *,
    id: str,
    annotation: str,
    assembly: str,
    names: str,
    outdir: Path,
    proteins: Sequence[str] = (),
    junctions: str | None = None,
    coverage: str | None = None,
    repeats: str | None = None,
) -> None:
    """Indexed files of an annotation and its evidence for genome browsers, and a configuration of JBrowse 2.

    id: genome id
    annotation: GFF3
    assembly: plain or gzip (FASTA)
    names: table of names of prepare_assembly.py (TSV)
    proteins: models of protein_models.py, short names (GFF3)
    junctions: RNA introns (BED)
    coverage: depth of RNA reads (BEDGRAPH)
    repeats: BED
    outdir: folder to write
    """
    evidence = (proteins, junctions, coverage, repeats)
    write_tracks(id, annotation, assembly, read_names(names), outdir, *evidence)
