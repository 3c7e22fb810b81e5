#!/usr/bin/env python3
"""Filters and counts the sites of a VCF in one pass: windows, bins of samples, spectra, funnel of filters.

The result is the partial sums of a region; combine_regions.py makes the tables. BCF goes through bcftools.
"""

import argparse
import os
import sys
from contextlib import ExitStack

# Matrices are small: threads of BLAS would only add CPU time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from linnaea.base.errors import InputError, run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vcf", help="VCF, may be compressed; - is standard input")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--out", required=True, help="partial sums (.npz)")
    parser.add_argument("--variants", help="tagged rows with an alternate allele (VCF); - is standard output")
    parser.add_argument("--vcf-kind", choices=("all-sites", "variants"), default="all-sites")
    parser.add_argument("--callable", help="BED of callable sites, with --vcf-kind variants")
    parser.add_argument("--regions", help="BED; rows outside it are only neighbours (give 100 bp around it)")
    parser.add_argument("--part-of", help="name of the file whose rows come on standard input")
    parser.add_argument("--fai", help="index of the reference: its sequences, for a VCF that names none")
    parser.add_argument("--compartments", help="table: chromosome, X|Y|Z|W|mito")
    parser.add_argument("--depth-windows", help="table: sample, min_depth, max_depth")
    parser.add_argument("--exclude", nargs="*", default=[], help="BED of sites that do not count")
    parser.add_argument("--include", nargs="*", default=[], help="BED of the only sites that count")
    parser.add_argument("--window-bp", type=int, default=50_000)
    parser.add_argument("--bin-bp", type=int, default=1000)
    parser.add_argument("--min-quality", type=float, default=30)
    parser.add_argument("--indel-gap-bp", type=int, default=5)
    parser.add_argument("--max-missing", type=float, default=0.5, help="share of samples")
    parser.add_argument("--excess-heterozygosity", type=float, default=0.001, help="P value; 0 turns it off")
    parser.add_argument("--min-genotype-quality", type=int, default=20)
    parser.add_argument("--balance", type=float, nargs=2, default=(0.2, 0.8), metavar=("LOW", "HIGH"))
    parser.add_argument("--transversions-only", action="store_true")
    parser.add_argument(
        "--joined-gvcfs", action="store_true", help="no count of alternate reads means none (bcftools merge)"
    )
    parser.add_argument("--no-spectra", action="store_true", help="leave out the site frequency spectra")
    args = parser.parse_args(argv)

    from dataclasses import replace

    from linnaea.base.files import complete_file
    from linnaea.formats.gff3 import sequence_lengths
    from linnaea.population.compartments import read_compartments
    from linnaea.population.filters import FilterLimits, TaggedRows, read_depth_windows, with_indels
    from linnaea.population.masks import read_mask, read_masks
    from linnaea.population.samples import read_samples
    from linnaea.population.scan_sites import VARIANTS, RegionScan, write_arrays
    from linnaea.population.vcf_reader import read_blocks

    if args.callable and args.vcf_kind != VARIANTS:
        raise InputError(
            "--callable is for --vcf-kind variants; an all-sites VCF says itself what is callable"
        )
    samples = read_samples(args.samples)
    names = [sample.sample for sample in samples]
    limits = FilterLimits(
        quality=args.min_quality,
        indel_gap=args.indel_gap_bp,
        missing=args.max_missing,
        excess_heterozygosity=args.excess_heterozygosity,
        genotype_quality=args.min_genotype_quality,
        balance=tuple(args.balance),
        transversions_only=args.transversions_only,
    )
    source = sys.stdin.buffer if args.vcf == "-" else args.vcf
    fields = ("GT", "DP", "AD", "GQ", "FT")
    header, blocks = read_blocks(source, fields, names, keep_lines=bool(args.variants), part_of=args.part_of)
    if args.fai:
        header = replace(header, contigs=sequence_lengths(args.fai))
    contigs = list(header.contigs)
    regions = read_mask(args.regions, contigs) if args.regions else None
    scan = RegionScan(
        header,
        samples,
        limits,
        window_bp=args.window_bp,
        bin_bp=args.bin_bp,
        depth_windows=read_depth_windows(args.depth_windows, names) if args.depth_windows else None,
        exclude=read_masks(args.exclude, contigs, regions),
        include=read_masks(args.include, contigs, regions),
        compartments=read_compartments(args.compartments),
        regions=regions,
        vcf_kind=args.vcf_kind,
        callable_mask=read_mask(args.callable, contigs, regions) if args.callable else None,
        spectra=not args.no_spectra,
        joined_gvcfs=args.joined_gvcfs,
    )
    with ExitStack() as stack:
        output = None
        if args.variants:
            to_stdout = args.variants == "-"
            output = (
                sys.stdout.buffer if to_stdout else stack.enter_context(complete_file(args.variants, "wb"))
            )
            tagged = TaggedRows(header, limits, header.contigs)
            output.write(tagged.head())
        for block, indels in with_indels(blocks, limits, args.part_of or args.vcf):
            filtered = scan.add(block, indels)
            if output is not None and filtered is not None:
                output.writelines(tagged.rows(filtered))
        if output is not None:
            output.flush()
            scan.undescribed = tagged.undescribed
        arrays = scan.partial()
    write_arrays(args.out, arrays.items())
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
