#!/usr/bin/env python3
"""Non-coding genes (GFF3) from the tables of barrnap, ARAGORN, tRNAscan-SE and Infernal."""

import argparse
import sys
from pathlib import Path

from linnaea.annotation.noncoding_genes import READERS, noncoding_genes
from linnaea.base.errors import InputError, run
from linnaea.base.records import write_metrics
from linnaea.formats.gff3 import read_genes, sequence_lengths, write_genes


def names_map(path: str) -> dict[str, str]:
    """Name inside the workflow -> the user's name, from the first two columns of a table."""
    rows = (line.split("\t") for line in Path(path).read_text().splitlines() if line)
    try:
        return {row[0]: row[1] for row in rows}
    except IndexError:
        raise InputError(f"{path}: a line has no second column; give name inside and user's name") from None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--barrnap", nargs="*", default=[], help="GFF3 of barrnap")
    parser.add_argument("--aragorn", nargs="*", default=[], help="output of aragorn -w")
    parser.add_argument("--trnascan", nargs="*", default=[], help="output of tRNAscan-SE -o")
    parser.add_argument("--infernal", nargs="*", default=[], help="--tblout of cmscan or cmsearch")
    parser.add_argument("--genes", help="protein-coding genes (GFF3) that overlapping hits give way to")
    parser.add_argument("--names", help="TSV: name in the tools' files, name in --genes, --lengths and --out")
    parser.add_argument("--lengths", required=True, help=".fai of the genome (order of the sequences)")
    parser.add_argument("--prefix", default="", help="put before the IDs of the genes")
    parser.add_argument("--out", required=True, help="genes to write (GFF3)")
    parser.add_argument("--metrics", required=True, help="metrics record to write (JSON)")
    args = parser.parse_args(argv)
    hits = [hit for tool, reader in READERS.items() for path in getattr(args, tool) for hit in reader(path)]
    lengths = sequence_lengths(args.lengths)
    coding = read_genes(args.genes) if args.genes else ()
    names = names_map(args.names) if args.names else None
    genes, record = noncoding_genes(hits, coding, names, args.prefix, lengths)
    write_genes(args.out, genes, lengths)
    write_metrics(args.metrics, {"id": args.id, "step": "noncoding_genes", **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
