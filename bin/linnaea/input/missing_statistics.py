"""Statistics that a cohort cannot give, named before the run."""

from collections.abc import Mapping, Sequence
from typing import Any

from linnaea.base.text import listing, some
from linnaea.input.options import words
from linnaea.input.run_input import Population
from linnaea.input.sample_sheet import GivenSample

# Of fewer samples no effective size is estimated from linkage disequilibrium.
LEAST_FOR_LDNE = 10


def missing_statistics(
    samples: Sequence[GivenSample], record: Population, parameters: Mapping[str, Any]
) -> list[str]:
    """Notes on statistics that these samples, files and parameters cannot give."""
    notes: list[str] = []
    studied = [sample for sample in samples if not sample.outgroup]
    sizes: dict[str, int] = {}
    for sample in studied:
        sizes[sample.group] = sizes.get(sample.group, 0) + 1
    if len(studied) == 1:
        notes.append(
            "one sample: no dxy, Fst, kinship, PCA, admixture, tree, linkage disequilibrium or effective "
            "size; its heterozygosity, runs of homozygosity and load are reported"
        )
    elif studied:
        if len(sizes) == 1:
            notes.append("one population: no dxy, Fst and joint site frequency spectrum")
        single = sorted(name for name, size in sizes.items() if size == 1)
        if single:
            notes.append(
                f"{listing(single)} with one sample each: pi is its heterozygosity; no Weir-Cockerham "
                "Fst, Tajima's D or effective size of its own"
            )
        few = sorted(name for name, size in sizes.items() if 1 < size < LEAST_FOR_LDNE)
        if few:
            notes.append(
                f"{listing(few)} with fewer than {LEAST_FOR_LDNE} samples: no effective size from "
                "linkage disequilibrium"
            )
    historical = [sample for sample in studied if sample.historical]
    contrasts = {sample.population for sample in historical} & {
        sample.population for sample in studied if not sample.historical
    }
    if contrasts and parameters["generations"] is None:
        notes.append(
            "option --generations is not given: no effective size from the change between historical "
            "and modern"
        )
    unnamed = [sample.name for sample in samples if sample.historical and not sample.facts["udg"]]
    if unnamed:
        notes.append(
            f"{len(unnamed)} historical samples without a value in column udg ({some(unnamed)}): `none` is "
            "used, and damage is expected"
        )
    untreated = [sample.name for sample in historical if sample.facts["udg"] != "full"]
    if untreated and not (parameters["transversions_only"] or parameters["rescale_damage"]):
        notes.append(
            f"{some(untreated)}: historical and not fully treated with UDG, C>T and G>A of damage look "
            "like variants; consider --transversions_only"
        )
    if not record["gff"] and "annotation" not in words(parameters, "workflow"):
        notes.append("option --gff is not given: genetic load is not counted")
    if not record["sex_chromosomes"]:
        notes.append(
            "option --sex_chromosomes is not given: every sequence counts as an autosome, and sex is not "
            "estimated"
        )
    return notes
