#!/usr/bin/env python3
"""Hints of all evidence in one file, and RNA introns as a track."""

import argparse
import sys

from linnaea.annotation.hints import collect, write_hints, write_junctions
from linnaea.annotation.prepare_assembly import read_names
from linnaea.base.errors import run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--genome", required=True, metavar="FASTA", help="prepared assembly")
    add("--names", required=True, metavar="TSV", help="table of names of prepare_assembly.py")
    add("--rna", nargs="*", default=[], metavar="GFF", help="hints of rna_evidence.py")
    add("--proteins", nargs="*", default=[], metavar="GFF3", help="models of protein_models.py")
    add("--given", nargs="*", default=[], metavar="GFF", help="the user's hints, under the user's names")
    add("--max-intron", type=int, help="longest intron believed, bp (default: from the evidence)")
    add("--hints", required=True, metavar="GFF", help="hints to write")
    add("--junctions", required=True, metavar="BED", help="RNA introns to write, under the user's names")
    args = parser.parse_args(argv)
    names = read_names(args.names)
    hints, max_intron = collect(args.rna, args.proteins, args.given, names, args.genome, args.max_intron)
    write_hints(args.hints, hints)
    write_junctions(args.junctions, hints, {short: own for short, (own, _) in names.items()})
    print(max_intron)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
