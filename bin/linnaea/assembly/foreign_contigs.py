"""Contigs of other organisms by the signals of the assembly itself, without a database.

Signals of a contig: coding density of bacterial genes, read depth, tetranucleotides, Hi-C contacts and, where
a table is given, the kingdoms of its best hits. They are compared with those of the host: the contigs less
dense in genes than a prokaryote. The result has the format of an action report of FCS-GX, so that one cleaner
reads both (`contamination.py`).

Genes are those of Prodigal's models for metagenomes (Hyatt et al. 2012, doi:10.1093/bioinformatics/bts429) by
pyrodigal (Larralde 2022, doi:10.21105/joss.04296).

EXCLUDE needs dense bacterial genes, two more signals, and nothing that speaks for the host, an organelle or a
repeat. Two signals, or foreign hits alone, are a REVIEW.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linnaea.assembly.contamination import GX_HEADER, OWN_REPORT
from linnaea.assembly.hic_contacts import Pairs, read_pairs
from linnaea.assembly.kmer_evaluation import BASE_CODE
from linnaea.assembly.read_depth import read_depths, weighted_median
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.base.text import number, some
from linnaea.formats.agp import refuse
from linnaea.formats.sequences import fasta_records, sequence_lengths, text_lines

STEP = "foreign_contigs"
# Of a longer contig, so many windows are measured, at equal distances.
WINDOW_BP, WINDOWS = 20_000, 10
# Tetranucleotides are compared in pieces of about one size, because short ones differ more by chance.
PIECE_BP, SHORTEST_PIECE = 10_000, 3_000
REPEAT_K = 16
# A contig below this length is never EXCLUDE: it has too few genes and reads to be judged.
SHORTEST_EXCLUDED = 10_000
# Prokaryotes code in 80 to 95 % of their bases.
PROKARYOTE_CODING = 0.8
# Genetic code 4 is that of Mycoplasma and Spiroplasma, but of mitochondria as well.
MITOCHONDRION_BP = 200_000
# Depth relative to the host's peak; one copy of a diploid locus has half.
HOST_DEPTH = (0.4, 1.6)
# A short contig of many copies may be an organelle, rDNA or a collapsed repeat.
MULTICOPY_DEPTH, MULTICOPY_BP = 5.0, 300_000
DISTINCT_KMERS = 0.8
# A composition so many scaled median deviations off the bulk of the host's is not the host's.
COMPOSITION_DEVIATIONS = 2.5
# Contacts to the host's contigs, relative to those that the host's contigs have among themselves.
ISOLATED, CONNECTED = 1 / 3, 2 / 3
LEAST_CONTACTS = 20
MIN_MAPQ = 10
FOREIGN_HITS = 0.5
KINGDOMS = ("Bacteria", "Archaea", "Viruses", "Eukaryota")
COLUMNS = (
    "sequence", "length_bp", "gc_pct", "depth_x", "relative_depth", "coding_pct", "gene_code",
    "composition_distance", "distinct_kmers_pct", "hic_pairs", "relative_contacts", "foreign_hits_pct",
    "signals", "action", "reason",
)  # fmt: skip


@dataclass
class Contig:
    """A contig's measures; shares are 0 to 1, and None is not measured.

    `pieces`: canonical tetranucleotide frequencies, (n, 136). `contacts` and `relative_depth` are relative to
    the host's, `composition` is the distance of its tetranucleotides over the host's limit.
    """

    sequence: str
    length: int
    gc: float
    coding: float
    code: int
    distinct: float
    pieces: np.ndarray
    piece_sizes: np.ndarray
    depth: float | None = None
    relative_depth: float | None = None
    composition: float | None = None
    pairs: int = 0
    contacts: float | None = None
    foreign_hits: float | None = None
    signals: dict[str, str] = field(default_factory=dict)
    action: str = ""
    reason: str = ""


class Host(NamedTuple):
    """What the host's contigs have in common; None is not measured."""

    contigs: Sequence[Contig]
    depth: float | None
    contact_share: float | None


def _canonical() -> np.ndarray:
    """Index of each of the 256 tetranucleotides among the 136 that differ from their reverse complements."""
    words = np.arange(256)
    digits = words[:, None] >> np.array([6, 4, 2, 0]) & 3
    reverse = ((3 - digits[:, ::-1]) << np.array([6, 4, 2, 0])).sum(1)
    return np.unique(np.minimum(words, reverse), return_inverse=True)[1]


