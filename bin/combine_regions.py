#!/usr/bin/env python3
"""The tables of a genome from the partial sums of its regions (scan_sites.py)."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("regions", nargs="+", help="partial sums (.npz), in any order")
    parser.add_argument("--id", required=True)
    parser.add_argument("--out", required=True, help="directory for the tables")
    parser.add_argument(
        "--jackknife-blocks", type=int, default=100, help="at most so many for standard errors"
    )
    args = parser.parse_args(argv)

    from linnaea.population.combine_regions import GenomeSums

    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    genome = GenomeSums(args.regions, args.jackknife_blocks)
    genome.write_diversity_windows(out / "diversity_windows.tsv")
    genome.write_divergence_windows(out / "divergence_windows.tsv")
    genome.write_diversity(out / "diversity.tsv")
    genome.write_divergence(out / "divergence.tsv")
    genome.write_samples(out / "sample_bins.npz", out / "heterozygosity.tsv")
    genome.write_contamination(out / "contamination.tsv")
    genome.write_funnel(out / "site_filters.json", args.id)
    if spectra := genome.spectra():
        from linnaea.population.sfs import merge, write_spectra

        write_spectra(
            merge(spectra),
            out / "sfs.tsv",
            out / "sfs_2d.tsv",
            out / "site_frequency_spectra.json",
            record_id=args.id,
        )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
