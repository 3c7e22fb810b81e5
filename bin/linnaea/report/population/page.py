"""The report of populations: its head, what to look at first, its sections, and what is not in it and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linnaea.base.files import complete_file
from linnaea.base.text import bases, listing, number, percent
from linnaea.population.runs_of_homozygosity import ERROR_PER_BP, MIN_HETEROZYGOUS_SITES
from linnaea.report.blocks import Block, Cell, Section, Table, Text
from linnaea.report.linked_data import Measured
from linnaea.report.multiqc_content import write_content
from linnaea.report.page import Extras, Head, page
from linnaea.report.population import history, quality, statistics
from linnaea.report.population.inputs import Populations, read_populations, value
from linnaea.report.population.not_measured import not_measured
from linnaea.report.population.quality import missing_shares, significant, with_error_pct

# A hint of contamination is flagged when it is at least this large and surely above zero.
CONTAMINATION_PCT = 2.0
MISSING_PCT = 30.0
# Old DNA that no enzyme has repaired shows at least this much more C>T at the first base than further in.
DAMAGE_PCT = 1.0
MAPPED_PCT = 50.0
# With a share above this, genotypes without a depth are worth a word.
WITHOUT_DEPTH_PCT = 5.0
# Fewer callable bases cannot show that heterozygous sites are rarer than errors.
LEAST_CALLABLE_BP = int(MIN_HETEROZYGOUS_SITES / (2 * ERROR_PER_BP))
VCF_SIGNS = {
    "minor_allele_frequency": "The given VCF has no rare alleles",
    "no_singletons": "The given VCF has no singletons",
    "biallelic_only": "The given VCF has no sites with three alleles",
    "thinned": "The given VCF is thinned",
    "imputed": "The genotypes of the given VCF are imputed",
    "unlinked": "The given VCF has no linked sites",
    "missingness": "The given VCF was filtered by missing genotypes",
    "filter_of_kinds": "FILTER of the given VCF differs between variants and other sites",
    "missing_at_variants": "Missing genotypes of the given VCF differ between variants and other sites",
    "few_invariant_sites": "The given VCF has hardly any invariant sites",
}


@dataclass(frozen=True)
class Flag:
    """Something to look at: a mark (flagged, warn or note), what, and why it matters."""

    mark: str
    what: str
    why: str


def low_depth(data: Populations) -> float | None:
    """Median depth below which genotype likelihoods are used."""
    return data.first("cohort").get("low_depth_x")


def flags(data: Populations) -> list[Flag]:
    """What somebody should look at before using the numbers, the worst first."""
    return [*_identity_flags(data), *_vcf_flags(data), *_read_flags(data), *_group_flags(data)]


def _identity_flags(data: Populations) -> Iterable[Flag]:
    for row in data.rows("kinship"):
        if row["flag"] == "duplicate_or_swap":
            yield Flag(
                "flagged",
                f"{row['sample_1']} and {row['sample_2']} are the same individual",
                f"Kinship {significant(value(row, 'kinship_king_robust'))} over "
                f"{number(value(row, 'shared_sites'), 0)} sites: sequenced twice, swapped, or identical "
                "twins. Leave one out before you use diversity, Fst or components.",
            )
    wrong = [row for row in data.rows("pedigree") if row["verdict"] == "differs"]
    if wrong:
        pairs = listing((f"{row['sample_1']} and {row['sample_2']}" for row in wrong), 4)
        yield Flag(
            "flagged",
            f"{number(len(wrong))} {'pairs differ' if len(wrong) > 1 else 'pair differs'} from the pedigree: "
            f"{pairs}",
            "A wrong parent, or swapped samples: see Kinship.",
        )
    depths = data.by_sample("sample_depth")
    for name in data.ordered(data.cohort):
        decided = data.cohort[name]
        if decided.get("sex_disagrees"):
            why = depths.get(name, {}).get("sex_by_depth_why")
            yield Flag(
                "flagged",
                f"{name} is given as {decided.get('sex_given')}, its depth says "
                f"{decided.get('sex_by_depth')}",
                (f"{str(why)[:1].upper()}{str(why)[1:]}. " if why else "")
                + "Swapped samples, or a wrong entry in the table.",
            )
    for row in data.rows("contamination"):
        hint, error = value(row, "contamination_hint_pct"), value(row, "standard_error_pct")
        if hint is not None and hint >= CONTAMINATION_PCT and (error is None or hint > 2 * error):
            yield Flag(
                "warn",
                f"{row['sample']} may be contaminated",
                f"{with_error_pct(hint, error)} of its reads carry alleles of other samples where it is "
                "homozygous. This is a hint: relatives and structure add to it.",
            )
    for record in data.records:
        if record["step"] == "library_trimming" and (left := record.get("reads_without_mate")):
            yield Flag(
                "warn",
                f"Reads of {record['sample']} were left out, because their mate is missing",
                f"{number(left)} of library {record['library']}, which is interleaved FASTQ.",
            )
    udg = {s.sample: s.udg for s in data.samples if s.historical}
    damage = data.by_sample("damage")
    for name in data.ordered(damage):
        excess = damage[name].get("c_to_t_5p_excess_pct")
        if udg.get(name) in ("none", ".") and excess is not None and excess < DAMAGE_PCT:
            yield Flag(
                "warn",
                f"{name} is historical but shows no damage",
                f"C>T at the first base is only {percent(excess, 1)} above the inner bases: treated with "
                "UDG, "
                "or modern DNA.",
            )


def _read_flags(data: Populations) -> Iterable[Flag]:
    limit = low_depth(data)
    if data.shallow:
        yield Flag(
            "warn",
            f"{_count_of(data.shallow)} analysed by genotype likelihoods: {listing(data.shallow, 8)}",
            f"Median depth below {number(limit)}×: heterozygotes would be missed, so no genotypes are "
            "called. These samples are only in statistics from likelihoods.",
        )
    below = [
        name
        for name in data.called
        if limit is not None and (data.cohort.get(name, {}).get("median_depth_x") or limit) < limit
    ]
    if below:
        yield Flag(
            "warn",
            f"Genotypes were called below {number(limit)}×: {listing(below, 8)}",
            "Heterozygotes are missed at such depth: diversity, heterozygosity and F_ROH are biased.",
        )
    for row in data.rows("froh"):
        callable_bp = value(row, "callable_autosomal_bp") or 0
        if row["status"] == "no_diversity" and callable_bp < LEAST_CALLABLE_BP:
            yield Flag(
                "warn",
                f"{row['sample']} has too few callable sites for runs of homozygosity",
                f"{bases(callable_bp)} of autosomes, {bases(LEAST_CALLABLE_BP)} are needed to distinguish a "
                "lack of diversity from chance. F_ROH is not reported.",
            )
        elif row["status"] == "no_diversity":
            yield Flag(
                "warn",
                f"{row['sample']} has hardly any heterozygous sites",
                f"{number(value(row, 'heterozygous_sites'), 0)} in "
                f"{bases(value(row, 'callable_autosomal_bp'))}: a clone, a haploid, or calls that lost "
                "them. F_ROH is not reported.",
            )
    missing = missing_shares(data)
    many = [name for name in data.ordered(missing) if missing[name] > MISSING_PCT]
    if many:
        yield Flag(
            "warn",
            f"More than {number(MISSING_PCT)} % of the sites are missing in {listing(many, 8)}",
            f"Up to {percent(max(missing[name] for name in many), 0)} of the callable sites have no "
            "genotype.",
        )
    aligned = data.by_sample("sample_alignment")
    foreign = [
        name
        for name in data.ordered(aligned)
        if aligned[name].get("mapped_pct") is not None and aligned[name]["mapped_pct"] < MAPPED_PCT
    ]
    if foreign:
        yield Flag(
            "warn",
            f"Less than half of the reads map in {listing(foreign, 8)}",
            "Usual for old bones; for modern samples it suggests another species or contamination.",
        )


def _vcf_flags(data: Populations) -> Iterable[Flag]:
    """Signs that the given VCF was filtered, and genotypes that nothing supports."""
    for sign in data.first("given_vcf").get("signs") or ():
        text = sign["sentence"]
        yield Flag("warn", VCF_SIGNS[sign["sign"]], f"{text[0].upper()}{text[1:]}.")
    sites = data.first("site_filters")
    unknown, called = sites.get("genotypes_without_depth") or 0, sites.get("genotypes_called") or 0
    if unknown > WITHOUT_DEPTH_PCT / 100 * called and data.first("given_vcf"):
        yield Flag(
            "warn",
            f"{percent(100 * unknown / called, 0)} of the genotypes have no depth",
            "The file has depths, but these genotypes have none: they may be samples without data that "
            "were written as 0/0 (`bcftools merge --missing-to-ref`).",
        )


def _group_flags(data: Populations) -> Iterable[Flag]:
    sizes = {group: sum(data.group_of[name] == group for name in data.called) for group in data.called_groups}
    alone = [group for group, size in sizes.items() if size == 1]
    if alone:
        yield Flag(
            "note",
            f"{'Groups' if len(alone) > 1 else 'A group'} of one called sample: {listing(alone, 8)}",
            "Its diversity is that of one individual; Fst and the spectrum mean little.",
        )
    if data.variants_passed == 0:
        yield Flag("flagged", "No variant passed the filters", "The funnel shows which filter removed them.")


def _count_of(names: list[str]) -> str:
    return f"{len(names)} sample{'s' * (len(names) != 1)}"


def attention_section(found: list[Flag]) -> Section:
    """The list of flags, or that there are none."""
    rows: list[list[Cell | str]] = [[Cell(flag.what, mark=flag.mark), flag.why] for flag in found]
    blocks: list[Block] = (
        [Table(["what", "why"], rows, "ll", wide_last=True)] if rows else [Text("Nothing was flagged.")]
    )
    return Section(
        "attention",
        "What to look at",
        "These are checked: duplicates and swaps, sex against depth, contamination, damage of historical "
        "samples, depth, missing genotypes, and diversity of each sample.",
        blocks,
    )


def badge(found: list[Flag]) -> dict[str, Any]:
    """The badge at the head: how many things to look at."""
    serious = [flag for flag in found if flag.mark != "note"]
    worst = "warn" if serious else "pass"
    count = f"{len(serious)} thing{'s' * (len(serious) != 1)} to look at"
    return {
        "haplotype": "samples",
        "standard": "checks of the cohort",
        "verdict": worst,
        "word": count if serious else "nothing flagged",
        "sentence": "; ".join(flag.what for flag in serious[:4]) + ("; …" if len(serious) > 4 else "")
        or "Identity, sex, contamination, depth and missing genotypes are as expected.",
    }


def shallow_warning(data: Populations) -> list[str]:
    """The sentence at the head about samples that are too shallow for calls."""
    if not data.shallow:
        return []
    verb = "is" if len(data.shallow) == 1 else "are"
    rest = (
        f"Statistics from genotypes use the other {_count_of(data.called)}."
        if data.called
        else "No sample is deep enough for genotypes, so no statistic uses calls."
    )
    return [
        f"{listing(data.shallow, 8)} {verb} below a median depth of {number(low_depth(data))}× and analysed "
        f"by genotype likelihoods, not by called genotypes. {rest}"
    ]


def headline(data: Populations) -> list[tuple[str, str, str]]:
    """The figures at the top: (label, value, remark)."""
    out = sum(s.outgroup for s in data.samples)
    shallow = len(data.shallow)
    remark = [f"{len(data.called)} by calls"] + ([f"{shallow} by likelihoods"] if shallow else [])
    facts = [("samples", number(len(data.samples)), ", ".join(remark + ([f"{out} outgroup"] if out else [])))]
    facts.append(("groups", number(len(data.groups)), listing(data.groups, 4)))
    sites = data.first("site_filters")
    if sites.get("callable_sites") is not None:
        share = f"of {bases(sites['sites'])} seen" if sites.get("sites") else ""
        if sites.get("per_bp", True):
            facts.append(("callable genome", bases(sites["callable_sites"]), share))
    if data.variants_passed is not None:
        facts.append(
            ("variants passed", number(data.variants_passed), f"of {number(sites.get('variants'))} sites")
        )
    rates = [(v, r["group"]) for r in data.autosomal("diversity") if (v := value(r, "pi_per_bp")) is not None]
    if rates:
        low, high = min(rates), max(rates)
        if len(rates) == 1:
            facts.append(("π per bp", significant(low[0]), low[1]))
        else:
            facts.append(
                ("π per bp", f"{significant(low[0])} – {significant(high[0])}", f"{low[1]} to {high[1]}")
            )
    depths = [r["median_depth_x"] for r in data.cohort.values() if r.get("median_depth_x") is not None]
    if depths:
        middle = sorted(depths)[len(depths) // 2]
        facts.append(
            (
                "median depth",
                f"{number(middle, 1)}×",
                f"{number(min(depths), 1)} to {number(max(depths), 1)}×",
            )
        )
    return facts


def missing_section(data: Populations) -> Section | None:
    """What is not in the report, and why."""
    rows: list[list[Cell | str]] = [[Cell(name), why] for name, why in not_measured(data)]
    if not rows:
        return None
    return Section("missing", "Not measured", "", [Table(["what", "why"], rows, "ll")])


def reference_name(data: Populations) -> str:
    """The reference as the run's parameters name it."""
    given = data.parameters.get("reference")
    return Path(str(given)).name if given else "popgen"


