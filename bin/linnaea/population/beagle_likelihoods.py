"""Genotype likelihoods as PCAngsd reads them."""

import gzip
import sys
from collections.abc import Iterable
from typing import BinaryIO

from linnaea.base.files import complete_file, complete_path
from linnaea.base.records import write_metrics
from linnaea.population.compartments import read_compartments
from linnaea.population.genotypes import sample_columns
from linnaea.population.likelihoods import (
    BASES,
    TRANSITIONS,
    LikelihoodSite,
    header_samples,
    read_sites,
)
from linnaea.population.samples import read_samples

# Fewer samples or sites have no components worth a look, and PCAngsd fails on none.
MIN_COMPONENT_SAMPLES, MIN_COMPONENT_SITES = 3, 100


def lack_for_components(samples: int, sites: int) -> str | None:
    """Why PCAngsd is not run on so many samples and sites; None when it is."""
    if samples < MIN_COMPONENT_SAMPLES:
        return f"{samples} sample{'s' * (samples != 1)}: fewer than {MIN_COMPONENT_SAMPLES}"
    if sites < MIN_COMPONENT_SITES:
        return f"{sites} variable site{'s' * (sites != 1)}: fewer than {MIN_COMPONENT_SITES}"
    return None


def write_beagle(
    out: BinaryIO | gzip.GzipFile,
    names: list[str],
    sites: Iterable[LikelihoodSite],
    transversions_only: bool = False,
) -> int:
    """Write sites with an alternate base as Beagle likelihoods, as ANGSD does for PCAngsd; returns how many.

    Alleles are 0 to 3 for A, C, G, T; likelihoods of a sample sum to 1, and are 1/3 each where it has no
    data.
    """
    header = ["marker", "allele1", "allele2", *(name for name in names for _ in range(3))]
    out.write("\t".join(header).encode() + b"\n")
    written = 0
    for site in sites:
        if site.alternate not in BASES:
            continue
        if transversions_only and any({site.reference, site.alternate} == pair for pair in TRANSITIONS):
            continue
        likelihood = 10 ** (-site.levels / 10)
        likelihood /= likelihood.sum(axis=1, keepdims=True)
        values = "\t".join(f"{value:.6f}" for value in likelihood.ravel())
        alleles = f"{BASES.index(site.reference)}\t{BASES.index(site.alternate)}"
        out.write(f"{site.chromosome.decode()}_{site.position}\t{alleles}\t{values}\n".encode())
        written += 1
    return written


def convert_likelihoods(
    *,
    samples: str,
    beagle: str,
    order: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    transversions_only: bool = False,
) -> None:
    """Beagle file of genotype likelihoods for PCAngsd, from `bcftools query -H` on standard input.

    The list of samples is empty, and the record says why, where there is too little for components.

    samples: sample table
    compartments: chromosomes that are no autosomes
    beagle: file to write, gzipped
    order: samples in the order of the file, one per line
    out: metrics record
    """
    names = header_samples(sys.stdin.buffer.readline(), "standard input")
    wanted = sorted(
        item.sample for item in read_samples(samples) if not item.outgroup and item.sample in names
    )
    columns = sample_columns(names, wanted, samples)
    sites = read_sites(sys.stdin.buffer, "standard input", columns, read_compartments(compartments))
    with (
        complete_path(beagle) as partial,
        partial.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=4, mtime=0) as compressed,
    ):
        written = write_beagle(compressed, wanted, sites, transversions_only)
    reason = lack_for_components(len(wanted), written)
    with complete_file(order) as order_file:
        order_file.writelines(f"{name}\n" for name in wanted if not reason)
    write_metrics(
        out,
        {
            "id": id,
            "step": "beagle_likelihoods",
            "samples": len(wanted),
            "sites": written,
            "transversions_only": transversions_only,
            "reason": reason,
        },
    )
