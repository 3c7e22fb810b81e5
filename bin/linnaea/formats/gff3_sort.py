"""Sorting GFF3 of any features, and GTF as GFF3, in one columnar pass; several files become one.

Order: sequences as asked, then topmost features by start and (longest first) end, and below each its
children by position, a parent always before its children. Lines are kept as they are, apart from three
repairs: a parent that is shorter than its children is widened, a CDS phase that does not follow from the
first part of its CDS is set right (a first part without one counts as 0), and the phase of other features
becomes a dot. Comments and sequences at the end of the file are left out, directives are kept.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.formats.gff3 import encoded_name, sequence_lengths
from linnaea.formats.gff3_columns import Columns, codes, read_columns, topmost

_MOST_LEVELS = 12
_REGION = re.compile(rb"##sequence-region[ \t]+(\S+)[ \t]+(-?\d+)[ \t]+(\d+)")


def sort_gff3(
    paths: str | Path | Sequence[str | Path],
    out: str | Path | None,
    lengths: Mapping[str, int] | None = None,
    notes: list[str] | None = None,
) -> dict[str, int]:
    """Write the features of one or several files sorted; counts of features and repairs.

    Without `out` the files are only checked. `notes` gets what was left out or repaired before.

    The order of sequences is that of `lengths` (bp), else of the ##sequence-region lines, else natural (chr2
    before chr10). InputError when a feature lies outside `lengths` (over the origin of a circular sequence
    is inside), its parent is missing or on another sequence, parents form a circle, or one ID names features
    of two kinds.
    """
    columns = read_columns(paths, notes, standard=True)
    # Attributes stay in the lines; as a column they would only fill memory.
    frame = columns.frame = columns.frame.drop("attributes")
    pragmas = columns.pragmas()
    regions = {m[1].decode(): (int(m[2]), int(m[3])) for m in map(_REGION.match, pragmas) if m}
    if lengths is not None:
        regions = {encoded_name(name): (1, length) for name, length in lengths.items()}
    seqs, seq_names = codes(frame["seqid"])
    if lengths is not None:
        # The file may escape more letters of a name than it has to, or fewer.
        seq_names = [name if name in regions else encoded_name(unquote(name)) for name in seq_names]
    starts, ends = frame["start"].to_numpy().copy(), frame["end"].to_numpy().copy()
    known = list(regions) + sorted(set(seq_names) - regions.keys(), key=_natural)
    rank = {name: n for n, name in enumerate(known)}
    place = np.array([rank[name] for name in seq_names], np.int64)[seqs]

    child, parent = columns.parents()
    _check_parents(columns, seqs, child, parent)
    above = _siblings_of_multiline(columns, child)
    levels = _levels(columns, child, parent)
    widened = _widen(starts, ends, child, parent, levels)
    _check_regions(columns, seqs, seq_names, ends, regions, lengths is not None)

    local = np.empty(frame.height, np.int64)
    local[np.lexsort((-ends, starts, place))] = np.arange(frame.height)
    above, order = _arranged(above, local, child, parent)

    changed = (starts != frame["start"].to_numpy()) | (ends != frame["end"].to_numpy())
    phases, wrong = _phases(columns, child, above, starts, ends)
    counts = {
        "features": frame.height,
        "top_features": int((above < 0).sum()),
        "phases_repaired": int(wrong.sum()),
        "parents_widened": widened,
    }
    if out is None:
        return counts
    del frame, columns.frame
    lines = columns.lines()
    columns.text = b""
    for row in np.flatnonzero(changed | wrong).tolist():
        parts = lines[row].split(b"\t")
        parts[3], parts[4], parts[7] = b"%d" % starts[row], b"%d" % ends[row], phases[row]
        lines[row] = b"\t".join(parts)
    tops = above < 0
    roots = topmost(above)
    # ### says that nothing above is referred to below: not so where topmost features share a child.
    apart = bool((roots[child] == roots[parent]).all())
    first = np.flatnonzero(tops[order])[1:] if apart else np.zeros(0, np.int64)
    sorted_lines = [lines[row] for row in order.tolist()]
    for at in first.tolist():
        sorted_lines[at] = b"###\n" + sorted_lines[at]
    used = set(seq_names)
    with complete_file(out, "wb") as handle:
        handle.write(b"##gff-version 3\n")
        for name, (low, high) in regions.items():
            if name in used:
                handle.write(b"##sequence-region %s %d %d\n" % (name.encode(), low, high))
        handle.writelines(line + b"\n" for line in pragmas if not line.startswith(b"##sequence-region"))
        for at in range(0, len(sorted_lines), 50_000):
            handle.write(b"\n".join(sorted_lines[at : at + 50_000]) + b"\n")
        if sorted_lines:
            handle.write(b"###\n")
    return counts


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", name)]


def _check_parents(columns: Columns, seqs: np.ndarray, child: np.ndarray, parent: np.ndarray) -> None:
    apart = np.flatnonzero(seqs[child] != seqs[parent])
    if apart.size:
        one, other = (columns.describe(rows[apart[0]]) for rows in (child, parent))
        at = columns.place(child[apart[0]])
        raise InputError(f"{at}: {one} names a parent on another sequence ({other}); repair the file")


def _siblings_of_multiline(columns: Columns, child: np.ndarray) -> np.ndarray:
    """For topmost features of several rows, the first row of the feature; -1 elsewhere.

    InputError when rows of one ID are of different kinds or parents (two features under one name).
    """
    above = np.full(columns.frame.height, -1, np.int64)
    pairs = columns.repeats
    clash = pairs.filter(
        (pl.col("type") != pl.col("type_right")) | (pl.col("seqid") != pl.col("seqid_right"))
    )
    if clash.height:
        one, other = (columns.describe(clash[key][0]) for key in ("row_right", "row"))
        at, name = columns.place(clash["row"][0]), clash["id"][0]
        raise InputError(
            f"{at}: the ID {name} names two features ({one}; {other}); give each feature its own ID"
        )
    pairs = pairs.filter(pl.col("parent").is_null())
    above[pairs["row"].to_numpy()] = pairs["row_right"].to_numpy()
    return above


def _levels(columns: Columns, child: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Depth of each feature below the top, 0 there; InputError when parents form a circle."""
    levels = np.zeros(columns.frame.height, np.int64)
    for _ in range(_MOST_LEVELS):
        deeper = levels.copy()
        np.maximum.at(deeper, child, levels[parent] + 1)
        if np.array_equal(deeper, levels):
            return levels
        levels = deeper
    row = int(levels.argmax())
    raise InputError(
        f"{columns.place(row)}: {columns.describe(row)} is its own ancestor, or more than "
        f"{_MOST_LEVELS} levels deep; repair its Parent"
    )