CANONICAL = _canonical()


def _words(codes: np.ndarray, size: int) -> np.ndarray:
    """Words of `size` letters as numbers, those with other letters than ACGT left out."""
    count = codes.size - size + 1
    if count <= 0:
        return np.zeros(0, np.int64)
    words, usable = np.zeros(count, np.int64), np.ones(count, bool)
    for k in range(size):
        letters = codes[k : k + count]
        words = words << 2 | letters & 3
        usable &= letters < 4
    return words[usable]


def _windows(letters: bytes) -> list[bytes]:
    """A contig, or of a long one windows at equal distances."""
    if len(letters) <= WINDOW_BP * WINDOWS:
        return [letters]
    starts = np.linspace(0, len(letters) - WINDOW_BP, WINDOWS).astype(int)
    return [letters[start : start + WINDOW_BP] for start in starts]


def _tetranucleotides(windows: Iterable[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies of each piece, (n, 136), and the words counted in it, (n,)."""
    counts = []
    for window in windows:
        codes = BASE_CODE[np.frombuffer(window, np.uint8)]
        for piece in np.array_split(codes, max(1, round(codes.size / PIECE_BP))):
            counts.append(np.bincount(CANONICAL[_words(piece, 4)], minlength=136))
    table = np.array([one for one in counts if one.sum() >= SHORTEST_PIECE]).reshape(-1, 136)
    sizes = table.sum(1)
    return table / np.maximum(sizes, 1)[:, None], sizes


def _coding(finder: Any, windows: Iterable[bytes]) -> tuple[float, int]:
    """Share of the bases in genes of a prokaryote, and the genetic code of most of these bases."""
    coding, bases = 0, 0
    codes: Counter[int] = Counter()
    for window in windows:
        genes = finder.find_genes(window)
        covered = np.zeros(len(window), bool)
        for gene in genes:
            covered[gene.begin - 1 : gene.end] = True
        coding += int(covered.sum())
        bases += int((BASE_CODE[np.frombuffer(window, np.uint8)] < 4).sum())
        if genes:
            codes[genes.training_info.translation_table] += int(covered.sum())
    return coding / max(bases, 1), codes.most_common(1)[0][0] if codes else 11


def measure_contig(name: str, letters: bytes, finder: Any) -> Contig:
    """GC, coding density, tetranucleotides and repetitiveness of a contig."""
    windows = _windows(letters)
    codes = BASE_CODE[np.frombuffer(b"N".join(windows), np.uint8)]
    words = _words(codes, REPEAT_K)
    coding, code = _coding(finder, windows)
    pieces, sizes = _tetranucleotides(windows)
    return Contig(
        name, len(letters), float(((codes == 1) | (codes == 2)).sum() / max((codes < 4).sum(), 1)),
        coding, code, len(np.unique(words)) / max(len(words), 1), pieces, sizes,
    )  # fmt: skip


def _measured(assembly: str, threads: int) -> Iterator[Contig]:
    """Contigs of a FASTA in its order; a few for each thread are in memory."""
    try:
        from pyrodigal import GeneFinder
    except ModuleNotFoundError:
        raise InputError("the Python package pyrodigal is not installed; run the set-up again") from None
    finder = GeneFinder(meta=True, mask=True)
    with ThreadPoolExecutor(threads) as pool:
        waiting = []
        for name, letters in fasta_records(assembly):
            waiting.append(pool.submit(measure_contig, name, letters, finder))
            if len(waiting) >= 4 * threads:
                yield waiting.pop(0).result()
        for one in waiting:
            yield one.result()


def read_contig_depths(path: str, lengths: Mapping[str, int]) -> dict[str, float]:
    """Median read depth of each contig, from a bedGraph; InputError for one of another assembly."""
    windows = read_depths(Path(path), lengths)
    refuse(
        [
            f"{path}: {name} has {sizes.sum():,} bp here and {lengths[name]:,} bp in the assembly"
            for name, (sizes, _) in windows.items()
            if sizes.sum() != lengths[name]
        ],
        "Give the read depth of this assembly.",
    )
    return {name: weighted_median(depths, sizes) for name, (sizes, depths) in windows.items()}


def read_hits(path: str, lengths: Mapping[str, int]) -> tuple[dict[str, float], int]:
    """Share of the bases with hits whose best hit is not of a eukaryote, and the number of hits left out.

    Hits without a kingdom are left out.

    The table is that of BLAST or DIAMOND, `-outfmt 6 qseqid qstart qend bitscore sskingdoms`, more columns
    may follow. Raises InputError with all rows that do not fit, or if no hit has a kingdom.
    """
    hits: dict[str, list[tuple[float, int, int, bool]]] = defaultdict(list)
    faults = []
    left_out = 0
    for line_number, line in text_lines(path):
        if line.startswith("#") or not line.strip():
            continue
        row = line.rstrip("\r").split("\t")
        where = f"{path}, line {line_number}"
        try:
            name, first, last, score = row[0], int(row[1]), int(row[2]), float(row[3])
            kingdoms = row[4].split(";")
        except (IndexError, ValueError):
            faults.append(f"{where}: not the columns qseqid qstart qend bitscore sskingdoms")
            continue
        start, end = min(first, last) - 1, max(first, last)
        if name not in lengths:
            faults.append(f"{where}: sequence {name} is not in the assembly")
        elif not 0 <= start < end <= lengths[name]:
            faults.append(f"{where}: {first} to {last} is not within {name} of {lengths[name]:,} bp")
        elif kingdoms[0] in KINGDOMS:
            hits[name].append((score, start, end, "Eukaryota" not in kingdoms))
        else:
            left_out += 1
    refuse(faults, "Give the hits of this assembly's sequences, with these columns.")
    if left_out and not hits:
        raise InputError(
            f"{path}: none of {left_out:,} hits names a kingdom ({', '.join(KINGDOMS)}) in its fifth column; "
            "search a database with the NCBI taxonomy, and write sskingdoms"
        )
    return {name: _foreign_share(found) for name, found in hits.items()}, left_out


def _foreign_share(hits: Iterable[tuple[float, int, int, bool]]) -> float:
    """Each base counts for the best of its hits."""
    ordered = sorted(hits)
    edges = np.unique([edge for _, start, end, _ in ordered for edge in (start, end)])
    foreign, covered = np.zeros(len(edges) - 1, bool), np.zeros(len(edges) - 1, bool)
    for _, start, end, is_foreign in ordered:  # the best hit comes last
        inside = slice(*np.searchsorted(edges, [start, end]))
        foreign[inside], covered[inside] = is_foreign, True
    sizes = np.diff(edges)
    return float(sizes[foreign & covered].sum() / sizes[covered].sum())


def _depth_peak(host: Iterable[Contig]) -> float | None:
    """Median depth of the host's bases."""
    measured = [(one.depth, one.length) for one in host if one.depth is not None]
    return weighted_median(*zip(*measured, strict=True)) if measured else None


def _compare_contacts(contigs: Sequence[Contig], pairs: Pairs) -> float | None:
    """Set pairs and contacts of each contig; returns the share of a host contig's pairs with another one.

    Contigs with another signal are not the host's here: a second eukaryote has contacts within itself.
    """
    is_host = np.array([one.coding < PROKARYOTE_CODING and not _signals(one) for one in contigs])
    across = pairs.first != pairs.second
    first, second = pairs.first[across], pairs.second[across]
    ends = np.bincount(pairs.first, minlength=len(contigs)) + np.bincount(second, minlength=len(contigs))
    to_host = np.bincount(first[is_host[second]], minlength=len(contigs))
    to_host += np.bincount(second[is_host[first]], minlength=len(contigs))
    shares = to_host / np.maximum(ends, 1)
    usable = is_host & (ends >= LEAST_CONTACTS)
    for one, count in zip(contigs, ends, strict=True):
        one.pairs = int(count)
    if usable.sum() < 2:
        return None
    lengths = np.array([one.length for one in contigs])
    share = weighted_median(shares[usable].tolist(), lengths[usable].tolist())
    for one, own in zip(contigs, shares, strict=True):
        if one.pairs * share >= LEAST_CONTACTS:
            one.contacts = float(own / share)
    return share or None


def _compare_composition(contigs: Iterable[Contig], host: Iterable[Contig]) -> None:
    """Set the distance of each contig's tetranucleotides to the host's, as a multiple of the host's limit.

    The distance of a piece is the root of its mean squared deviation, in the spread of the host's pieces.
    Medians throughout: what is foreign in the host's bulk does not move them.
    """
    contigs = list(contigs)
    bulk = np.concatenate([np.zeros((0, 136)), *(one.pieces for one in host)])
    if len(bulk) < 10:
        return
    centre = np.median(bulk, 0)
    spread = np.maximum(
        1.4826 * np.median(abs(bulk - centre), 0), np.sqrt(np.maximum(centre, 1e-5) / PIECE_BP)
    )

    def distances(pieces: np.ndarray, sizes: np.ndarray | float) -> np.ndarray:
        shrunk = np.sqrt(np.minimum(1, sizes / PIECE_BP))
        return np.sqrt((((pieces - centre) / spread) ** 2).mean(1)) * shrunk

    own = np.log(distances(bulk, PIECE_BP))
    middle = np.median(own)
    limit = np.exp(middle + COMPOSITION_DEVIATIONS * 1.4826 * np.median(abs(own - middle)))
    for one in contigs:
        if len(one.pieces):
            one.composition = float(np.median(distances(one.pieces, one.piece_sizes)) / limit)


def _against(one: Contig) -> str:
    """What speaks against the removal of a contig, or an empty string."""
    if one.length < SHORTEST_EXCLUDED:
        return f"it is shorter than {SHORTEST_EXCLUDED:,} bp"
    if one.contacts is not None and one.contacts >= CONNECTED:
        return "its Hi-C contacts are those of the host"
    if one.foreign_hits is not None and one.foreign_hits < FOREIGN_HITS:
        return "its best hits are of eukaryotes"
    if (one.relative_depth or 0) >= MULTICOPY_DEPTH and one.length <= MULTICOPY_BP:
        return "it may be an organelle, rDNA or a collapsed repeat"
    if one.distinct < DISTINCT_KMERS:
        return "it is repetitive"
    return ""


def _signals(one: Contig) -> dict[str, str]:
    """Signals of another organism, name -> words."""
    signals = {}
    if one.coding >= PROKARYOTE_CODING and not (one.code != 11 and one.length < MITOCHONDRION_BP):
        signals["coding"] = f"{number(100 * one.coding, 0)} % in bacterial genes"
    if one.relative_depth is not None and not HOST_DEPTH[0] <= one.relative_depth <= HOST_DEPTH[1]:
        signals["depth"] = f"read depth {number(one.relative_depth)} times the host's"
    if one.composition is not None and one.composition > 1:
        signals["composition"] = f"tetranucleotides {number(one.composition, 1)} times the host's limit"
    if one.contacts is not None and one.contacts < ISOLATED:
        signals["contacts"] = f"Hi-C contacts to the host {number(one.contacts)} times those within it"
    if one.foreign_hits is not None and one.foreign_hits >= FOREIGN_HITS:
        signals["hits"] = f"{number(100 * one.foreign_hits, 0)} % of hits not of eukaryotes"
    return signals


def judge(one: Contig) -> None:
    """Set the signals of a contig, its action (EXCLUDE, REVIEW or none) and the reason."""
    one.signals = _signals(one)
    against = _against(one)
    words = ", ".join(one.signals.values())
    if "coding" in one.signals and len(one.signals) >= 3 and not against:
        one.action, one.reason = "EXCLUDE", words
        return
    connected = one.contacts is not None and one.contacts >= CONNECTED
    if "hits" in one.signals or (len(one.signals) >= 2 and ("coding" in one.signals or not connected)):
        one.action, one.reason = "REVIEW", f"{words}; {against}" if against else words


def compare(
    contigs: Sequence[Contig],
    depths: Mapping[str, float] | None = None,
    pairs: Pairs | None = None,
    hits: Mapping[str, float] | None = None,
) -> Host:
    """Judge every contig beside the host's; `pairs` number the contigs in this order."""
    for one in contigs:
        one.depth = depths[one.sequence] if depths else None
        one.foreign_hits = hits.get(one.sequence) if hits else None
    host = [one for one in contigs if one.coding < PROKARYOTE_CODING]
    peak = _depth_peak(host)
    for one in contigs:
        if peak and one.depth is not None:
            one.relative_depth = one.depth / peak
    _compare_composition(contigs, host)
    share = _compare_contacts(contigs, pairs) if pairs is not None else None
    for one in contigs:
        judge(one)
    return Host(host, peak, share)


def report_rows(contigs: Iterable[Contig]) -> Iterator[str]:
    """Lines of an action report of FCS-GX; the reason is in the place of the taxon."""
    yield f"{GX_HEADER},2,1],{json.dumps({'tool': OWN_REPORT})}]\n"
    yield "#seq_id\tstart_pos\tend_pos\tseq_len\taction\tdiv\tagg_cont_cov\ttop_tax_name\n"
    for one in contigs:
        if one.action:
            division = "prok:unknown" if "coding" in one.signals else "unkn:unknown"
            yield (
                f"{one.sequence}\t1\t{one.length}\t{one.length}\t{one.action}\t{division}\tNA\t{one.reason}\n"
            )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _row(one: Contig) -> list[Any]:
    return [
        one.sequence, one.length, _percent(one.gc), one.depth, one.relative_depth, _percent(one.coding),
        one.code, one.composition, _percent(one.distinct), one.pairs, one.contacts,
        _percent(one.foreign_hits), ",".join(one.signals) or "NA", one.action or "NA", one.reason or "NA",
    ]  # fmt: skip


def _warnings(contigs: Sequence[Contig], host: Host, hic: bool, hits_left_out: int) -> list[str]:
    total = sum(one.length for one in contigs)
    bulk = sum(one.length for one in host.contigs)
    warnings = []
    if 2 * bulk < total:
        warnings.append(
            f"{number(100 * (1 - bulk / max(total, 1)), 0)} % of the assembly is as dense in genes as a "
            "prokaryote; check that it is the assembly of a eukaryote, and its contaminants"
        )
    if hic and host.contact_share is None:
        warnings.append("the host's contigs have too few Hi-C contacts among each other to compare with")
    if hits_left_out:
        warnings.append(f"hits that name no kingdom were not used: {hits_left_out:,}")
    reviews = [one.sequence for one in contigs if one.action == "REVIEW"]
    if reviews:
        warnings.append(f"a person should look at {some(reviews)}")
    return warnings


def find_foreign_contigs(
    *,
    id: str,
    haplotype: str,
    assembly: str,
    out: str,
    table: str,
    metrics: str,
    depth: str | None = None,
    pairs: Sequence[str] = (),
    hits: str | None = None,
    threads: int = 1,
) -> None:
    """Find contigs of other organisms by genes, depth, composition and Hi-C contacts.

    assembly: FASTA, may be compressed
    depth: bedGraph of the read depth, may be compressed
    pairs: Hi-C contacts (4DN pairs)
    hits: table of BLAST or DIAMOND: -outfmt 6 qseqid qstart qend bitscore sskingdoms
    threads: threads for the prediction of genes
    out: action report in the format of FCS-GX
    table: signals of each contig
    metrics: metrics record (JSON)
    """
    lengths = sequence_lengths(assembly)
    depths = read_contig_depths(depth, lengths) if depth else None
    shares, left_out = read_hits(hits, lengths) if hits else (None, 0)
    contacts = read_pairs(pairs, lengths, MIN_MAPQ)[0] if pairs else None
    contigs = list(_measured(assembly, threads))
    host = compare(contigs, depths, contacts, shares)
    with complete_file(out) as handle:
        handle.writelines(report_rows(contigs))
    write_table(table, COLUMNS, map(_row, contigs))
    totals: Counter[str] = Counter()
    for one in contigs:
        totals[one.action] += one.length
    write_metrics(
        metrics,
        {
            "id": id,
            "step": STEP,
            "haplotype": haplotype,
            "sequences": len(contigs),
            "host_depth_x": host.depth,
            "host_contact_share_pct": _percent(host.contact_share),
            "exclude_bp": totals["EXCLUDE"],
            "review_bp": totals["REVIEW"],
            "exclude": sum(one.action == "EXCLUDE" for one in contigs),
            "reviews": sum(one.action == "REVIEW" for one in contigs),
            "warnings": _warnings(contigs, host, bool(pairs), left_out),
        },
    )
