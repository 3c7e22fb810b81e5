#!/usr/bin/env python3
"""Soft-masks an assembly by the repeats of several finders, and tells each class's share."""

import argparse
import sys

from linnaea.annotation.mask_repeats import mask
from linnaea.base.errors import InputError, run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("classes", nargs="*", metavar="CLASS=FILE", help="BED of a class, or soft-masked FASTA of it")
    add("--id", required=True, help="genome id")
    add("--genome", required=True, metavar="FASTA", help="prepared assembly")
    add("--names", required=True, metavar="TSV", help="table of names of prepare_assembly.py")
    add("--masker", required=True, help="what found the repeats, for the record")
    add("--ignore-given", action="store_true", help="the mask that the assembly came with is no repeat")
    add("--mask", nargs="*", default=[], metavar="CLASS", help="classes that gene finders shall avoid")
    add("--fasta", required=True, help="soft-masked assembly to write")
    add("--bed", required=True, help="all repeats under the user's names, to write (BGZF when .gz)")
    add("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    classes = dict(item.partition("=")[::2] for item in args.classes)
    unknown = sorted(set(args.mask) - classes.keys())
    if unknown:
        raise InputError(f"--mask {' '.join(unknown)}: no such class; there are {', '.join(classes)}")
    record = mask(
        args.genome, args.names, classes, set(args.mask), args.fasta, args.bed, not args.ignore_given
    )
    write_metrics(args.out, {"id": args.id, "step": "repeat_masking", "masker": args.masker, **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
