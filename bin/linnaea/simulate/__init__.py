"""Simulate a diploid species with its reads, genes and truth."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `linnaea simulate`."""
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder to write (made if missing)")
    add("--genome", type=Path, metavar="FASTA",
        help="take this genome as the first haplotype; genes, RNA-seq, proteins, mitochondrion, bacteria, "
        "dropouts and chimeras are not made then; letters other than ACGT become random bases")  # fmt: skip
    add("--size", type=int, default=1_500_000, metavar="BP", help="haploid size (%(default)s)")
    add("--chromosomes", type=int, default=3, help="haploid number (%(default)s)")
    add("--heterozygosity", type=float, default=0.5, metavar="PERCENT",
        help="small variants for each 100 bp; 0 gives a haploid genome (%(default)s)")  # fmt: skip
    add("--sex", default="XY", choices=["XY", "ZW", "none"],
        help="sex-chromosome pair that the last chromosome becomes (%(default)s)")  # fmt: skip
    add("--telomere-motif", default="TTAGGG", metavar="MOTIF", help="(%(default)s)")
    add("--seed", type=int, default=1, help="same seed, same files (%(default)s)")
    add("--name", default="Linnaea demonstrans", help="species name (%(default)s)")
    add("--id", default="xxLinDemo1", help="id in genomes.yml (%(default)s)")
    add("--hifi-coverage", type=float, default=40.0, metavar="X",
        help="coverage of the haploid size, half of it from each haplotype (%(default)s)")  # fmt: skip
    add("--hifi-length", type=int, default=15_000, metavar="BP", help="mean length (%(default)s)")
    add("--hifi-quality", type=float, default=31.0, metavar="PHRED",
        help="mean accuracy of HiFi reads (%(default)s)")  # fmt: skip
    add("--adapter-share", type=float, default=1.0, metavar="PERCENT",
        help="HiFi reads with an adapter left in (%(default)s)")  # fmt: skip
    add("--mitochondrion-coverage", type=float, default=100.0, metavar="X",
        help="0 leaves the mitochondrion out (%(default)s)")  # fmt: skip
    add("--contaminant-coverage", type=float, default=10.0, metavar="X",
        help="0 leaves the bacterial contaminant out (%(default)s)")  # fmt: skip
    add("--symbiont-coverage", type=float, default=12.0, metavar="X",
        help="0 leaves the bacterial symbiont out (%(default)s)")  # fmt: skip
    add("--dropouts", type=int, default=5, metavar="N",
        help="stretches of 300 bp that no HiFi read crosses: contigs end there (%(default)s)")  # fmt: skip
    add("--chimeras", type=int, default=2, metavar="N",
        help="chimeric molecules of two chromosomes, joined at dropouts (%(default)s)")  # fmt: skip
    add("--hic-coverage", type=float, default=14.0, metavar="X",
        help="coverage of 2 x 150 bp Hi-C pairs; 0 leaves them out (%(default)s)")  # fmt: skip
    add("--rnaseq-pairs", type=int, default=80_000, metavar="N",
        help="2 x 100 bp pairs; 0 leaves them out (%(default)s)")  # fmt: skip
    add("--no-proteins", action="store_true", help="make no proteins of a relative")
    add("--busco-lineage", action="store_true",
        help="write a small BUSCO lineage of the species' genes to DIR/busco (needs HMMER)")  # fmt: skip
    add("--populations", nargs="?", const="also", default="no", choices=["no", "also", "only"],
        help="write reads and truth of two populations of the species to DIR/population; `only` writes "
        "nothing else (%(default)s)")  # fmt: skip
    add("--population-coverage", type=float, default=12.0, metavar="X",
        help="coverage of a modern sample (%(default)s)")  # fmt: skip
    add("--historical-coverage", type=float, default=3.0, metavar="X",
        help="coverage of a historical sample (%(default)s)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write the species; see `linnaea.simulate.species`."""
    from linnaea.simulate.species import simulate

    simulate(args)
    return 0
