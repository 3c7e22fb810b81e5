#!/usr/bin/env python3
"""Beagle file of genotype likelihoods for PCAngsd, from `bcftools query -H` on standard input.

The list of samples is empty, and the record says why, where there is too little for components.
"""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.files import complete_path
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="population")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument("--transversions-only", action="store_true")
    parser.add_argument("--beagle", required=True, help="file to write, gzipped")
    parser.add_argument("--order", required=True, help="samples in the order of the file, one a line")
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    import gzip

    from linnaea.base.files import complete_file
    from linnaea.population import likelihoods
    from linnaea.population.compartments import read_compartments
    from linnaea.population.genotypes import sample_columns
    from linnaea.population.samples import read_samples

    names = likelihoods.header_samples(sys.stdin.buffer.readline(), "standard input")
    wanted = sorted(
        item.sample for item in read_samples(args.samples) if not item.outgroup and item.sample in names
    )
    columns = sample_columns(names, wanted, args.samples)
    sites = likelihoods.read_sites(
        sys.stdin.buffer, "standard input", columns, read_compartments(args.compartments)
    )
    with (
        complete_path(args.beagle) as partial,
        partial.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=4, mtime=0) as out,
    ):
        written = likelihoods.write_beagle(out, wanted, sites, args.transversions_only)
    reason = likelihoods.lack_for_components(len(wanted), written)
    with complete_file(args.order) as order:
        order.writelines(f"{name}\n" for name in wanted if not reason)
    write_metrics(
        args.out,
        {
            "id": args.id,
            "step": "beagle_likelihoods",
            "samples": len(wanted),
            "sites": written,
            "transversions_only": args.transversions_only,
            "reason": reason,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
