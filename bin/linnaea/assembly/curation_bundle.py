"""The folder that is handed over for manual curation: maps, tracks, pictures, views of genome browsers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from linnaea.assembly.contact_bins import write_mcool
from linnaea.assembly.curation_pictures import Map, pictures, write_page
from linnaea.assembly.curation_tracks import (
    Track,
    coverage_track,
    haplotig_track,
    repeat_track,
    sequence_tracks,
    write_bedgraph,
)
from linnaea.assembly.joint_sequences import JointSequence, join_sequences, read_joint_sequences
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.text import listing, some
from linnaea.formats.genome_browser import indexed, jbrowse_track, write_bigwig, write_jbrowse
from linnaea.formats.gff3 import read_genes

# Tracks, in the order of the pictures: name (PretextGraph draws by it), name in browsers, what it says.
TRACKS = {
    "gap": ("Gaps", "runs of N, the value is the length in bp"),
    "coverage": ("Read depth", "depth of long reads in windows of 1 kb"),
    "telomere": (
        "Telomere motif",
        "arrays of the telomere motif on either strand, the value is the length in bp",
    ),
    "repeat_density": ("Repeats", "bases masked by WindowMasker in windows of 10 kb"),
    "haplotig_coverage": (
        "Other haplotype",
        "how often the other haplotypes align to a place, in windows of 1 kb",
    ),
}
JOINED = "Hi-C reads were mapped once to the sequences of both haplotypes together (joint map)."
ALONE = "Hi-C reads were mapped to the sequences of this assembly alone."


def join_haplotypes(haplotypes: Sequence[str], /, *, fasta: Path, table: str) -> None:
    """Write the sequences of all haplotypes to one FASTA, with names that tell the haplotype.

    haplotypes: NAME=FASTA for each haplotype
    fasta: FASTA to write (bgzipped, with indexes .fai and .gzi)
    table: names in the map and in the haplotypes (TSV)
    """
    join_sequences(_pairs(haplotypes), fasta, table)


def _pairs(words: Sequence[str]) -> dict[str, str]:
    """NAME=FILE of a command line."""
    pairs = {}
    for word in words:
        name, separator, path = word.partition("=")
        if not separator:
            raise InputError(f"{word}: give NAME=FILE")
        pairs[name] = path
    return pairs


def write_bundle(
    *,
    id: str,
    fasta: str,
    table: str,
    pairs: Sequence[str],
    bin_bp: int,
    min_mapq: int,
    repeats: str,
    outdir: Path,
    telomere_motif: str = "auto",
    depth: Sequence[str] = (),
    first: str = "",
    homologous: Sequence[str] = (),
    annotation: str | None = None,
) -> None:
    """Write maps, tracks, pictures and views for curation to a folder.

    id: genome id
    fasta: sequences of the map, as join_haplotypes wrote them
    table: their names (TSV)
    pairs: Hi-C pairs on these sequences, with mapping qualities
    bin_bp: smallest bin of the maps
    min_mapq: least mapping quality of the first map; the second takes all pairs
    repeats: intervals of WindowMasker
    outdir: folder to write
    telomere_motif: motif on either strand, or auto
    depth: read depth of each haplotype, NAME=BEDGRAPH
    first: haplotype that the others were aligned to
    homologous: alignments of other haplotypes to the first, NAME=PAF
    annotation: genes on the first haplotype (GFF3)
    """
    outdir.mkdir(parents=True, exist_ok=True)
    sequences = read_joint_sequences(table)
    lengths = {sequence.name: sequence.length_bp for sequence in sequences}
    names = {(one.haplotype, one.original_name): one.name for one in sequences}
    maps = []
    used = []
    for quality in dict.fromkeys((min_mapq, 0)):
        target = outdir / f"{id}.mapq{quality}.mcool"
        used.append(write_mcool(pairs, lengths, bin_bp, quality, target).used)
        maps.append(Map(str(target), f"MAPQ ≥ {quality}" if quality else "all mapped pairs (MAPQ ≥ 0)"))
    gaps, arrays, motif = sequence_tracks(fasta, telomere_motif)
    every: dict[str, Track] = {
        "gap": gaps,
        "coverage": coverage_track(_pairs(depth), names),
        "telomere": arrays,
        "repeat_density": repeat_track(repeats, lengths),
        "haplotig_coverage": haplotig_track(_pairs(homologous), first, names, lengths) if homologous else {},
    }
    # a file without a row is none: published files that are empty stop a run
    tracks = {
        name: every[name] for name in TRACKS if any(len(starts) for starts, _, _ in every[name].values())
    }
    for name, track in tracks.items():
        write_bedgraph(track, list(lengths), outdir / f"{id}.{name}.bedgraph.gz")
        write_bigwig(track, lengths, outdir / f"{id}.{name}.bw")
    views = [jbrowse_track(TRACKS[name][0], id, f"{id}.{name}.bw") for name in tracks]
    notes = [JOINED if len({one.haplotype for one in sequences}) > 1 else ALONE]
    if annotation:
        genes = outdir / f"{id}.genes.bed.gz"
        strange = _write_genes(annotation, names, first, lengths, genes)
        if genes.exists():
            views.append(jbrowse_track("Genes", id, genes.name))
        if strange:
            notes.append(f"Genes on sequences that the map lacks: {sum(strange.values())} ({some(strange)}).")
    write_jbrowse(outdir / "config.json", id, Path(fasta).name, views)
    with complete_file(outdir / "higlass.json") as handle:
        json.dump(higlass_view(id, [Path(one.path).name for one in maps], list(tracks)), handle, indent=1)
    notes.append(_counts(used, min_mapq))
    notes.append(f"Telomere motif: {motif}." if motif else "No telomere motif is known.")
    notes += [f"{TRACKS[name][0]}: no track ({why})." for name, why in _absent(tracks, depth, homologous)]
    (outdir / "make_pretext.sh").write_text(
        pretext_commands(id, [Path(p).name for p in pairs], min_mapq, tracks)
    )
    (outdir / "make_pretext.sh").chmod(0o755)
    (outdir / "README.txt").write_text(
        _readme(id, maps, tracks, notes, sequences, (outdir / f"{id}.genes.bed.gz").exists())
    )
    write_page(outdir / "maps.html", f"{id}: contact maps", notes, pictures(id, maps, sequences, tracks))


def _counts(used: Sequence[int], min_mapq: int) -> str:
    if len(used) == 1:
        return f"The map holds {used[0]:,} pairs without duplicates."
    return (
        f"The map of MAPQ ≥ {min_mapq} holds {used[0]:,} pairs without duplicates, "
        f"that of MAPQ ≥ 0 {used[1]:,}."
    )


def _absent(
    tracks: Mapping[str, Track], depth: Sequence[str], homologous: Sequence[str]
) -> list[tuple[str, str]]:
    reasons = {
        "coverage": "no long reads, or the step evaluate did not run",
        "haplotig_coverage": "there is no other haplotype",
        "telomere": "no motif, or no array of it",
        "gap": "there are none",
    }
    return [(name, reasons[name]) for name in TRACKS if name not in tracks and name in reasons]


def _write_genes(
    annotation: str,
    names: Mapping[tuple[str, str], str],
    first: str,
    lengths: Mapping[str, int],
    target: Path,
) -> dict[str, int]:
    """Write the spans of genes as indexed BED; returns the numbers of genes on sequences not in the map."""
    strange: dict[str, int] = {}
    rows = []
    for gene in read_genes(annotation):
        name = names.get((first, gene.seqid))
        if name is None:
            strange[gene.seqid] = strange.get(gene.seqid, 0) + 1
        else:
            rows.append([name, str(gene.start), str(gene.end), gene.id, "0", gene.strand])
    order = {name: k for k, name in enumerate(lengths)}
    if rows:
        indexed(rows, order, 1, target, "bed")
    return strange


def higlass_view(ident: str, mcools: Sequence[str], tracks: Sequence[str]) -> dict[str, Any]:
    """A view of HiGlass: the maps side by side, zoomed together, each below the tracks.

    The uids of the tilesets are the names of the files beside it, which README.txt says how to load.
    """
    server = "http://localhost:8989/api/v1"
    views: list[dict[str, Any]] = []
    for number, mcool in enumerate(mcools):
        bars = [
            {
                "uid": f"{track}{number}", "type": "horizontal-bar", "server": server, "height": 40,
                "tilesetUid": f"{ident}.{track}.bw", "options": {"name": track, "labelPosition": "topLeft"},
            }
            for track in tracks
        ]  # fmt: skip
        heatmap = {
            "uid": f"map{number}", "type": "heatmap", "server": server, "tilesetUid": mcool,
            "options": {
                "name": mcool, "heatmapValueScaling": "log", "colorRange": ["white", "#f5a623", "#b10026"],
            },
        }  # fmt: skip
        width = 12 // len(mcools)
        views.append(
            {
                "uid": f"view{number}", "chromInfoPath": f"{ident}.fasta.gz.fai",
                "layout": {"x": number * width, "y": 0, "w": width, "h": 12},
                "tracks": {
                    "top": bars, "left": [], "right": [], "bottom": [],
                    "center": [{"uid": f"center{number}", "type": "combined", "contents": [heatmap]}],
                },
            }
        )  # fmt: skip
    lock = {"lock": {view["uid"]: [0, 0, 1] for view in views} | {"uid": "lock"}}
    locks = {"locksByViewUid": {view["uid"]: "lock" for view in views}, "locksDict": lock}
    return {
        "editable": True, "zoomFixed": False, "trackSourceServers": [server], "views": views,
        "zoomLocks": locks, "locationLocks": locks,
    }  # fmt: skip


def pretext_commands(ident: str, pairs: Sequence[str], min_mapq: int, tracks: Mapping[str, Track]) -> str:
    """Commands that make .pretext maps with tracks and a picture.

    PretextMap takes the mapping quality of SAM alone, so pairs are filtered before it. Sequences stay in the
    order of the map. A track is added to a map by its name.
    """
    lines = [
        "#!/usr/bin/env bash",
        "# Makes maps for PretextView from the files of this folder, with PretextMap, PretextGraph and",
        "# PretextSnapshot (bioconda: pretext-suite). Options of PretextMap may be given:",
        "# bash make_pretext.sh --highRes",
        "set -euo pipefail",
        'cd "$(dirname "$0")"',
        "for quality in " + " ".join(str(q) for q in dict.fromkeys((min_mapq, 0))) + "; do",
        f"    map={ident}.mapq$quality.pretext",
        "    # header of the first file, pairs of all; the last two columns are the mapping qualities",
        f"    gzip -dc {' '.join(pairs)} | awk -F '\\t' -v least=\"$quality\" '",
        "        /^#/ { if (!rows && /^#(# pairs|chromsize|columns)/) print; next }",
        "        { rows = 1 } $9 >= least && $10 >= least' \\",
        '        | PretextMap -o "$map" --sortby nosort --mapq 0 "$@"',
    ]
    lines += [
        f'    gzip -dc {ident}.{name}.bedgraph.gz | PretextGraph -i "$map" -n {name}' for name in tracks
    ]
    lines += [
        '    PretextSnapshot -m "$map" --sequences "=full" -r 1440 -f png -o .',
        "done",
    ]
    return "\n".join(lines) + "\n"


def _readme(
    ident: str, maps: Sequence[Map], tracks: Mapping[str, Track], notes: Sequence[str],
    sequences: Sequence[JointSequence], with_genes: bool,
) -> str:  # fmt: skip
    renamed = [one for one in sequences if one.name != one.original_name]
    haplotypes = list(dict.fromkeys(one.haplotype for one in sequences))
    files = [
        ("maps.html", "pictures of the maps with tracks; open it in a browser"),
        *((Path(one.path).name, f"contact map at all resolutions, raw counts, {one.title}") for one in maps),
        (
            f"{ident}*.pairs.gz",
            "Hi-C pairs without duplicates, with mapping qualities (columns mapq1 and mapq2)",
        ),
        (f"{ident}.fasta.gz", "the sequences of the map (.fai and .gzi are its indexes)"),
        (
            "map_names.tsv",
            "each sequence: name in the map, haplotype, name in the FASTA of the haplotype, length",
        ),
        *(
            (f"{ident}.{name}.bedgraph.gz", f"{TRACKS[name][1]} (.bw: the same for browsers)")
            for name in tracks
        ),
        *([(f"{ident}.genes.bed.gz", "genes of the given annotation")] if with_genes else []),
        ("make_pretext.sh", "makes .pretext maps with these tracks for PretextView"),
        ("config.json", "JBrowse 2: put this folder on a web server, open ?config=config.json"),
        ("higlass.json", "view of HiGlass, after its files are loaded (below)"),
    ]
    width = max(len(name) for name, _ in files)
    load = "    higlass-manage ingest --uid {0} --filetype {1} --datatype {2} {0}"
    loads = [load.format(Path(one.path).name, "cooler", "matrix") for one in maps]
    loads += [load.format(f"{ident}.{name}.bw", "bigwig", "vector") for name in tracks]
    text = [
        f"Curation of {ident}: {len(sequences)} sequences of {listing(haplotypes)}.",
        *notes,
        *([f"{len(renamed)} sequences have another name in the map than in the FASTA of their haplotype "
           "(map_names.tsv)."] if renamed else []),
        "Read depth is of reads mapped to each haplotype alone." if "coverage" in tracks else "",
        "", "Files",
        *(f"  {name:<{width}}  {what}" for name, what in files),
        "", "HiGlass: higlass-manage start, then the lines below, then load the view higlass.json",
        *loads,
    ]  # fmt: skip
    return "\n".join(line for line in text) + "\n"
