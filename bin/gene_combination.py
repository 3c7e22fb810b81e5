#!/usr/bin/env python3
"""One gene set from predictions, transcripts and protein alignments, under the user's sequence names."""

import argparse
import sys

from linnaea.annotation.gene_combination import combine, name_genes
from linnaea.annotation.hints import read_hints
from linnaea.annotation.prepare_assembly import read_bed_by_short_name, read_names
from linnaea.base.errors import InputError, run
from linnaea.base.records import write_metrics
from linnaea.formats.gff3 import read_genes, write_genes


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--id", required=True, help="genome id; genes are called <id>_g00001 and so on")
    add("--genome", required=True, metavar="FASTA")
    add("--names", required=True, metavar="TSV", help="table of names of prepare_assembly.py")
    add("--hints", required=True, metavar="GFF", help="hints of hints.py")
    add("--predictions", nargs="*", default=[], metavar="GFF3", help="genes of gene finders")
    add("--transcripts", nargs="*", default=[], metavar="GTF", help="assembled transcripts")
    add("--proteins", nargs="*", default=[], metavar="GFF3", help="models of protein_models.py")
    add("--lifted", nargs="*", default=[], metavar="GFF3", help="models of lift_over.py")
    add("--repeats", metavar="BED", help="repeats under the user's names")
    add("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    add("--gff", required=True, help="gene set to write")
    add("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    names = read_names(args.names)
    given = (args.predictions, args.transcripts, args.proteins, args.lifted)
    sets = [[gene for path in paths for gene in read_genes(path)] for paths in given]
    repeats = read_bed_by_short_name(args.repeats, names) if args.repeats else {}
    result = combine(args.genome, *sets, read_hints(args.hints, empty=True), repeats, args.genetic_code)
    if not result.genes:
        raise InputError(
            f"{args.id}: no gene was found; the evidence fits nowhere on this assembly (is it of one species "
            "with it?), or the assembly is too short for genes"
        )
    genes = name_genes(result.genes, args.id, names)
    write_genes(args.gff, genes, dict(names.values()))
    write_metrics(args.out, {"id": args.id, "step": "gene_combination", **result.record(names)})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