def measured(data: Populations) -> list[Measured]:
    """Diversity of groups and divergence of pairs as (name, value, unit)."""
    found = [
        (f"pi of {row['group']}, {row['compartment']}", value(row, "pi_per_bp"), "per bp")
        for row in data.rows("diversity")
    ]
    found += [
        (
            f"Fst (Hudson), {row['group_1']} and {row['group_2']}, {row['compartment']}",
            value(row, "fst_hudson"),
            "",
        )
        for row in data.rows("divergence")
    ]
    return [(name, one, unit) for name, one, unit in found if one is not None]


def render_populations(data: Populations, extras: Extras) -> str:
    """The whole page as a string."""
    found = flags(data)
    sections = [section(data) for section in (*quality.SECTIONS, *statistics.SECTIONS, *history.SECTIONS)]
    head = Head(
        title="Populations",
        label=reference_name(data),
        subject="population",
        badges=[badge(found)],
        facts=headline(data),
        warnings=shallow_warning(data),
        scientific=False,
        measured=measured(data),
    )
    return page(head, [attention_section(found), *sections, missing_section(data)], extras)


def report_populations(
    *,
    samples: Path,
    out: str,
    metrics: Sequence[str] = (),
    tables: Sequence[str] = (),
    tree: Path | None = None,
    software: Path | None = None,
    tools: Path | None = None,
    warnings: Path | None = None,
    parameters: Path | None = None,
    multiqc: Path | None = None,
) -> None:
    """Write the report of populations: one HTML file that needs no network. Records are read once.

    metrics: records (JSON)
    tables: tables of statistics, known by their file names; those the report does not show are not read
        (TSV)
    tree: tree of the samples (NWK)
    samples: sample table (TSV)
    software: process, tool, version (TSV)
    tools: containers/software.yml (YAML)
    warnings: one warning per line (TXT)
    parameters: parameters of the run (JSON)
    multiqc: folder of custom content for MultiQC, to write; made when it is not there
    out: report, HTML
    """
    data = read_populations(metrics, tables, samples, tree, parameters)
    extras = Extras(software, tools, (), warnings, parameters)
    page = render_populations(data, extras)
    with complete_file(out) as handle:
        handle.write(page)
    if multiqc:
        write_content(data.records, multiqc, data.tables)
