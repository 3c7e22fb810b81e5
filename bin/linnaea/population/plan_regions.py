"""Regions of a genome for joint calling: balanced, few, and cut where no window is cut."""

from collections.abc import Mapping
from itertools import pairwise
from math import ceil
from pathlib import Path

from linnaea.base.files import complete_file

# Work of one calling job, in samples x bp: about an hour of `bcftools merge | call` (0.5 million a second
# measured).
REGION_SAMPLES_BP = 2_000_000_000
SMALLEST_REGION_BP = 1_000_000


def region_size_bp(total_bp: int, samples: int, window_bp: int, max_regions: int) -> int:
    """Size of the regions, a multiple of the window: an hour's work each, and no more of them than
    `max_regions`."""
    wanted = max(REGION_SAMPLES_BP // max(samples, 1), SMALLEST_REGION_BP, ceil(total_bp / max_regions))
    return ceil(wanted / window_bp) * window_bp


def plan_regions(
    lengths: Mapping[str, int], size_bp: int, window_bp: int, max_regions: int
) -> list[list[tuple[str, int, int]]]:
    """Bundles of intervals (chromosome, start, end; 0-based half-open) of about `size_bp`, in genome order.

    Sequences longer than a region are cut into equal shares at multiples of `window_bp`; small ones share a
    bundle. The bundles cover every base once. There are at most `max_regions` of them: bundles grow until
    that holds.
    """
    while True:
        bundles = _bundles(lengths, ceil(size_bp / window_bp) * window_bp, window_bp)
        if len(bundles) <= max_regions:
            return bundles
        size_bp = ceil(size_bp * 1.2)


def _bundles(lengths: Mapping[str, int], size_bp: int, window_bp: int) -> list[list[tuple[str, int, int]]]:
    bundles: list[list[tuple[str, int, int]]] = []
    room = 0
    for name, length in lengths.items():
        windows = ceil(length / window_bp)
        shares = max(1, round(length / size_bp))
        edges = [min(length, windows * share // shares * window_bp) for share in range(shares)] + [length]
        for start, end in pairwise(edges):
            if end - start > room or not bundles:
                bundles.append([])
                room = size_bp
            bundles[-1].append((name, start, end))
            room -= end - start
    return bundles


def cut_genome(
    fai: Path,
    /,
    *,
    samples: int,
    window_bp: int,
    max_regions: int,
    outdir: Path,
    region_bp: int | None = None,
) -> None:
    """Cut a genome into the regions of joint calling: one BED file each, numbered in genome order.

    fai: index of the reference (samtools faidx)
    samples: number of samples called together
    window_bp: windows of the statistics are never cut
    region_bp: size of a region (default: from samples and genome)
    """
    rows = (line.split("\t") for line in fai.read_text().splitlines())
    lengths = {row[0]: int(row[1]) for row in rows}
    total = sum(lengths.values())
    size = region_bp or region_size_bp(total, samples, window_bp, max_regions)
    bundles = plan_regions(lengths, size, window_bp, max_regions)
    outdir.mkdir(parents=True, exist_ok=True)
    for number, bundle in enumerate(bundles, 1):
        with complete_file(outdir / f"region{number:04d}.bed") as handle:
            handle.writelines(f"{name}\t{start}\t{end}\n" for name, start, end in bundle)
