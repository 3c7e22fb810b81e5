"""Tracks below a contact map: gaps, telomeres, repeats, read depth, the other haplotype.

They are intervals with whole numbers of 0 or more, which is what PretextGraph reads. PretextGraph draws a
track by its name: `gap`, `telomere`, `coverage` and `repeat_density` have their own scale.
"""

import gzip
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from linnaea.assembly import telomeres
from linnaea.assembly.read_depth import WindowedDepth
from linnaea.base.errors import InputError
from linnaea.base.files import complete_path
from linnaea.formats.genome_browser import Intervals
from linnaea.formats.sequences import fasta_records, reverse_complement, text_lines

# Repeats are counted in windows of this size, as curationpretext does.
REPEAT_WINDOW_BP = 10_000
HAPLOTIG_WINDOW_BP = 1000
# Shorter alignments between haplotypes are shared repeats.
MIN_ALIGNED_BP = 5000

Track = dict[str, Intervals]


def sequence_tracks(fasta: str | Path, motif: str = "auto") -> tuple[Track, Track, str | None]:
    """Gaps (runs of N) and telomeric arrays of every sequence, their values the lengths in bp; and the motif.

    `motif` is "auto" or a telomere motif on either strand. An array is a tandem repeat of the motif or of its
    reverse complement, of at least `MIN_TANDEM_BP`, anywhere in a sequence: one inside a sequence is the
    trace of a wrong join or of an inversion.
    """
    gaps: Track = {}
    ends = []
    for name, letters in fasta_records(fasta):
        gaps[name] = _runs(re.finditer(rb"[Nn]+", letters))
        if motif == "auto":
            for end in (reverse_complement(letters[: telomeres.WINDOW_BP]), letters[-telomeres.WINDOW_BP :]):
                ends.append(telomeres.examine_end(end.upper(), None, telomeres.MIN_TELOMERE_BP))
    unit = telomeres.choose_motif(ends) if motif == "auto" else telomeres.outward(motif)
    arrays: Track = {}
    if unit:
        pattern = _tandem(unit)
        for name, letters in fasta_records(fasta):
            arrays[name] = _runs(pattern.finditer(letters))
    return gaps, arrays, unit


def _tandem(unit: str) -> re.Pattern[bytes]:
    """Arrays of a motif on either strand."""
    copies = -(-telomeres.MIN_TANDEM_BP // len(unit))
    strands = (unit.encode(), reverse_complement(unit.encode()))
    return re.compile(b"|".join(b"(?:%b){%d,}" % (strand, copies) for strand in strands), re.IGNORECASE)


def _runs(matches: Iterable[re.Match[bytes]]) -> Intervals:
    spans = np.array([match.span() for match in matches], np.int64).reshape(-1, 2)
    return spans[:, 0], spans[:, 1], spans[:, 1] - spans[:, 0]


def coverage_track(bedgraphs: Mapping[str, str | Path], names: Mapping[tuple[str, str], str]) -> Track:
    """Read depth of haplotypes (name -> bedGraph), rounded, under the names of the map.

    `names` maps (haplotype, name in its FASTA) to the name in the map.
    """
    columns: dict[str, tuple[list[int], list[int], list[int]]] = {}
    for haplotype, path in bedgraphs.items():
        for number, line in text_lines(path):
            sequence, start, end, depth = line.split("\t")[:4]
            if (haplotype, sequence) not in names:
                raise InputError(
                    f"{path}, line {number}: {sequence} is not in the assembly of {haplotype}; "
                    "give the read depth of this assembly"
                )
            starts, ends, depths = columns.setdefault(names[haplotype, sequence], ([], [], []))
            starts.append(int(start))
            ends.append(int(end))
            depths.append(round(float(depth)))
    return dict(columns)


def repeat_track(intervals: str | Path, lengths: Mapping[str, int]) -> Track:
    """Masked bases in windows of 10 kb, from WindowMasker's intervals (0-based, closed)."""
    masked = WindowedDepth(lengths, REPEAT_WINDOW_BP)
    name = ""
    for _, line in text_lines(intervals):
        if line.startswith(">"):
            name = line[1:].split()[0]
        else:
            start, _, end = line.partition(" - ")
            masked.add(name, int(start), int(end) + 1)
    masked.depth()
    return _windows(masked, lambda name: masked.bases[name])


def haplotig_track(
    pafs: Mapping[str, str | Path],
    first: str,
    names: Mapping[tuple[str, str], str],
    lengths: Mapping[str, int],
) -> Track:
    """How often the other haplotypes align to each place, in windows of 1 kb, rounded.

    `pafs` maps a haplotype to its alignment to `first` (PAF, targets are those of `first`). Each alignment
    counts on both sides, where the map has the sequence. 2 and more is a haplotig or a collapsed repeat, 0 is
    sequence that only one haplotype has.
    """
    depth = WindowedDepth(lengths, HAPLOTIG_WINDOW_BP)
    for haplotype, path in pafs.items():
        for _, line in text_lines(path):
            fields = line.split("\t", 11)
            places = (
                ((haplotype, fields[0]), int(fields[2]), int(fields[3])),
                ((first, fields[5]), int(fields[7]), int(fields[8])),
            )
            if min(end - start for _, start, end in places) < MIN_ALIGNED_BP:
                continue
            for key, start, end in places:
                if key in names:
                    depth.add(names[key], start, end)
    depths = depth.depth()
    return _windows(depth, lambda name: np.rint(depths[name]).astype(np.int64))


def _windows(depth: WindowedDepth, values: Callable[[str], np.ndarray]) -> Track:
    track: Track = {}
    for name, length in depth.lengths.items():
        starts = np.arange(0, length, depth.window_bp)
        track[name] = (starts, np.minimum(starts + depth.window_bp, length), values(name))
    return track


def write_bedgraph(track: Track, names: Sequence[str], target: str | Path) -> None:
    """Write a track as bedGraph (TAB, whole numbers), gzip-compressed, sequences in the order of `names`."""
    with complete_path(target) as partial, gzip.open(partial, "wt", compresslevel=6) as out:
        for name in names:
            if name in track:
                out.writelines(
                    f"{name}\t{start}\t{end}\t{value}\n"
                    for start, end, value in zip(*(np.asarray(c).tolist() for c in track[name]), strict=True)
                )
