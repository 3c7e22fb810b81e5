#!/usr/bin/env python3
"""The depth window of one sample, its callable sites and its sex by depth.

Standard input holds the rows of `samtools depth -aa`, or with --blocks those of a given gVCF: chromosome,
first base, last base, depth. The depth of a block is its smallest, so that its window starts a little lower
than that of the alignment.
"""

import argparse
import sys

from linnaea.base.errors import run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--fai", required=True, help="index of the reference")
    parser.add_argument("--blocks", action="store_true", help="standard input holds blocks of a gVCF")
    parser.add_argument("--compartments", help="chromosome and kind (X, Y, Z, W, mito), without autosomes")
    parser.add_argument("--include", required=True, help="BED of what may be callable")
    parser.add_argument("--exclude", required=True, help="BED of what may not")
    parser.add_argument("--low", type=float, required=True, help="window from this share of the median")
    parser.add_argument("--high", type=float, required=True, help="window up to this multiple of the median")
    parser.add_argument("--min-depth", type=int, required=True, help="no window starts lower")
    parser.add_argument("--callable", required=True, help="callable sites, BED, bgzipped")
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    import pysam

    from linnaea.base.files import complete_path
    from linnaea.base.records import write_metrics
    from linnaea.formats.gff3 import sequence_lengths
    from linnaea.population.compartments import read_compartments
    from linnaea.population.masks import read_mask
    from linnaea.population.sample_depth import DepthTrack, block_stretches, depth_of, site_stretches

    lengths = sequence_lengths(args.fai)
    stretches = block_stretches(sys.stdin) if args.blocks else site_stretches(sys.stdin.buffer, lengths)
    track = DepthTrack(lengths, stretches)
    compartments = read_compartments(args.compartments)
    record = depth_of(args.sample, track.histograms, compartments, args.low, args.high, args.min_depth)
    allowed = read_mask(args.include) - read_mask(args.exclude)
    with complete_path(args.callable) as partial, pysam.BGZFile(str(partial), "wb") as bed:
        for name, deep in track.within(record["min_depth_x"], record["max_depth_x"]):
            starts, ends = (deep & allowed.only(name)).of(name)
            rows = zip(starts.tolist(), ends.tolist(), strict=True)
            bed.write("".join(f"{name}\t{start}\t{end}\n" for start, end in rows).encode())
    write_metrics(args.out, {"id": "popgen", "step": "sample_depth", "sample": args.sample} | record)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
