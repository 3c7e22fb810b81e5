#!/usr/bin/env python3
"""Read depth of an assembly from minimap2's PAF on standard input."""

import argparse
import sys

from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_path
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--haplotype", required=True)
    parser.add_argument("--assembly", required=True, help="FASTA, may be compressed")
    parser.add_argument("--window-bp", type=int, default=1000)
    parser.add_argument("--out", required=True)
    parser.add_argument("--track", required=True, help="bedGraph, bgzipped")
    args = parser.parse_args(argv)

    import pysam

    from linnaea.assembly.read_depth import WindowedDepth, depth_metrics, read_paf

    with pysam.FastxFile(args.assembly, persist=False) as sequences:
        lengths = {entry.name: len(entry.sequence) for entry in sequences}
    depth = WindowedDepth(lengths, args.window_bp)
    counts = read_paf(sys.stdin, depth)
    if counts["mapped_reads"] == 0:
        raise InputError(
            f"{args.id} {args.haplotype}: none of {counts['reads']:,} reads maps to {args.assembly}; "
            "are reads and assembly of the same species, and did minimap2 run to its end?"
        )
    with complete_path(args.track) as partial, pysam.BGZFile(str(partial), "wb") as track:
        for name, values in depth.depth().items():
            edges = [*range(0, lengths[name], args.window_bp), lengths[name]]
            track.write(
                "".join(
                    f"{name}\t{start}\t{end}\t{value:.2f}\n"
                    for start, end, value in zip(edges[:-1], edges[1:], values, strict=True)
                ).encode()
            )
    labels = {"id": args.id, "step": "read_depth", "stage": args.stage, "haplotype": args.haplotype}
    write_metrics(args.out, labels | depth_metrics(depth, counts))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
