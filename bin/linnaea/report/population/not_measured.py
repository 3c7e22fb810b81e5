"""What the report of populations could show and does not, and why."""

from collections.abc import Iterator

from linnaea.base.text import listing
from linnaea.report.population.inputs import Populations, value

DID_NOT_RUN = "the step did not run"
# Whether it is there, what it is, why it is not.
Check = tuple[bool, str, str]


def not_measured(data: Populations) -> list[tuple[str, str]]:
    """(statistic, reason) of everything the report could show and does not."""
    checks = [*_samples(data), *_diversity(data), *_likelihoods(data), *_relations(data), *_history(data)]
    return [(name, why) for there, name, why in checks if not there]


def _without_calls(data: Populations) -> str:
    """Why a statistic of called genotypes is not there."""
    if not data.called:
        return "no sample is deep enough for genotypes"
    return "no variant passed the filters" if data.variants_passed == 0 else DID_NOT_RUN


def _one_group(data: Populations) -> str:
    """Why a statistic between groups is not there."""
    if len(data.groups) == 1:
        return "one population only"
    return (
        "only one population has called genotypes" if len(data.called_groups) == 1 else _without_calls(data)
    )


def _few_samples(data: Populations) -> str:
    """Why a statistic of at least three called samples is not there."""
    called = _called_samples(data)
    if called < 3 and data.called:
        return f"{called} called sample{'s' * (called != 1)}: too few"
    return _without_calls(data)


def _called_samples(data: Populations) -> int:
    return len([name for name in data.called if data.group_of[name] != "outgroup"])


def _absent_program(data: Populations, program: str, otherwise: str) -> str:
    """Why there is no result of a program that a machine may lack."""
    if program in data.first("absent_programs").get("programs", ()):
        return f"{program} was not installed on the machine of this run; `linnaea doctor` shows how to get it"
    return otherwise


def _turned_off(data: Populations) -> str:
    return "turned off with --max_k 1" if data.parameters.get("max_k") == 1 else ""


def _samples(data: Populations) -> Iterator[Check]:
    depth = data.by_sample("sample_depth")
    no_reads = DID_NOT_RUN if data.cohort or depth else "the run started from a VCF"
    historical = any(sample.historical for sample in data.samples)
    by_depth = any(row.get("sex_by_depth") in ("male", "female") for row in depth.values())
    no_damage = "no reads of historical samples were given" if historical else "no historical samples"
    no_depths = "no allele depths of called samples" if data.called else _without_calls(data)
    yield any(sample.latitude is not None for sample in data.samples), "map", "no coordinates were given"
    yield bool(data.by_sample("sample_alignment")), "reads, mapped and duplicates", no_reads
    yield bool(depth), "depth and sex by depth", no_reads
    yield (
        not depth or by_depth,
        "sex by depth",
        "no sex chromosomes were given, or they are not informative",
    )
    yield bool(data.by_sample("damage")), "damage", no_damage
    yield bool(data.rows("contamination")), "contamination hint", no_depths


def _diversity(data: Populations) -> Iterator[Check]:
    general, between = _without_calls(data), _one_group(data)
    filters, rates = data.first("site_filters"), data.rows("diversity")
    spectra = {row["kind"] for row in data.rows("sfs")}
    no_rates = (
        "no site is callable"
        if filters.get("per_bp", True)
        else "a variants-only VCF does not show which sites were callable; give an all-sites VCF"
    )
    no_ancestor = general if any(sample.outgroup for sample in data.samples) else "no outgroup was given"
    yield bool(filters.get("site_steps")), "filters", general
    yield bool(rates), "π, θ and Tajima’s D", general
    yield not rates or any(value(row, "pi_per_bp") is not None for row in rates), "rates per base", no_rates
    yield bool(data.rows("divergence")), "dxy and Fst", between
    yield "folded" in spectra, "site frequency spectrum", general
    yield "unfolded" in spectra or not spectra, "unfolded spectrum", no_ancestor
    yield bool(data.rows("sfs_2d")), "joint spectra", between


def _likelihoods(data: Populations) -> Iterator[Check]:
    deep = DID_NOT_RUN if data.shallow else "all samples are deep enough for calls"
    of_one_group = bool(data.shallow) and len({data.group_of.get(name) for name in data.shallow}) < 2
    no_components = data.first("likelihood_pca").get("reason") or (
        _absent_program(data, "pcangsd", deep) if data.shallow else deep
    )
    yield bool(data.rows("likelihood_diversity")), "π, θ and Tajima’s D by likelihoods", deep
    yield bool(data.rows("likelihood_divergence")) or of_one_group, "dxy and Fst by likelihoods", deep
    yield bool(data.rows("likelihood_heterozygosity")), "heterozygosity by likelihoods", deep
    yield bool(data.rows("likelihood_pca")), "PCA of likelihoods", no_components
    yield (
        bool(data.rows("likelihood_admixture")),
        "admixture by likelihoods",
        _turned_off(data) or no_components,
    )


def _relations(data: Populations) -> Iterator[Check]:
    general, few = _without_calls(data), _few_samples(data)
    froh = next(iter(data.rows("froh")), {})
    no_pair = "kinship needs two samples" if _called_samples(data) < 2 and data.called else general
    no_ancestry = _turned_off(data) or _absent_program(data, "fastmixture", few)
    compared = any(key.startswith("f_roh_bcftools") for key in froh)
    yield bool(froh), "runs of homozygosity", general
    yield not froh or compared, "cross-check of runs by bcftools roh", DID_NOT_RUN
    yield bool(data.rows("kinship")), "kinship", no_pair
    yield bool(data.rows("pca")), "PCA", few
    yield bool(data.rows("admixture")), "admixture", no_ancestry
    yield bool(data.tree) or bool(data.rows("distances")), "tree", few


def _history(data: Populations) -> Iterator[Check]:
    general = _without_calls(data)
    four = "fewer than four groups with called genotypes, the outgroup counted" if data.called else general
    three = "fewer than three groups with called genotypes" if data.called else general
    no_load = general if data.parameters.get("gff") else "no GFF was given"
    one_period = "no population has both historical and modern samples with called genotypes"
    yield any(row["statistic"] == "d" for row in data.rows("f_statistics")), "D and f4", four
    yield any(row["statistic"] == "pbs" for row in data.rows("scans")), "PBS", three
    yield bool(data.rows("load")), "genetic load", no_load
    yield bool(data.rows("effective_size")), "recent effective size", general
    yield bool(data.rows("temporal")), "temporal contrast", one_period
    yield _decay(data)


def _decay(data: Populations) -> Check:
    groups = data.first("ld_decay").get("groups") or {}
    left_out = {group: found["left_out"] for group, found in groups.items() if found.get("left_out")}
    if left_out and len(left_out) == len(groups):
        return False, "LD decay", listing((f"{group}: {why}" for group, why in sorted(left_out.items())), 8)
    return bool(data.rows("ld_decay")), "LD decay", _few_samples(data)
