#!/usr/bin/env python3
"""QV, completeness, copy-number spectrum and false duplication of an assembly, from k-mers."""

import argparse
import sys

from linnaea.assembly.kmer_evaluation import evaluate, parse_assemblies, quality
from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics

COLUMNS = ("haplotype", "sequence", "kmers", "assembly_only", "qv_phred", "qv_is_lower_bound")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--stage", required=True, help="stage of the assembly")
    parser.add_argument("--reads-db", required=True, help="prefix of the reads' KMC database (-ci1 -cs10000)")
    parser.add_argument("--kmer-size", required=True, type=int, help="k of the database, up to 31")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-gb", type=int, default=4, help="memory that kmc may use")
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    parser.add_argument("--table", required=True, help="table of sequences to write (TSV)")
    parser.add_argument(
        "assemblies", nargs="+", metavar="NAME=FASTA", help="one or two haplotypes, plain or gzip"
    )
    args = parser.parse_args(argv)
    record, sequences = evaluate(
        args.reads_db,
        parse_assemblies(args.assemblies),
        args.kmer_size,
        args.threads,
        args.memory_gb,
    )
    with complete_file(args.table) as handle:
        print(*COLUMNS, sep="\t", file=handle)
        for haplotype, sequence in sequences:
            judged = quality(sequence.assembly_only, sequence.kmers, args.kmer_size)
            qv = "" if judged["qv_phred"] is None else f"{judged['qv_phred']:.3f}"
            bound = "yes" if judged["qv_is_lower_bound"] else "no"
            row = (haplotype, sequence.name, sequence.kmers, sequence.assembly_only, qv, bound)
            print(*row, sep="\t", file=handle)
    header = {"id": args.id, "step": "kmer_evaluation", "stage": args.stage}
    write_metrics(args.out, header | record)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
