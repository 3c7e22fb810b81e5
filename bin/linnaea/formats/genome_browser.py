"""Indexed files for genome browsers, and the configuration of JBrowse 2."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyBigWig
import pysam

from linnaea.base.files import complete_file, complete_path

# Starts, ends (0-based, half open) and values of one sequence.
Intervals = tuple[Sequence[int] | np.ndarray, Sequence[int] | np.ndarray, Sequence[float] | np.ndarray]


def indexed(
    lines: Iterable[list[str]],
    order: Mapping[str, int],
    column: int,
    target: Path,
    preset: Literal["gff", "bed"],
) -> None:
    """Write rows sorted by sequence and start (0-based `column`), BGZF-compressed, with a CSI index."""
    ranked = sorted(lines, key=lambda row: (order[row[0]], int(row[column]), -int(row[column + 1])))
    plain = target.with_suffix("")
    with plain.open("w") as handle:
        if preset == "gff":
            handle.write("##gff-version 3\n")
        handle.writelines("\t".join(row) + "\n" for row in ranked)
    pysam.tabix_index(str(plain), preset=preset, force=True, csi=True)


def write_bigwig(intervals: Mapping[str, Intervals], lengths: Mapping[str, int], target: Path) -> None:
    """Values along sequences as bigWig, sequences in the order of `lengths` (bp)."""
    with complete_path(target) as partial, pyBigWig.open(str(partial), "w") as track:
        track.addHeader(list(lengths.items()))
        for name in lengths:
            if name in intervals and len(intervals[name][0]):
                starts, ends, values = (np.asarray(column) for column in intervals[name])
                track.addEntries(
                    [name] * len(starts), starts.astype(np.int64), ends=ends.astype(np.int64),
                    values=values.astype(float),
                )  # fmt: skip


def _location(file: str) -> dict[str, str]:
    return {"uri": file, "locationType": "UriLocation"}


def jbrowse_track(name: str, assembly: str, file: str) -> dict[str, Any]:
    """A track of JBrowse 2: of GFF3 or BED with a CSI index, or bigWig, by the end of the file's name."""
    where: dict[str, Any]
    if file.endswith(".bw"):
        kind, where = "QuantitativeTrack", {"type": "BigWigAdapter", "bigWigLocation": _location(file)}
    else:
        kind = "FeatureTrack"
        adapter, key = (
            ("Gff3TabixAdapter", "gffGzLocation")
            if file.endswith(".gff3.gz")
            else ("BedTabixAdapter", "bedGzLocation")
        )
        index = {"location": _location(f"{file}.csi"), "indexType": "CSI"}
        where = {"type": adapter, key: _location(file), "index": index}
    return {
        "type": kind,
        "trackId": file.replace(".", "_"),
        "name": name,
        "assemblyNames": [assembly],
        "adapter": where,
    }


def write_jbrowse(target: Path, assembly: str, fasta: str, tracks: Sequence[Mapping[str, Any]]) -> None:
    """The configuration of JBrowse 2 for a BGZF-compressed FASTA with its indexes, and tracks beside it."""
    sequence = {
        "type": "ReferenceSequenceTrack",
        "trackId": f"{assembly}_sequence",
        "adapter": {
            "type": "BgzipFastaAdapter",
            "fastaLocation": _location(fasta),
            "faiLocation": _location(f"{fasta}.fai"),
            "gziLocation": _location(f"{fasta}.gzi"),
        },
    }
    with complete_file(target) as handle:
        json.dump(
            {"assemblies": [{"name": assembly, "sequence": sequence}], "tracks": tracks}, handle, indent=1
        )
        handle.write("\n")