def _widen(
    starts: np.ndarray, ends: np.ndarray, child: np.ndarray, parent: np.ndarray, levels: np.ndarray
) -> int:
    """Let parents hold their children, from the deepest level up (in place); how many were too short."""
    before = starts.copy(), ends.copy()
    for level in range(int(levels.max(initial=0)), 0, -1):
        of_level = levels[child] == level
        np.minimum.at(starts, parent[of_level], starts[child[of_level]])
        np.maximum.at(ends, parent[of_level], ends[child[of_level]])
    return int(((starts != before[0]) | (ends != before[1])).sum())


def _check_regions(
    columns: Columns,
    seqs: np.ndarray,
    names: list[str],
    ends: np.ndarray,
    regions: dict[str, tuple[int, int]],
    must_be_known: bool,
) -> None:
    lacking = [name for name in names if name not in regions]
    if lacking and must_be_known:
        raise InputError(
            f"{columns.path}: {len(lacking)} sequences with features are not in the assembly, such as "
            f"{lacking[0]}; give the matching assembly"
        )
    endless = (1, np.iinfo(np.int64).max)
    limits = np.array(
        [(endless if name in columns.circular else regions.get(name, endless))[1] for name in names], np.int64
    )
    beyond = np.flatnonzero(ends > limits[seqs])
    if beyond.size:
        row = int(beyond[0])
        raise InputError(
            f"{columns.place(row)}: {columns.describe(row)} ends beyond its sequence "
            f"({limits[seqs[row]]} bp), which is not marked as circular (Is_circular=true); give the "
            "assembly the file was made for"
        )


