#!/usr/bin/env python3
"""What is right and wrong with a gene set: frames, splice sites, support, split and fused genes."""

import argparse
import sys

from linnaea.annotation.quality import annotation_quality, busco_change, table_lines
from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.base.records import read_metrics, write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotation", help="gene set, GFF3 or GTF, plain or gzip")
    parser.add_argument("genome", help="FASTA, plain or gzip")
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--rna-introns", metavar="BED", help="introns of spliced reads; score: reads")
    parser.add_argument("--coverage", metavar="BEDGRAPH", help="depth of RNA reads")
    parser.add_argument(
        "--hits",
        metavar="TSV",
        help="hits of the proteins in a protein set, format 6: qseqid sseqid pident length qlen slen qstart "
        "qend sstart send evalue bitscore",
    )
    parser.add_argument("--busco-proteins", metavar="JSON", help="BUSCO record of the proteins")
    parser.add_argument("--busco-assembly", metavar="JSON", help="BUSCO record of the assembly")
    parser.add_argument("--genetic-code", type=int, default=1, help="NCBI number of the code")
    parser.add_argument("--mito-code", type=int, help="NCBI number of the code of the mitochondrion")
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    parser.add_argument("--table", required=True, help="per-transcript table to write (TSV)")
    args = parser.parse_args(argv)
    evidence = (args.rna_introns, args.coverage, args.hits)
    codes = (args.genetic_code, args.mito_code)
    record, rows = annotation_quality(args.annotation, args.genome, *evidence, *codes)
    proteins, assembly = (
        read_metrics(path) if path else None for path in (args.busco_proteins, args.busco_assembly)
    )
    with complete_file(args.table) as handle:
        handle.writelines(f"{line}\n" for line in table_lines(rows))
    named = {"id": args.id, "step": "annotation_quality"}
    write_metrics(args.out, {**named, **record, **busco_change(proteins, assembly)})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
