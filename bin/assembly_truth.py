#!/usr/bin/env python3
"""Compare an assembly and its measures with the truth of `linnaea simulate`; give what you have."""

import argparse
import sys
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.base.records import read_metrics, write_metrics
from linnaea.truth import assembly as known


def compare(args: argparse.Namespace) -> dict[str, Any]:
    """The record of every comparison that the inputs allow."""
    truth = known.read_truth(args.truth)
    record: dict[str, Any] = {"id": args.id, "step": "truth_check"}
    evaluation = read_metrics(args.kmer_evaluation) if args.kmer_evaluation else {}
    if args.assembly:
        size = evaluation.get("kmer_size", 21)
        record |= known.assembly_truth(truth, args.assembly, args.threads, size)
    if evaluation:
        record |= known.kmer_qv(evaluation)
    if args.profile:
        record["profile"] = known.profile_check(truth.facts, read_metrics(args.profile))
    if args.assembly_table:
        if not args.assembly:
            raise InputError("--assembly-table needs --assembly: which telomeres do the contigs hold?")
        record["telomeres"] = known.telomere_check(record["telomeres_present"], args.assembly_table)
    if args.adapter_reads:
        record["adapters"] = known.adapter_check(args.truth, args.adapter_reads)
    return record | {"checks": known.checks(record)}


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Checks as tab-separated values."""
    with complete_file(path) as handle:
        handle.write("check\tvalue\tunit\tthreshold\tpassed\n")
        for row in rows:
            value = "" if row["value"] is None else f"{row['value']:.6g}"
            verdict = "yes" if row["passed"] else "no"
            handle.write(f"{row['check']}\t{value}\t{row['unit']}\t{row['threshold']}\t{verdict}\n")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--id", required=True, help="genome id")
    add("--truth", type=Path, required=True, metavar="DIR", help="truth folder of `linnaea simulate`")
    add("--assembly", type=Path, metavar="FASTA", help="contigs, not gzipped")
    add("--assembly-table", type=Path, metavar="TSV", help="table of assembly_statistics.py of --assembly")
    add("--profile", type=Path, metavar="JSON", help="record of genome_profile.py")
    add("--kmer-evaluation", type=Path, metavar="JSON", help="record of kmer_evaluation.py")
    add("--adapter-reads", type=Path, metavar="FILE", help="names of reads found to have an adapter")
    add("--threads", type=int, default=1, help="for minimap2 (%(default)s)")
    add("--table", type=Path, metavar="TSV", help="also write the checks as a table")
    add("--strict", action="store_true", help="exit with 1 when a check fails (files are written)")
    add("--out", type=Path, required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    record = compare(args)
    if args.table:
        write_table(args.table, record["checks"])
    write_metrics(args.out, record)
    failed = [row["check"] for row in record["checks"] if not row["passed"]]
    if args.strict and failed:
        raise InputError(f"the truth check of {args.id} failed: {', '.join(failed)}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
