"""Pictures of contact maps with tracks below them, and the page that shows them."""

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linnaea.assembly.curation_tracks import Track
from linnaea.assembly.joint_sequences import JointSequence, homologue_name
from linnaea.base.files import complete_file
from linnaea.base.text import bases

# Bins of a side of a picture, and pictures of a page: more are slow to draw and to look through.
BINS = 400
PICTURES = 100
POINTS = 500
# Tracks whose highest value in a bin is drawn; of the others it is the mean.
PRESENCE = ("gap", "telomere")


class Map(NamedTuple):
    """A .mcool and what it shows, for the titles of pictures."""

    path: str
    title: str


def groups(sequences: Sequence[JointSequence]) -> list[tuple[str, list[JointSequence]]]:
    """Homologous sequences of several haplotypes together, in the order of the map; else each by itself."""
    several = len({sequence.haplotype for sequence in sequences}) > 1
    together: dict[str, list[JointSequence]] = {}
    for sequence in sequences:
        name = homologue_name(sequence.original_name, sequence.haplotype) if several else sequence.name
        together.setdefault(name, []).append(sequence)
    return list(together.items())


def map_part(mcool: str, sequences: Sequence[JointSequence]) -> tuple[np.ndarray, int]:
    """Counts between sequences, (bins, bins) and symmetric, and the size of a bin in bp.

    The bins are the finest that are at most 400 in all. Each sequence begins with a bin of its own.
    """
    import cooler
    from cooler.fileops import list_coolers

    for bin_bp in sorted(int(path.rsplit("/", 1)[1]) for path in list_coolers(mcool)):
        if sum(-(-sequence.length_bp // bin_bp) for sequence in sequences) <= BINS:
            break
    clr = cooler.Cooler(f"{mcool}::resolutions/{bin_bp}")
    # As a region it would read a name such as HLA:01 as a place.
    spans = [clr.extent((sequence.name, None, None)) for sequence in sequences]
    matrix = clr.matrix(balance=False, sparse=True)
    rows = [np.hstack([matrix[a:b, c:d].toarray() for c, d in spans]) for a, b in spans]
    return np.vstack(rows), bin_bp


def binned(track: Track, name: str, length_bp: int, points: int, highest: bool) -> np.ndarray:
    """Values of a sequence's track in `points` equal bins: the highest, or the mean weighted by length."""
    starts, ends, values = (np.asarray(column, float) for column in track[name])
    edges = np.linspace(0, length_bp, points + 1)
    if highest:
        high = np.zeros(points)
        first = np.searchsorted(edges, starts, "right") - 1
        last = np.maximum(np.searchsorted(edges, ends, "left"), first + 1)
        for low, up, value in zip(first, last, values, strict=True):
            high[low:up] = np.maximum(high[low:up], value)
        return high
    sums = np.concatenate([[0], np.cumsum((ends - starts) * values)])
    grid = np.concatenate([[0], ends]) if len(ends) else np.zeros(1)
    return np.diff(np.interp(edges, grid, sums)) / np.diff(edges)


def draw(
    maps: Sequence[Map], sequences: Sequence[JointSequence], tracks: Mapping[str, Track], title: str
) -> bytes:
    """PNG of the maps of some sequences side by side, with the tracks below each."""
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    drawn = {name: track for name, track in tracks.items() if any(s.name in track for s in sequences)}
    size = 5.4
    strip = 0.55
    height = 0.9 + size + strip * len(drawn) + 0.5
    figure = Figure(figsize=(0.9 + len(maps) * (size + 0.5), height), dpi=90)
    ratios = [size] + [strip] * len(drawn)
    grid = figure.add_gridspec(
        1 + len(drawn), len(maps), height_ratios=ratios, hspace=0.14, wspace=0.12,
        left=1.15 / figure.get_figwidth(), right=0.985, top=1 - 0.75 / height, bottom=0.5 / height,
    )  # fmt: skip
    figure.suptitle(title, fontsize=12, y=1 - 0.15 / height)
    for column, one in enumerate(maps):
        counts, bin_bp = map_part(one.path, sequences)
        sizes = [-(-sequence.length_bp // bin_bp) for sequence in sequences]
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        axes = figure.add_subplot(grid[0, column])
        axes.imshow(
            np.where(counts > 0, counts, np.nan), norm=LogNorm(vmin=1, vmax=max(2, counts.max())),
            cmap="YlOrRd", interpolation="nearest", aspect="auto", extent=(0, bounds[-1], bounds[-1], 0),
        )  # fmt: skip
        axes.set_title(f"{one.title}, bins of {bases(bin_bp)}", fontsize=9)
        _label(axes, sequences, bounds, column == 0)
        for row, (name, track) in enumerate(drawn.items(), 1):
            strip_axes = figure.add_subplot(grid[row, column])
            _strip(strip_axes, name, track, sequences, bounds)
            if column == 0:
                strip_axes.set_ylabel(
                    name.replace("_", "\n"), rotation=0, ha="right", va="center", fontsize=8
                )
    image = io.BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()


def _label(axes: Any, sequences: Sequence[JointSequence], bounds: np.ndarray, with_names: bool) -> None:
    """Bounds and names of the sequences of a map."""
    for bound in bounds[1:-1]:
        axes.axhline(bound, color="#2b5c8a", linewidth=0.5)
        axes.axvline(bound, color="#2b5c8a", linewidth=0.5)
    large = [k for k in range(len(sequences)) if bounds[k + 1] - bounds[k] > bounds[-1] / 40]
    middles = [(bounds[k] + bounds[k + 1]) / 2 for k in large]
    axes.set_xticks([])
    axes.set_yticks(middles if with_names else [], [sequences[k].name for k in large] if with_names else [])
    axes.tick_params(axis="y", labelsize=7, length=0, rotation=90 if len(large) < 4 else 0)


def _strip(
    axes: Any, name: str, track: Track, sequences: Sequence[JointSequence], bounds: np.ndarray
) -> None:
    """One track below a map, its x axis that of the map."""
    total = bounds[-1]
    values: list[np.ndarray] = []
    edges: list[np.ndarray] = []
    for sequence, first, last in zip(sequences, bounds, bounds[1:], strict=False):
        points = max(1, round(POINTS * (last - first) / total))
        if sequence.name in track and len(track[sequence.name][0]):
            values.append(binned(track, sequence.name, sequence.length_bp, points, name in PRESENCE))
        else:
            values.append(np.zeros(points))
        edges.append(np.linspace(first, last, points, endpoint=False))
    heights = np.concatenate(values)
    shown = (heights > 0).astype(float) if name in PRESENCE else heights
    axes.stairs(shown, np.append(np.concatenate(edges), total), fill=True, color="#2b5c8a")
    # A repeat with a thousandfold depth must not flatten everything else.
    top = float(np.percentile(shown, 99)) * 1.5 if name not in PRESENCE else 1.0
    axes.set_ylim(0, top or max(1.0, float(shown.max(initial=0))))
    axes.set_xlim(0, total)
    axes.set_xticks([])
    axes.set_yticks([] if name in PRESENCE else [axes.get_ylim()[1] * 2 / 3])
    axes.set_yticklabels([] if name in PRESENCE else [f"{axes.get_ylim()[1] * 2 / 3:,.0f}"])
    axes.tick_params(axis="y", labelsize=6, length=2)
    for bound in bounds[1:-1]:
        axes.axvline(bound, color="#bbbbbb", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)


def pictures(
    ident: str, maps: Sequence[Map], sequences: Sequence[JointSequence], tracks: Mapping[str, Track]
) -> Iterator[tuple[str, bytes]]:
    """Titles and PNG: the whole map (its 100 longest sequences), then each chromosome with its homologues."""
    longest = set(sorted(sequences, key=lambda one: -one.length_bp)[:PICTURES])
    shown = [sequence for sequence in sequences if sequence in longest]
    yield "whole map", draw(maps, shown, tracks, f"{ident}: whole map")
    if len(sequences) == 1:
        return
    for name, members in groups(sequences)[:PICTURES]:
        yield name, draw(maps, members, tracks, f"{ident}: {name}")


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1180px; padding: 0 1rem 3rem;
  color: #1c1c1c; background: #fff; }
nav { position: sticky; top: 0; padding: .5rem 0; background: #fff; border-bottom: 1px solid #ccc;
  max-height: 6rem; overflow: auto; }
nav a { margin-right: .8rem; white-space: nowrap; }
figure { margin: 1.5rem 0; scroll-margin-top: 7rem; }
img { width: 100%; height: auto; }
p, li { max-width: 70ch; }
"""


def write_page(target: Path, title: str, notes: Sequence[str], drawn: Iterator[tuple[str, bytes]]) -> None:
    """Write one HTML file that holds all pictures."""
    figures = []
    links = []
    for number, (name, image) in enumerate(drawn):
        data = base64.b64encode(image).decode()
        links.append(f'<a href="#map{number}">{escape(name)}</a>')
        figures.append(
            f'<figure id="map{number}"><img alt="Contact map and tracks of {escape(name)}" '
            f'src="data:image/png;base64,{data}"></figure>\n'
        )
    with complete_file(target) as page:
        page.write(
            '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<link rel="icon" href="data:,"><title>{escape(title)}</title>\n'
            f"<style>{STYLE}</style></head>\n<body>\n"
            f"<h1>{escape(title)}</h1>\n" + "".join(f"<p>{escape(note)}</p>\n" for note in notes)
            + f"<nav>{' '.join(links)}</nav>\n"
        )  # fmt: skip
        page.writelines(figures)
        page.write("</body>\n</html>\n")
