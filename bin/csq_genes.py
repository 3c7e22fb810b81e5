#!/usr/bin/env python3
"""Write the coding genes of a GFF in the dialect that `bcftools csq` reads."""

import argparse
import sys

from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.formats.genetic_codes import is_mitochondrion
from linnaea.population.csq_genes import csq_lines


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gff", help="GFF3 or GTF")
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    rows = left_out = 0
    with complete_file(args.out) as handle:
        for line in csq_lines(args.gff):
            if is_mitochondrion(line.partition("\t")[0]):  # bcftools csq reads the standard code alone
                left_out += "\tgene\t" in line
                continue
            handle.write(line)
            rows += "\tCDS\t" in line
        if not rows:
            raise InputError(f"{args.gff} has no coding gene; give one with CDS rows")
    if left_out:
        print(
            f"{left_out} genes of the mitochondrion, which has another code, are left out",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
