"""Sections of the report of populations on samples, reads, depth and filters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from linnaea.base.text import bases, listing, number, percent
from linnaea.report.blocks import Block, Cell, Plot, Plots, Section, Table, Text
from linnaea.report.population import plots_samples
from linnaea.report.population.inputs import Populations, value

FOLD = 25  # rows of a table that are shown unfolded
SITE_STEPS = {
    "input_filter": "filtered in the input",
    "masked": "masked: repeats, not mappable, excluded",
    "low_quality": "low quality",
    "near_indel": "near an indel",
    "transition": "transition, when these are left out",
    "missing": "too many samples missing",
    "excess_heterozygosity": "excess of heterozygotes",
}
GENOTYPE_STEPS = {
    "input_filter": "filter of the given file (FT)",
    "no_reads": "called without a read",
    "depth": "depth outside the window of the sample",
    "genotype_quality": "low genotype quality",
    "allelic_balance": "allelic balance",
    "haploid": "haploid call where two copies are expected",
}
SEXES = {"unknown": "–", "undetermined": "–"}


def significant(figure: float | None, digits: int = 3) -> str:
    """A small number as people read it: 0.00349, 1.2 × 10⁻⁵; None becomes an en dash."""
    if figure is None:
        return "–"
    if figure in (float("inf"), float("-inf")):
        return "∞" if figure > 0 else "−∞"
    text = f"{figure:#.{digits}g}" if figure else "0"
    if "e" not in text:
        return text.removesuffix(".").replace("-", "−")
    mantissa, exponent = text.split("e")
    if int(exponent) > 0:
        return number(figure, 0).replace("-", "−")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} × 10{raised}".replace("-", "−")


def with_error(figure: float | None, error: float | None, digits: int = 3, weak: str | None = None) -> Cell:
    """An estimate with its standard error below, greyed for the reason in `weak`."""
    small = f"± {significant(error, 2)}" if error is not None else None
    return Cell(significant(figure, digits), small=small, weak=weak if figure is not None else None)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[Cell | str]], align: str, title: str, **more: Any
) -> Table:
    """A table that is folded when it is long."""
    folded = len(rows) > FOLD
    heading = f"{title} ({number(len(rows))} rows)" if folded else title
    return Table(columns, rows, align, heading, folded=folded, **more)


def map_section(data: Populations) -> Section | None:
    figure = plots_samples.sample_map(data)
    if figure is None:
        return None
    lost = [s.sample for s in data.samples if s.latitude is None or s.longitude is None]
    note = f"{len(lost)} of {len(data.samples)} samples have no coordinates." if lost else ""
    return Section(
        "map",
        "Map",
        "Origin of the samples: longitude and latitude as given.",
        [Plots([Plot("map", "Samples", figure, note)], "wide")],
    )


def _trimmed(data: Populations) -> dict[str, dict[str, float]]:
    """Sample -> reads before and after trimming, and merged pairs, over its libraries."""
    sums: dict[str, dict[str, float]] = {}
    for record in data.records:
        if record["step"] == "library_trimming":
            of = sums.setdefault(record["sample"], {})
            for key in ("reads_in", "reads_out", "pairs_in", "merged_pairs"):
                if record.get(key) is not None:
                    of[key] = of.get(key, 0) + record[key]
    return sums


def callable_bases(data: Populations) -> dict[str, float]:
    """Sample -> callable autosomal bases, of calls or, for shallow samples, of likelihoods."""
    found = {
        row["sample"]: value(row, "callable_sites") or 0
        for row in data.rows("likelihood_heterozygosity")
        if row["sites"] == "all"
    }
    return found | {
        row["sample"]: value(row, "callable_sites") or 0 for row in data.autosomal("heterozygosity")
    }


def missing_shares(data: Populations) -> dict[str, float]:
    """Sample -> share of the callable sites without its genotype, in percent."""
    entries = data.first("site_filters").get("samples") or ()
    return {e["sample"]: e["missing_pct"] for e in entries if e.get("missing_pct") is not None}


def heterozygosity_of(data: Populations) -> dict[str, tuple[float, str]]:
    """Sample -> heterozygosity per bp of autosomes and what it rests on; calls first.

    Of historical samples likelihoods count at transversions: damage makes most of their other variation.
    """
    found = {}
    old = {sample.sample for sample in data.samples if sample.historical}
    likely = data.rows("likelihood_heterozygosity")
    for source, rows in (
        ("by likelihoods", [r for r in likely if r["sites"] == "all" and r["sample"] not in old]),
        ("transversions only", [r for r in likely if r["sites"] == "transversions" and r["sample"] in old]),
        ("", data.autosomal("heterozygosity")),
    ):
        for row in rows:
            figure = value(row, "heterozygosity_per_bp")
            if figure is not None:
                found[row["sample"]] = (figure, source)
    return found


def _sex(given: str, by_depth: str, disagrees: bool) -> Cell:
    """The sex as given; what depth says only where that adds something."""
    adds = by_depth in ("male", "female") and by_depth != given
    return Cell(
        SEXES.get(given, given),
        mark="disagrees" if disagrees else None,
        small=f"{by_depth} by depth" if adds else None,
    )


def samples_section(data: Populations) -> Section:
    trimmed, aligned, depths = (
        _trimmed(data),
        data.by_sample("sample_alignment"),
        data.by_sample("sample_depth"),
    )
    callable_, missing, het = callable_bases(data), missing_shares(data), heterozygosity_of(data)
    given = {s.sample: s for s in data.samples}
    columns: list[tuple[str, str]] = [("sample", "l")]
    show_reads, show_aligned, show_depth = bool(trimmed), bool(aligned), bool(depths)
    columns += [("reads", "r")] if show_reads or show_aligned else []
    columns += [("mapped", "r")] if show_aligned else []
    columns += [("median depth", "r"), ("covered", "r")] if show_depth else []
    columns += [("callable", "r"), ("missing", "r"), ("het. per kb", "r"), ("sex", "l")]
    rows: list[list[Cell | str]] = []
    for name in data.ordered(given):
        sample, reads, bam = given[name], trimmed.get(name, {}), aligned.get(name, {})
        depth, decided = depths.get(name, {}), data.cohort.get(name, {})
        group = data.group_of[name]
        mark = "likelihoods" if data.route(name) == "likelihoods" else None
        row: list[Cell | str] = [Cell(name, mark=mark, small=group)]
        if show_reads or show_aligned:
            used, pairs = reads.get("reads_out"), reads.get("pairs_in")
            small = f"{number(used)} kept" if used is not None else None
            if small and pairs:
                small += f", {percent(100 * reads.get('merged_pairs', 0) / pairs, 0)} merged"
            row.append(Cell(number(reads.get("reads_in", bam.get("reads"))), small=small))
        if show_aligned:
            doubled = bam.get("duplicates_pct")
            small = f"{percent(doubled, 1)} duplicates" if doubled is not None else None
            row.append(Cell(percent(bam.get("mapped_pct"), 1), small=small))
        if show_depth:
            median = depth.get("median_depth_x", decided.get("median_depth_x"))
            low, high = depth.get("min_depth_x"), depth.get("max_depth_x")
            window = f"used {low}–{high}×" if low is not None else None
            row.append(Cell("–" if median is None else f"{number(median, 1)}×", small=window))
            row.append(percent(depth.get("covered_pct"), 1))
        size, found = depth.get("autosomes_bp"), callable_.get(name)
        share = percent(100 * found / size, 1) if size and found is not None else None
        row.append(Cell(bases(found), small=share))
        row.append(percent(missing.get(name), 1))
        rate, source = het.get(name, (None, ""))
        row.append(
            Cell(
                significant(None if rate is None else 1000 * rate),
                small=source or None,
            )
        )
        by_depth = str(depth.get("sex_by_depth", decided.get("sex_by_depth", "unknown")))
        row.append(_sex(sample.sex, by_depth, bool(decided.get("sex_disagrees"))))
        rows.append(row)
    blocks: list[Block] = [table([c for c, _ in columns], rows, "".join(a for _, a in columns), "Per sample")]
    hints = _contamination(data)
    if hints:
        blocks.append(hints)
    return Section(
        "samples",
        "Samples",
        "Callable sites are autosomal sites where the sample has a genotype that passed all filters; "
        "missing is the share of the cohort’s callable sites without one. Heterozygosity is per callable "
        "site. The depth window is estimated from the sample’s own median. Samples marked “likelihoods” "
        "are too shallow for calls.",
        blocks,
    )


def _contamination(data: Populations) -> Table | None:
    found = {row["sample"]: row for row in data.rows("contamination")}
    rows = [
        [
            name,
            with_error_pct(
                value(found[name], "contamination_hint_pct"), value(found[name], "standard_error_pct")
            ),
            number(value(found[name], "sites"), 0),
            number(value(found[name], "reads"), 0),
        ]
        for name in data.ordered(found)
    ]
    if not rows:
        return None
    title = "Contamination hint: foreign alleles at sites where the sample is homozygous"
    return Table(["sample", "foreign reads", "sites", "reads"], rows, "lrrr", title, folded=True)


def with_error_pct(figure: float | None, error: float | None) -> str:
    """Percent with its standard error, none of more decimals than it can bear."""
    if figure is None:
        return "–"
    return f"{number(figure, 1)} ± {number(error, 1)} %".replace("-", "−")


def depth_section(data: Populations) -> Section | None:
    depths = data.by_sample("sample_depth")
    if not any(record.get("depth_histogram_bp") for record in depths.values()):
        return None
    outside = [
        f"{name} {percent((r.get('below_window_pct') or 0) + (r.get('above_window_pct') or 0), 0)}"
        for name, r in sorted(depths.items())
        if (r.get("below_window_pct") or 0) + (r.get("above_window_pct") or 0) > 25
        and data.route(name) == "calls"
    ]
    blocks: list[Block] = [
        Plots([Plot("depth", "Depth of the autosomes", plots_samples.depth_histograms(data))], "wide")
    ]
    if outside:
        blocks.append(
            Text(
                f"More than a quarter of the autosomes lies outside the depth window: {listing(outside, 8)}."
            )
        )
    return Section(
        "depth",
        "Depth",
        "One peak is expected. A second one at half the depth suggests a sex chromosome among the "
        "autosomes or uncollapsed haplotypes of the reference; a long tail suggests collapsed repeats.",
        blocks,
    )


def damage_section(data: Populations) -> Section | None:
    records = data.by_sample("damage")
    if not records:
        return None
    udg = {s.sample: s.udg for s in data.samples}
    rows: list[list[Cell | str]] = [
        [
            Cell(name, small=f"UDG {udg.get(name, '.')}" if udg.get(name, ".") != "." else None),
            percent(records[name].get("c_to_t_5p_first_pct"), 1),
            percent(records[name].get("c_to_t_5p_excess_pct"), 1),
            percent(records[name].get("g_to_a_3p_first_pct"), 1),
            percent(records[name].get("g_to_a_3p_excess_pct"), 1),
        ]
        for name in data.ordered(records)
    ]
    columns = ["sample", "C>T, first base", "over the inner bases", "G>A, last base", "over the inner bases"]
    return Section(
        "damage",
        "Damage",
        "Deamination of old DNA appears as C>T at the 5′ end and, in double-stranded libraries, as G>A at "
        "the 3′ end. Without UDG treatment the first base of old reads shows 5 to 40 %; none at all "
        "suggests modern DNA.",
        [
            Plots(
                [
                    Plot("damage-5p", "C>T from the 5′ end", plots_samples.damage_curves(data, "c_to_t_5p")),
                    Plot("damage-3p", "G>A from the 3′ end", plots_samples.damage_curves(data, "g_to_a_3p")),
                ]
            ),
            table(columns, rows, "lrrrr", "First bases"),
        ],
    )


def _steps(
    steps: Iterable[Mapping[str, Any]], words: Mapping[str, str], begin: float | None
) -> list[tuple[str, int, float]]:
    first = [("before any filter", 0, begin)] if begin is not None else []
    return first + [(words.get(s["filter"], s["filter"]), s["failed_alone"], s["left"]) for s in steps]


def filters_section(data: Populations) -> Section | None:
    record = data.first("site_filters")
    if not record.get("site_steps"):
        return None
    views = {
        "sites": _steps(record["site_steps"], SITE_STEPS, record.get("sites")),
        "variants": _steps(record.get("variant_steps") or (), SITE_STEPS, record.get("variants")),
        "genotypes": _steps(
            record.get("genotype_steps") or (), GENOTYPE_STEPS, record.get("genotypes_called")
        ),
    }
    views = {label: steps for label, steps in views.items() if any(left for *_, left in steps)}
    blocks: list[Block] = []
    if views:
        note = "Filters in order; the bar is what remains after each. Genotypes are those at callable sites."
        blocks.append(
            Plots([Plot("filters", "Left after each filter", plots_samples.funnel(views), note)], "wide")
        )
    for label, steps in views.items():
        before = steps[0][2]
        rows = [
            [
                name,
                number(alone) if i else "",
                percent(100 * alone / before if before and i else None, 2) if i else "",
                number(left),
            ]
            for i, (name, alone, left) in enumerate(steps)
        ]
        columns = ["filter", "failed, counted alone", "share", "left after this filter"]
        blocks.append(Table(columns, rows, "lrrr", label.capitalize(), folded=label != "variants"))
    given = data.first("given_vcf")
    if left := given.get("rows_left_out"):
        where = "" if given["read_whole"] else f" (of {number(given['rows'])} rows spread over the file)"
        kinds = ", ".join(f"{number(rows)} {kind}" for kind, rows in left.items())
        blocks.append(Text(f"Rows of the given VCF that are not single bases are not used: {kinds}{where}."))
    if tags := record.get("undescribed_tags"):
        counts = ", ".join(f"{tag} ({number(rows)} rows)" for tag, rows in sorted(tags.items()))
        blocks.append(
            Text(
                "Keys without a description in the header of the given VCF, which are not in the written "
                f"variants: {counts}."
            )
        )
    if not record.get("per_bp", True):
        blocks.append(
            Text(
                "The input is a variants-only VCF without invariant sites, so per-base statistics cannot be "
                "computed. Give the callable sites of the cohort with --callable to get them."
            )
        )
    elif given.get("vcf_kind") == "variants":
        blocks.append(
            Text(
                "The input is a variants-only VCF with a BED of callable sites: where it has no row, every "
                "sample counts as called and equal to the reference."
            )
        )
    return Section(
        "filters",
        "Filters",
        "Nothing is removed silently: sites and genotypes are tagged, and each filter is counted alone and "
        "in order. There is no filter on Hardy-Weinberg proportions, because inbred samples fail it.",
        blocks,
    )


SECTIONS = (map_section, samples_section, depth_section, damage_section, filters_section)
