#!/usr/bin/env python3
"""The masks of a reference as sorted BED without overlaps, and the table of what is not an autosome.

Files are plain or gzip; what lies on sequences that the reference lacks is left out.
"""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fai", required=True, help="index of the reference")
    parser.add_argument("--include", nargs="*", default=[], metavar="BED", help="default: all sequences")
    parser.add_argument("--exclude", nargs="*", default=[], metavar="BED")
    parser.add_argument("--compartments", metavar="TSV", help="chromosome and kind (X, Y, Z, W, mito)")
    parser.add_argument("--included-bed", type=Path, required=True, help="written")
    parser.add_argument("--excluded-bed", type=Path, required=True, help="written")
    parser.add_argument("--compartments-tsv", type=Path, required=True, help="written")
    args = parser.parse_args(argv)

    import numpy as np

    from linnaea.base.files import complete_file
    from linnaea.formats.gff3 import sequence_lengths
    from linnaea.population.compartments import read_compartments
    from linnaea.population.masks import Mask, read_masks

    lengths = sequence_lengths(args.fai)
    whole = Mask({name: (np.array([0]), np.array([length])) for name, length in lengths.items()})
    masks = (
        (args.included_bed, read_masks(args.include, lengths=lengths) or whole),
        (args.excluded_bed, read_masks(args.exclude, lengths=lengths) or Mask({})),
    )
    for path, mask in masks:
        with complete_file(path) as bed:
            for name in lengths:
                rows = zip(*(edges.tolist() for edges in mask.of(name)), strict=True)
                bed.writelines(f"{name}\t{start}\t{end}\n" for start, end in rows)
    with complete_file(args.compartments_tsv) as table:
        table.write("chromosome\tkind\n")
        table.writelines(f"{name}\t{kind}\n" for name, kind in read_compartments(args.compartments).items())
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
