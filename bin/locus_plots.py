#!/usr/bin/env python3
"""Draw the genes worth a look, with their evidence, as SVG: what annotation_quality.py listed."""

import argparse
import sys
from pathlib import Path

from linnaea.annotation.locus_plots import locus_pictures
from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.base.records import read_metrics, write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotation", help="gene set, GFF3 or GTF, plain or gzip")
    parser.add_argument("quality", help="record of annotation_quality.py (JSON)")
    parser.add_argument("--reference", metavar="GFF3", help="reference annotation or truth")
    parser.add_argument("--rna-introns", metavar="BED", help="introns of spliced reads; score: reads")
    parser.add_argument("--coverage", metavar="BEDGRAPH", help="depth of RNA reads")
    parser.add_argument("--proteins", metavar="GFF3", help="alignments of proteins, as mRNA and CDS")
    parser.add_argument("--repeats", metavar="BED", help="repeats")
    parser.add_argument(
        "--out", required=True, help="metrics record with the pictures (JSON), for the report"
    )
    parser.add_argument("--outdir", type=Path, help="folder to write the pictures to as SVG files")
    args = parser.parse_args(argv)
    quality = read_metrics(args.quality)
    if "genes_to_look_at" not in quality:
        raise InputError(
            f"{args.quality} lists no genes to look at; give the record of annotation_quality.py"
        )
    loci = locus_pictures(
        args.annotation,
        quality["genes_to_look_at"],
        args.reference,
        args.rna_introns,
        args.coverage,
        args.proteins,
        args.repeats,
    )
    if args.outdir:
        args.outdir.mkdir(parents=True, exist_ok=True)
        for place, locus in enumerate(loci, 1):
            with complete_file(args.outdir / f"{quality['id']}.locus{place}.{locus['kind']}.svg") as handle:
                handle.write(locus["svg"])
    write_metrics(args.out, {"id": quality["id"], "step": "locus_pictures", "loci": loci})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