def _arranged(
    above: np.ndarray, local: np.ndarray, child: np.ndarray, parent: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The one parent each row stands below, and the order of rows, parents before children.

    A child of several parents stands below the one that comes last; moving it moves what is below it, so
    this is repeated down the levels.
    """
    rank = local
    for _ in range(_MOST_LEVELS):
        last = np.lexsort((rank[parent], child))
        chosen = above.copy()
        chosen[child[last]] = parent[last]
        order = _depth_first(chosen, local)
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        if (place[parent] < place[child]).all():
            break
        rank = place
    return chosen, order


def _depth_first(above: np.ndarray, local: np.ndarray) -> np.ndarray:
    """Rows with each parent before its children, siblings in local order; `above` is -1 at the top."""
    paths = [local]
    at = above
    while (at >= 0).any():
        paths.append(np.where(at >= 0, local[at], -1))
        at = np.where(at >= 0, above[at], -1)
    if len(paths) == 1:
        return np.argsort(local)
    # From the row upwards -> from the top downwards: shift each row's path to begin at its top.
    table = np.stack(paths[::-1])
    depth = (table >= 0).sum(axis=0)
    keys = []
    for level in range(len(paths)):
        source = len(paths) - depth + level
        inside = source < len(paths)
        picked = table[np.minimum(source, len(paths) - 1), np.arange(local.size)]
        keys.append(np.where(inside, picked, -1))
    return np.lexsort(keys[::-1])


def _phases(
    columns: Columns, child: np.ndarray, above: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Phase of each row as the file should have it, and whether the file has another.

    A CDS is the rows of one parent, or of one ID where rows share IDs.
    """
    kinds, kind_names = codes(columns.frame["type"])
    given, given_names = codes(columns.frame["phase"].fill_null("."))
    shown = np.array([name.encode() for name in given_names], object)[given]
    is_cds = np.array([name == "CDS" for name in kind_names], bool)[kinds]
    rows = np.flatnonzero(is_cds)
    wrong = ~is_cds & (shown != b".")
    right = shown.copy()
    right[wrong] = b"."
    if not rows.size:
        return right, wrong
    ids = columns.frame["id"].gather(rows.tolist()).fill_null("")
    shares = ids.is_duplicated().to_numpy() & (ids != "").to_numpy()
    ident = np.where(shares, ids.rank("dense").to_numpy().astype(np.int64), 0)
    has_parent = np.zeros(starts.size, bool)
    has_parent[child] = True
    alone = np.where(has_parent[rows], above[rows], np.where(shares, -1, -2 - rows))
    backward = columns.frame["strand"].cast(pl.String).gather(rows.tolist()).eq("-").to_numpy()
    order = np.lexsort((np.where(backward, -ends[rows], starts[rows]), ident, alone))
    group = np.stack([alone[order], ident[order]])
    new = np.ones(order.size, bool)
    new[1:] = (group[:, 1:] != group[:, :-1]).any(axis=0)
    firsts = np.flatnonzero(new)[np.cumsum(new) - 1]
    sizes = (ends - starts + 1)[rows[order]]
    before = np.cumsum(sizes) - sizes
    before -= before[firsts]
    digits = np.array([int(name) if name in ("0", "1", "2") else 0 for name in given_names])[given]
    expected = (digits[rows[order]][firsts] - before) % 3
    right[rows[order]] = np.array([b"0", b"1", b"2"], object)[expected]
    wrong[rows] = right[rows] != shown[rows]
    return right, wrong


def join_features(
    gff3: Sequence[str],
    /,
    *,
    out: str,
    lengths: str | None = None,
) -> None:
    """Join GFF3 and GTF files as one GFF3, by position, parents before children, and repair its CDS phases.

    gff3: features, GFF3 or GTF, plain or gzip
    lengths: .fai of the genome: order of the sequences and their ends
    out: sorted GFF3 to write
    """
    notes: list[str] = []
    done = sort_gff3(gff3, out, sequence_lengths(lengths) if lengths else None, notes)
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
    print("\n".join(f"{name.replace('_', ' ')}: {number}" for name, number in done.items()), file=sys.stderr)
