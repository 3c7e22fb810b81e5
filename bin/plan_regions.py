#!/usr/bin/env python3
"""Cut a genome into the regions of joint calling: one BED file each, numbered in genome order."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.population.plan_regions import plan_regions, region_size_bp


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fai", type=Path, help="index of the reference (samtools faidx)")
    parser.add_argument("--samples", type=int, required=True, help="number of samples called together")
    parser.add_argument(
        "--window-bp", type=int, required=True, help="windows of the statistics are never cut"
    )
    parser.add_argument("--max-regions", type=int, required=True)
    parser.add_argument("--region-bp", type=int, help="size of a region (default: from samples and genome)")
    parser.add_argument("--outdir", type=Path, required=True)
    args = parser.parse_args(argv)
    rows = (line.split("\t") for line in args.fai.read_text().splitlines())
    lengths = {row[0]: int(row[1]) for row in rows}
    total = sum(lengths.values())
    size = args.region_bp or region_size_bp(total, args.samples, args.window_bp, args.max_regions)
    bundles = plan_regions(lengths, size, args.window_bp, args.max_regions)
    args.outdir.mkdir(parents=True, exist_ok=True)
    for number, bundle in enumerate(bundles, 1):
        with complete_file(args.outdir / f"region{number:04d}.bed") as handle:
            handle.writelines(f"{name}\t{start}\t{end}\n" for name, start, end in bundle)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
