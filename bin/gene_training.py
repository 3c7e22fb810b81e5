#!/usr/bin/env python3
"""Chooses the species model of AUGUSTUS by its accuracy on genes from the evidence; trains on them."""

import argparse
import json
import sys
from pathlib import Path

from linnaea.annotation.gene_training import choose, choose_again
from linnaea.annotation.hints import read_hints
from linnaea.base.errors import run
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import Transcript
from linnaea.formats.gff3 import read_genes


def transcripts(paths: list[str]) -> list[Transcript]:
    return [model for path in paths for gene in read_genes(path) for model in gene.transcripts]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("models", nargs="*", metavar="GFF3", help="models of proteins or transcripts")
    add("--id", required=True, help="genome id")
    add("--mode", required=True, help="auto, train, or the name of a species model of AUGUSTUS")
    add("--candidates", help="shipped models to try with auto, comma-separated (some of all life)")
    add("--hints", required=True, metavar="GFF", help="hints of hints.py")
    add("--genome", required=True, metavar="FASTA")
    add("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    add("--earlier", type=Path, metavar="JSON", help="record of the first round, for a second")
    add("--predictions", metavar="GFF3", help="genes predicted with the first round's model, for a second")
    add("--threads", type=int, default=1)
    add("--config", type=Path, required=True, metavar="DIR", help="config folder with the model, to write")
    add("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    hints = read_hints(args.hints, empty=True)
    models = transcripts(args.models)
    if args.earlier:
        earlier = json.loads(args.earlier.read_text())
        given = (models, transcripts([args.predictions]), hints, args.genome, args.config, earlier)
        record = choose_again(*given, args.genetic_code, args.threads)
    else:
        candidates = [name for name in args.candidates.split(",") if name] if args.candidates else None
        given = (models, hints, args.genome, args.config, args.mode)
        record = choose(*given, args.genetic_code, args.threads, candidates)
    write_metrics(args.out, {**record, "id": args.id, "step": "gene_training"})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
