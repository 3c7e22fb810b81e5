#!/usr/bin/env python3
"""Indexed files of an annotation and its evidence for genome browsers, and a configuration of JBrowse 2."""

import argparse
import sys
from pathlib import Path

from linnaea.annotation.prepare_assembly import read_names
from linnaea.annotation.tracks import write_tracks
from linnaea.base.errors import run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--id", required=True, help="genome id")
    add("--annotation", required=True, metavar="GFF3")
    add("--assembly", required=True, metavar="FASTA", help="plain or gzip")
    add("--names", required=True, metavar="TSV", help="table of names of prepare_assembly.py")
    add("--proteins", nargs="*", default=[], metavar="GFF3", help="models of protein_models.py, short names")
    add("--junctions", metavar="BED", help="RNA introns")
    add("--coverage", metavar="BEDGRAPH", help="depth of RNA reads")
    add("--repeats", metavar="BED")
    add("--outdir", type=Path, required=True, metavar="DIR", help="folder to write")
    args = parser.parse_args(argv)
    evidence = (args.proteins, args.junctions, args.coverage, args.repeats)
    write_tracks(args.id, args.annotation, args.assembly, read_names(args.names), args.outdir, *evidence)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
