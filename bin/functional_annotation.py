#!/usr/bin/env python3
"""Merge search tables into a GFF3: gene names, products, GO terms, cross-references and locus tags."""

import argparse
import sys

from linnaea.annotation import functional_annotation as f
from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gff3", help="gene set, sorted GFF3, plain or gzip")
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--hits", nargs="*", default=[], help="tables of BLAST or DIAMOND --outfmt 6")
    parser.add_argument(
        "--hit-columns", default=" ".join(f.HIT_COLUMNS), help="columns of --hits, as given to --outfmt"
    )
    parser.add_argument(
        "--proteins", nargs="*", default=[], help="FASTA of the targets, when --hits lack stitle"
    )
    parser.add_argument("--interproscan", nargs="*", default=[], help="TSV of InterProScan")
    parser.add_argument(
        "--domtblout", nargs="*", default=[], help="--domtblout of hmmsearch or hmmscan (Pfam)"
    )
    parser.add_argument("--eggnog", nargs="*", default=[], help=".annotations of eggNOG-mapper")
    parser.add_argument("--locus-tag", default="", help="registered prefix of locus tags; none without it")
    parser.add_argument("--max-evalue", type=float, default=f.MAX_EVALUE, help="largest E-value of a hit")
    parser.add_argument(
        "--domain-evalue", type=float, default=f.MAX_DOMAIN_EVALUE, help="largest of a domain"
    )
    parser.add_argument("--out", required=True, help="GFF3 with functions to write")
    parser.add_argument("--table", required=True, help="table of functions to write (TSV)")
    parser.add_argument("--metrics", required=True, help="metrics record to write (JSON)")
    args = parser.parse_args(argv)
    functions = f.read_functions(
        args.hits, args.hit_columns.split(), args.proteins, args.interproscan, args.domtblout, args.eggnog,
        args.max_evalue, args.domain_evalue,
    )  # fmt: skip
    record = f.merge_functions(args.gff3, args.out, args.table, functions, args.locus_tag)
    sources = ("hits", "interproscan", "domtblout", "eggnog")
    record["sources"] = [name for name in sources if getattr(args, name)]
    for warning in record["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    write_metrics(args.metrics, {"id": args.id, "step": "functional_annotation", **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
