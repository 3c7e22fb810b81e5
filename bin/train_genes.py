#!/usr/bin/env python3
"""Chooses the species model of AUGUSTUS by its accuracy on genes from the evidence; trains on them."""

import argparse
import json
import sys
from pathlib import Path

from linnaea.augustus import CANDIDATES
from linnaea.errors import run
from linnaea.gene_training import choose
from linnaea.gff3 import read_genes
from linnaea.hints import read_hints
from linnaea.metrics import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("models", nargs="*", metavar="GFF3", help="models of proteins, transcripts or an earlier prediction")
    add("--id", required=True, help="genome id")
    add("--mode", required=True, help="auto, train, or the name of a species model of AUGUSTUS")
    add("--candidates", default=",".join(CANDIDATES), help="shipped models to try with auto, comma-separated")
    add("--hints", required=True, metavar="GFF", help="hints of make_hints.py")
    add("--genome", required=True, metavar="FASTA")
    add("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    add(
        "--earlier", type=Path, metavar="JSON", help="record of the first round; its model is a candidate too"
    )
    add("--earlier-config", type=Path, metavar="DIR", help="config folder of the first round")
    add("--threads", type=int, default=1)
    add("--config", type=Path, required=True, metavar="DIR", help="config folder with the model, to write")
    add("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    models = [model for path in args.models for gene in read_genes(path) for model in gene.transcripts]
    hints = read_hints(args.hints, empty=True)
    earlier = (json.loads(args.earlier.read_text()), args.earlier_config) if args.earlier else None
    candidates = [name for name in args.candidates.split(",") if name]
    record = choose(
        models,
        hints,
        args.genome,
        args.config,
        args.mode,
        args.genetic_code,
        args.threads,
        candidates,
        earlier,
    )
    write_metrics(args.out, {"id": args.id, "step": "gene_training", **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
