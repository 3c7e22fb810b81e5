"""Sections of the report of populations on diversity, inbreeding, structure, load and size."""

from collections.abc import Sequence

import numpy as np

from linnaea.base.tables import Row
from linnaea.base.text import bases, listing, number
from linnaea.report.blocks import Block, Cell, Facts, Plot, Plots, Section, Table, Text
from linnaea.report.plots import MAX_TRACKS, Figure
from linnaea.report.population import (
    plots_diversity,
    plots_history,
    plots_load,
    plots_looks,
    plots_relatedness,
    plots_structure,
)
from linnaea.report.population.inputs import (
    AUTOSOME,
    MAX_SPECTRUM_PAIRS,
    MIN_SITES,
    Populations,
    best_kinship,
    few_sites,
    value,
)
from linnaea.report.population.quality import significant, table, with_error

MAX_RELATED = 300
RELATIONS = {
    "duplicate": "same individual",
    "parent_offspring": "parent and offspring",
    "full_sib": "full siblings",
    "first_degree": "first degree",
    "second_degree": "second degree",
    "third_degree": "third degree",
}
UNRELATED = ("unrelated", "undetermined", "NA", ".")


def _count(row: Row, key: str) -> str:
    return number(value(row, key), 0)


def _compartment_first(rows: Sequence[Row], *keys: str) -> list[Row]:
    """Autosomes first, then the others by name."""
    return sorted(rows, key=lambda r: (r["compartment"] != AUTOSOME, r["compartment"], *(r[k] for k in keys)))


def diversity_section(data: Populations) -> Section | None:
    diversity = _compartment_first(data.rows("diversity"), "group")
    divergence = _compartment_first(data.rows("divergence"), "group_1", "group_2")
    scan = plots_diversity.window_scan(data)
    likely = _likelihood_diversity(data)
    if not (diversity or divergence or scan):
        return Section("diversity", "Diversity and divergence", _LIKELIHOOD_NOTE, likely) if likely else None
    blocks = [*_diversity_of_groups(data, diversity), *_divergence_of_groups(data, divergence)]
    if any(few_sites(row) for row in (*diversity, *divergence)):
        blocks.append(
            Text(f"Grey: fewer than {number(MIN_SITES)} callable sites. Their size and sign may be chance.")
        )
    if scan:
        blocks.append(Plots([Plot("scan", "Along the genome", scan, _scan_note(data))], "wide"))
    return Section(
        "diversity",
        "Diversity and divergence",
        "Differences over comparisons of called genotypes, summed over all callable sites, variable or "
        "not, so missing data and masks do not bias them. ± is the standard error from a block jackknife; "
        "error bars show two of them. Fst is the ratio of sums.",
        blocks + ([Text(_LIKELIHOOD_NOTE)] + likely if likely else []),
    )


def _diversity_of_groups(data: Populations, diversity: Sequence[Row]) -> list[Block]:
    """Plots of the autosomal estimates of two groups or more, and the table of all."""
    if not diversity:
        return []
    autosomal = [row for row in diversity if row["compartment"] == AUTOSOME]
    estimates = [
        Plot(f"group-{name}", title, figure)
        for name, title, column, error in (
            ("pi", "π per bp", "pi_per_bp", "pi_standard_error"),
            ("theta", "Watterson’s θ per bp", "theta_watterson_per_bp", "theta_watterson_standard_error"),
            ("d", "Tajima’s D", "tajimas_d", "tajimas_d_standard_error"),
        )
        if (figure := _estimates(data, autosomal, column, error))
    ]
    plots: list[Block] = [Plots(estimates, "three")] if len(autosomal) > 1 and estimates else []
    rows: list[list[Cell | str]] = [
        [
            _with_compartment(row["group"], row),
            row["samples"],
            _estimate(row, "pi_per_bp", "pi_standard_error"),
            _estimate(row, "theta_watterson_per_bp", "theta_watterson_standard_error"),
            _estimate(row, "tajimas_d", "tajimas_d_standard_error"),
            _count(row, "callable_sites"),
            _count(row, "segregating_sites"),
            _count(row, "pi_comparisons"),
        ]
        for row in diversity
    ]
    columns = ["group", "samples", "π per bp", "θ (Watterson) per bp", "Tajima’s D", "callable sites",
               "segregating sites", "comparisons"]  # fmt: skip
    return [*plots, table(columns, rows, "lrrrrrrr", "Diversity of groups")]


def _divergence_of_groups(data: Populations, divergence: Sequence[Row]) -> list[Block]:
    """A matrix of autosomal Fst where groups are many, and the table of all pairs."""
    if not divergence:
        return []
    pairs = [row for row in divergence if row["compartment"] == AUTOSOME]
    plots: list[Block] = []
    if len(data.groups) > 4 and any(value(row, "fst_hudson") is not None for row in pairs):
        names = sorted({row[key] for row in pairs for key in ("group_1", "group_2")})
        matrix = plots_diversity.fst_matrix(pairs, names)
        plots = [Plots([Plot("fst", "Fst between groups", matrix)], "wide")]
    rows: list[list[Cell | str]] = [
        [
            _with_compartment(f"{row['group_1']} – {row['group_2']}", row),
            _estimate(row, "dxy_per_bp", "dxy_standard_error"),
            _estimate(row, "fst_hudson", "fst_hudson_standard_error"),
            _estimate(row, "fst_weir_cockerham", "fst_weir_cockerham_standard_error"),
            _count(row, "callable_sites"),
        ]
        for row in divergence
    ]
    columns = ["groups", "dxy per bp", "Fst (Hudson)", "Fst (Weir & Cockerham)", "callable sites"]
    return [*plots, table(columns, rows, "lrrrr", "Divergence between groups")]


def _with_compartment(name: str, row: Row) -> Cell:
    return Cell(name, small=None if row["compartment"] == AUTOSOME else row["compartment"])


def _estimate(row: Row, column: str, error: str) -> Cell | str:
    return with_error(value(row, column), value(row, error), weak=few_sites(row))


_LIKELIHOOD_NOTE = (
    "Samples of low depth: expected differences from frequency spectra by EM on genotype likelihoods, over "
    "all sites with a read, variable or not. ± is the standard error from a block jackknife."
)


def _likelihood_diversity(data: Populations) -> list[Block]:
    """Tables of diversity and divergence of shallow samples, and of the sites that they rest on."""
    blocks: list[Block] = []
    if diversity := data.rows("likelihood_diversity"):
        rows: list[list[Cell | str]] = [
            [
                row["group"],
                row["samples"]
                if row["samples"] == row["samples_of_group"]
                else f"{row['samples']} of {row['samples_of_group']}",
                *(
                    with_error(value(row, column), value(row, error), weak=few_sites(row))
                    for column, error in (
                        ("pi_per_bp", "pi_standard_error"),
                        ("theta_watterson_per_bp", "theta_watterson_standard_error"),
                        ("tajimas_d", "tajimas_d_standard_error"),
                    )
                ),
                _count(row, "callable_sites"),
                _count(row, "segregating_sites"),
            ]
            for row in diversity
        ]
        columns = ["group", "samples", "π per bp", "θ (Watterson) per bp", "Tajima’s D", "sites with reads",
                   "segregating sites"]  # fmt: skip
        blocks.append(table(columns, rows, "lrrrrrr", "Diversity of groups, by likelihoods"))
    if divergence := data.rows("likelihood_divergence"):
        rows = [
            [
                f"{row['group_1']} – {row['group_2']}",
                with_error(value(row, "dxy_per_bp"), value(row, "dxy_standard_error"), weak=few_sites(row)),
                with_error(
                    value(row, "fst_hudson"), value(row, "fst_hudson_standard_error"), weak=few_sites(row)
                ),
                _count(row, "callable_sites"),
            ]
            for row in divergence
        ]
        columns = ["groups", "dxy per bp", "Fst (Hudson)", "sites with reads"]
        blocks.append(table(columns, rows, "lrrr", "Divergence between groups, by likelihoods"))
    record = data.first("likelihood_spectrum")
    errors = record.get("read_errors") or {}
    if wrong := [name for name, facts in errors.items() if facts["errors_corrected"]]:
        factors = [errors[name]["error_factor"] for name in wrong]
        blocks.append(
            Text(
                f"Reads of {listing(wrong, 8)} err {min(factors):.2g} to {max(factors):.2g} times as often "
                "as their base qualities state. Their likelihoods were corrected by that.",
                "warning",
            )
        )
    if record.get("sites_read"):
        low, high = record["cohort_depth_window_x"]
        share = record["thinned_to_share"]
        thinned = f" ({100 * share:.3g} % of the genome, evenly)" if share < 1 else ""
        blocks.append(
            Text(
                f"Of {number(record['sites_read'])} sites read{thinned}, {number(record['sites_used'])} "
                f"are used. Left out: {number(record['sites_of_low_cohort_depth'])} with fewer than "
                f"{number(low)} reads of all samples together, "
                f"{number(record['sites_of_high_cohort_depth'])} with more than {number(high)}, as on "
                "collapsed repeats, and "
                f"{number(record['sites_of_excess_heterozygosity'])} with more heterozygotes than "
                "Hardy-Weinberg proportions allow."
            )
        )
    return blocks


def _estimates(data: Populations, rows: Sequence[Row], column: str, error: str) -> Figure | None:
    found = [(row["group"], value(row, column), value(row, error)) for row in rows]
    if all(estimate is None for _, estimate, _ in found):
        return None
    weak = {row["group"]: why for row in rows if (why := few_sites(row))}
    names = [name for name, *_ in found]
    return plots_structure.points(found, names, plots_looks.looks(data), weak)


def _scan_note(data: Populations) -> str:
    windows = data.rows("diversity_windows") or data.rows("divergence_windows")
    size = max((value(r, "end_bp") or 0) - (value(r, "start_bp") or 0) for r in windows[:1000])
    said = [f"Windows of {plots_relatedness.short_length(size)}, scaffolds end to end."]
    if len({r["chromosome"] for r in windows}) > MAX_TRACKS:
        said.append(f"The longest {MAX_TRACKS} scaffolds.")
    most = min(
        plots_diversity.MAX_SCAN_POINTS, max(500, plots_diversity.MAX_SCAN_TOTAL // max(len(data.groups), 1))
    )
    if len(windows) / max(len(data.groups), 1) > most:
        said.append("Neighbouring windows are drawn together; the table holds them all.")
    pairs = {(r["group_1"], r["group_2"]) for r in data.rows("divergence")}
    if len(pairs) > plots_diversity.MAX_PAIRS_DRAWN:
        said.append(
            f"Of {number(len(pairs))} pairs of groups the {plots_diversity.MAX_PAIRS_DRAWN} of largest Fst "
            "are drawn."
        )
    return " ".join(said)


def spectrum_section(data: Populations) -> Section | None:
    called = plots_diversity.frequency_spectra(data, data.rows("sfs"))
    likely = plots_diversity.frequency_spectra(data, data.rows("likelihood_spectrum"))
    joint = plots_diversity.joint_spectra(data.rows("sfs_2d"))
    drawn = []
    if called:
        drawn.append(Plot("spectrum", "Spectrum of each group", called))
    if joint:
        pairs = {(a, b) for i, a in enumerate(data.called_groups) for b in data.called_groups[i + 1 :]}
        few = len(pairs) > MAX_SPECTRUM_PAIRS
        note = f"The first {MAX_SPECTRUM_PAIRS} of {number(len(pairs))} pairs." if few else ""
        drawn.append(Plot("spectrum-2d", "Joint spectrum of two groups", joint, note))
    blocks: list[Block] = [Plots(drawn, "wide" if len(drawn) == 1 else "lead")] if drawn else []
    if likely:
        title = "Spectrum by EM on genotype likelihoods"
        blocks.append(Plots([Plot("spectrum-likelihoods", title, likely)], "wide"))
    if not blocks:
        return None
    record = data.first("site_frequency_spectra")
    rows = [
        [
            group,
            number(counts.get("chromosomes")),
            number(counts.get("folded_sites")),
            number(counts.get("folded_sites_with_too_few_calls")),
            number(counts.get("unfolded_sites")),
        ]
        for group, counts in sorted((record.get("groups") or {}).items())
    ]
    if rows:
        columns = ["group", "chromosomes", "sites, folded", "too few calls", "sites, unfolded"]
        blocks.append(table(columns, rows, "lrrrr", "Sites in the spectra"))
    if record.get("no_ancestral_sites"):
        lost = number(record["no_ancestral_sites"])
        blocks.append(
            Text(
                f"The outgroup shows no ancestral allele at {lost} sites, which are not in the unfolded "
                "spectrum."
            )
        )
    return Section(
        "spectrum",
        "Site frequency spectrum",
        "Sites with missing genotypes are projected to a number of chromosomes that most sites have. "
        "Normalised, a neutral population of constant size is flat at 1: growth raises the left, a "
        "bottleneck the right. Many high-frequency derived alleles suggest errors in the ancestral state.",
        blocks,
    )


def heterozygosity_section(data: Populations) -> Section | None:
    figure = plots_diversity.heterozygosity(data)
    if figure is None:
        return None
    likely = {row["sample"] for row in data.rows("likelihood_heterozygosity")}
    note = "Error bars: two standard errors." + (
        " Both estimates should agree at sufficient depth; at low depth only likelihoods are reliable."
        if likely
        else ""
    )
    rows: list[list[Cell | str]] = []
    by_calls = {row["sample"]: row for row in data.autosomal("heterozygosity")}
    by_likelihoods = {(row["sample"], row["sites"]): row for row in data.rows("likelihood_heterozygosity")}
    for name in data.ordered([*by_calls, *likely]):
        row = by_calls.get(name, {})
        others = [by_likelihoods.get((name, sites), {}) for sites in ("all", "transversions")]
        rows.append(
            [
                Cell(name, small=data.group_of.get(name)),
                with_error(value(row, "heterozygosity_per_bp"), value(row, "heterozygosity_standard_error")),
                _count(row, "heterozygous_sites"),
                _count(row, "callable_sites"),
                significant(value(row, "heterozygosity_transversions_per_bp")),
                *(
                    with_error(value(other, "heterozygosity_per_bp"), value(other, "standard_error_per_bp"))
                    for other in (others if likely else [])
                ),
            ]
        )
    columns = ["sample", "per bp, calls", "heterozygous sites", "callable sites", "transversions per bp"]
    columns += ["per bp, likelihoods", "transversions, likelihoods"] if likely else []
    return Section(
        "heterozygosity",
        "Heterozygosity",
        "Heterozygous sites over callable autosomal sites of each sample. Damage of old DNA makes "
        "transitions: "
        "compare historical with modern samples by transversions.",
        [
            Plots([Plot("heterozygosity", "Per sample", figure, note)], "wide"),
            table(columns, rows, "l" + "r" * (len(columns) - 1), "Numbers", wide_last=False),
        ],
    )


def roh_section(data: Populations) -> Section | None:
    rows = {row["sample"]: row for row in data.rows("froh")}
    if not rows:
        return None
    blocks: list[Block] = []
    names = data.ordered(rows)
    classes = plots_relatedness.length_classes(next(iter(rows.values())))
    checked = any(key.startswith("f_roh_bcftools") for key in next(iter(rows.values())))
    bars, tracks = plots_relatedness.froh_bars(data), plots_relatedness.roh_tracks(data)
    for status, tone, said in (
        (
            "no_diversity",
            "warning",
            "too few heterozygous sites to distinguish runs of homozygosity from a lack of diversity, and "
            "no better sample in the group, so no F_ROH",
        ),
        (
            "outside_from_others",
            "plain",
            "far fewer heterozygous sites than others of the group, whose rate outside runs is used",
        ),
    ):
        if found := [name for name in names if rows[name]["status"] == status]:
            blocks.append(Text(f"{listing(found, 8)}: {said}.", tone))
    if bars and any(value(row, f"f_roh_min_{classes[0]}bp") for row in rows.values()):
        blocks.append(Plots([Plot("froh", "Share of the callable autosomes in runs", bars)], "wide"))
    if tracks:
        figure, total, drawn = tracks
        note = f"The longest {number(drawn)} of {number(total)} runs are drawn." if drawn < total else ""
        blocks.append(Plots([Plot("roh", "Runs along the scaffolds", figure, note)], "wide"))
    else:
        blocks.append(Text("No run of homozygosity was found in any sample."))
    table_rows = []
    for name in names:
        row = rows[name]
        of_sample: list[Cell | str] = [
            Cell(name, small=data.group_of.get(name)),
            bases(value(row, "callable_autosomal_bp")),
        ]
        for size in classes:
            share, check = (value(row, f"f_roh_{kind}min_{size}bp") for kind in ("", "bcftools_"))
            count = value(row, f"roh_count_min_{size}bp")
            small = f"{number(count, 0)} run{'s' * (count != 1)}"
            if checked:
                small += f"; bcftools {_share(check)}"
            of_sample.append(Cell(_share(share), small=small))
        table_rows.append(of_sample)
    columns = [
        "sample",
        "callable",
        *(f"runs over {plots_relatedness.short_length(size)}" for size in classes),
    ]
    blocks.append(table(columns, table_rows, "lr" + "r" * len(classes), "F_ROH by shortest run counted"))
    return Section(
        "roh",
        "Runs of homozygosity",
        "Stretches without heterozygous sites, by a hidden Markov model of heterozygous among callable "
        "sites. F_ROH is the share of the callable autosomes within them. Long runs show recent inbreeding, "
        "short ones old inbreeding; the shortest class also contains runs by chance."
        + (" bcftools roh, which uses only genotypes, is the cross-check." if checked else ""),
        blocks,
    )


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def _likelihood_kinship(data: Populations) -> list[Block]:
    """Tables of related pairs and of inbreeding of shallow samples."""
    blocks: list[Block] = []
    if pairs := data.rows("likelihood_kinship"):
        related = [row for row in pairs if row["relation"] not in UNRELATED]
        related.sort(key=lambda row: -(value(row, "kinship") or 0))
        unknown = sum(row["relation"] == "undetermined" for row in pairs)
        shown: list[list[Cell | str]] = [
            [
                f"{row['sample_1']} – {row['sample_2']}",
                RELATIONS.get(row["relation"], row["relation"]),
                with_error(value(row, "kinship"), value(row, "kinship_standard_error")),
                *(significant(value(row, key), 2) for key in ("k0", "k1", "k2")),
                _count(row, "sites"),
            ]
            for row in related[:MAX_RELATED]
        ]
        if shown:
            columns = ["pair", "relation", "kinship", "k0", "k1", "k2", "sites"]
            blocks.append(table(columns, shown, "llrrrrr", "Related pairs, by likelihoods"))
        blocks.append(
            Text(
                f"Of {number(len(pairs))} pairs of shallow samples of one group, {number(len(related))} are "
                f"related and {number(unknown)} undetermined. k0, k1 and k2 are the shares of the genome "
                "with no, one and two alleles identical by descent, of maximum likelihood; structure within "
                "a group looks like kinship."
            )
        )
    inbreeding = [row for row in data.rows("likelihood_inbreeding") if value(row, "inbreeding") is not None]
    if inbreeding:
        shown = [
            [
                Cell(row["sample"], small=row["group"]),
                with_error(value(row, "inbreeding"), value(row, "inbreeding_standard_error")),
                _count(row, "sites"),
            ]
            for row in inbreeding
        ]
        columns = ["sample", "F", "sites"]
        blocks.append(table(columns, shown, "lrr", "Inbreeding, by likelihoods"))
    return blocks


def kinship_section(data: Populations) -> Section | None:
    rows, likely = data.rows("kinship"), _likelihood_kinship(data)
    if not rows:
        note = "Kinship and inbreeding of samples of low depth. ± is from a block jackknife."
        return Section("kinship", "Kinship", note, likely) if likely else None
    related = [row for row in rows if row["relation"] not in UNRELATED]
    related.sort(key=lambda row: -(best_kinship(row) or 0))
    unknown = sum(row["relation"] in ("undetermined", "NA") for row in rows)
    shown: list[list[Cell | str]] = [
        [
            f"{row['sample_1']} – {row['sample_2']}",
            Cell(
                RELATIONS.get(row["relation"], row["relation"].replace("_", " ")),
                mark="flagged" if row["flag"] not in (".", "NA", "") else None,
            ),
            with_error(value(row, "kinship_king_robust"), value(row, "kinship_king_standard_error")),
            with_error(value(row, "kinship_sharing"), value(row, "kinship_sharing_standard_error")),
            significant(value(row, "ibs0_share"), 2),
            _count(row, "shared_sites"),
        ]
        for row in related[:MAX_RELATED]
    ]
    blocks: list[Block] = [
        Plots([Plot("kinship", "Kinship of all pairs", plots_relatedness.kinship_matrix(data))], "wide")
    ]
    if shown:
        title = "Related pairs" + (
            f", the closest {MAX_RELATED} of {number(len(related))}" if len(related) > MAX_RELATED else ""
        )
        columns = ["pair", "relation", "KING", "allele sharing", "opposite homozygotes", "shared sites"]
        blocks.append(table(columns, shown, "llrrrr", title))
    else:
        blocks.append(Text("No pair is closer than the third degree."))
    blocks += _pedigree(data.rows("pedigree"))
    if unknown:
        blocks.append(
            Text(
                f"{number(unknown)} pair{'s are' if unknown > 1 else ' is'} undetermined: too few sites, or "
                "signs of inbreeding or structure that the two estimators cannot distinguish."
            )
        )
    return Section(
        "kinship",
        "Kinship",
        "Kinship is 0.5 for one individual sampled twice, 0.25 for first-degree and 0.125 for "
        "second-degree relatives. KING-robust (Manichaikul 2010) decides for outbred samples; inbreeding "
        "lowers it, and it is below zero for pairs of different populations. Allele sharing (Weir & Goudet "
        "2017) compares a pair with the unrelated pairs of its groups and decides for inbred samples. "
        "Standard errors are from a block jackknife.",
        blocks + likely,
    )


def _pedigree(rows: Sequence[Row]) -> list[Block]:
    """Pairs that disagree with the pedigree, or that none does."""
    if not rows:
        return []
    wrong = [row for row in rows if row["verdict"] in ("differs", "not in the pedigree")]
    agree = sum(row["verdict"] == "agrees" for row in rows)
    summary = f"{number(agree)} of {number(len(rows))} pairs agree with the pedigree."
    shown: list[list[Cell | str]] = [
        [
            f"{row['sample_1']} – {row['sample_2']}",
            RELATIONS.get(row["recorded"], "half siblings" if row["recorded"] == "half_sib" else "–"),
            significant(value(row, "expected_kinship")),
            with_error(value(row, "kinship"), value(row, "kinship_standard_error")),
            RELATIONS.get(row["relation"], row["relation"]),
            Cell(row["verdict"], mark="flagged" if row["verdict"] == "differs" else None),
        ]
        for row in wrong[:MAX_RELATED]
    ]
    columns = ["pair", "recorded", "kinship by pedigree", "by genotypes", "relation", "verdict"]
    title = "Pairs that disagree with the pedigree"
    return [Text(summary), *([table(columns, shown, "llrrll", title)] if shown else [])]


# Depth and a component of so many samples or more are compared, and agree from this correlation on.
_DEPTH_SAMPLES, _DEPTH_CORRELATION = 8, 0.7


def _components_along_depth(data: Populations) -> list[str]:
    """The first two components of likelihoods that follow the logarithm of the samples' median depth."""
    depths = {row["sample"]: row["median_depth_x"] for row in data.first("cohort").get("samples") or []}
    rows = [row for row in data.rows("likelihood_pca") if depths.get(row["sample"])]
    if len(rows) < _DEPTH_SAMPLES:
        return []
    logs = np.log([depths[row["sample"]] for row in rows])
    along = []
    for key in ("pc1", "pc2"):
        places = np.array([value(row, key) or 0.0 for row in rows])
        if np.ptp(logs) and np.ptp(places) and abs(np.corrcoef(places, logs)[0, 1]) >= _DEPTH_CORRELATION:
            along.append(key.upper())
    return along


def structure_section(data: Populations) -> Section | None:
    shares = {
        int(row["component"]): share
        for row in data.rows("eigenvalues")
        if (share := value(row, "explained_share")) is not None
    }
    drawn: list[Plot] = []
    blocks: list[Block] = []
    pca, likely = data.first("pca"), data.first("likelihood_pca")
    figure = plots_structure.components(data, "pca", shares) if data.rows("pca") else None
    if figure:
        sites = (
            f"{number(pca['pruned_sites'])} unlinked sites of called genotypes."
            if pca.get("pruned_sites")
            else ""
        )
        left = f" Left out, too shallow: {listing(data.shallow, 8)}." if data.shallow else ""
        drawn.append(Plot("pca", "PCA, called genotypes", figure, sites + left))
    if data.rows("likelihood_pca") and (figure := plots_structure.components(data, "likelihood_pca", {})):
        sites = f"{number(likely['sites'])} sites, all samples. " if likely.get("sites") else ""
        note = sites + "By PCAngsd from genotype likelihoods."
        drawn.append(Plot("pca-likelihoods", "PCA, genotype likelihoods", figure, note))
    if drawn:
        blocks.append(Plots(drawn, "wide" if len(drawn) == 1 else ""))
    if along := _components_along_depth(data):
        blocks.append(
            Text(
                f"{listing(along)} of the likelihoods follow{'s' * (len(along) == 1)} the depth of samples. "
                "If groups were not sequenced to different depths, this is no structure: errors or damage "
                "weigh more at low depth. Thin the deep reads (`--subsample_depth`) and compare.",
                "warning",
            )
        )
    if bars := plots_structure.admixture(data):
        errors = {
            int(row["k"]): error
            for row in data.rows("admixture")
            if (error := value(row, "cross_validation_error")) is not None
        }
        best = min(errors, key=lambda k: (errors[k], k)) if errors else None
        note = (
            f"K = {best} has the smallest cross-validation error. " if best is not None else ""
        ) + "Similar sources have the same colour in all panels."
        panel = [Plot("admixture", "Admixture, by number of sources", bars, note)]
        if len(errors) > 1:
            panel.append(Plot("admixture-cv", "Cross-validation", plots_structure.cross_validation(errors)))
        blocks.append(Plots(panel, "lead" if len(panel) > 1 else "wide"))
    if data.shallow and (bars := plots_structure.admixture(data, "likelihood_admixture")):
        note = (
            "All samples, by PCAngsd from genotype likelihoods. Nothing here chooses K: compare it with the "
            "components."
        )
        title = "Admixture, genotype likelihoods"
        blocks.append(Plots([Plot("admixture-likelihoods", title, bars, note)], "wide"))
    if not blocks:
        return None
    return Section(
        "structure",
        "Structure",
        "Components use unlinked variants, so no inversion or block of linked sites forms a component of "
        "its own. The sources of admixture are a model: close relatives and uneven sampling form sources "
        "of their own.",
        blocks,
    )


def tree_section(data: Populations) -> Section | None:
    rows = data.rows("distances")
    if data.tree:
        rooted = any(s.outgroup for s in data.samples)
        note = (
            "Rooted by the outgroup."
            if rooted
            else "No outgroup was given: the position of the root has no meaning."
        )
        lost = data.first("distance_tree").get("samples_not_in_tree") or []
        note += f" Left out, because they share no sites with others: {listing(lost, 8)}." if lost else ""
        plot = Plot("tree", "Neighbour-joining tree", plots_structure.tree(data), note)
    elif any(value(row, "distance_per_site") is not None for row in rows):
        plot = Plot("distances", "Distances of all pairs", plots_relatedness.distance_matrix(data))
    else:
        return None
    return Section(
        "tree",
        "Tree",
        "From the mean allele differences of each pair over the sites called in both. It shows similarity, "
        "not history: gene flow and drift distort it.",
        [Plots([plot], "wide")],
    )


def ld_section(data: Populations) -> Section | None:
    figure = plots_diversity.ld_decay(data)
    if figure is None:
        return None
    groups = data.first("ld_decay").get("groups") or {}
    rows = [
        [
            group,
            number(found.get("samples")),
            number(found.get("pairs")),
            "–"
            if found.get("half_decay_bp") is None
            else plots_relatedness.short_length(found["half_decay_bp"]),
            Cell("", small=f"left out: {found['left_out']}") if found.get("left_out") else "",
        ]
        for group, found in sorted(groups.items())
    ]
    blocks: list[Block] = [Plots([Plot("ld", "r² by distance", figure)], "wide")]
    if rows:
        columns = ["group", "samples", "pairs of sites", "half of its first value at", ""]
        blocks.append(table(columns, rows, "lrrrl", "Pairs"))
    return Section(
        "ld",
        "Linkage disequilibrium",
        "Mean squared correlation of genotypes (Rogers & Huff) between sites of a chromosome. n samples "
        "give about 1/n by chance, which one view subtracts. Small or recently founded groups decay slowly.",
        blocks,
    )


def load_section(data: Populations) -> Section | None:
    rows = data.rows("load")
    bars = plots_load.load_bars(data)
    if not rows or bars is None:
        return None
    drawn = [Plot("load", "Genotypes with the counted allele", bars)]
    if ratios := plots_load.load_ratios(data):
        drawn.append(Plot("load-ratio", "Alleles per synonymous allele", ratios, "One mark per sample."))
    by_sample: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_sample.setdefault(row["sample"], {})[row["class"]] = row
    shown: list[list[Cell | str]] = []
    for name in data.ordered(by_sample):
        found = by_sample[name]
        shown.append(
            [
                Cell(name, small=data.group_of.get(name)),
                *(
                    f"{_count(found.get(kind, {}), 'heterozygous_genotypes')} / "
                    f"{_count(found.get(kind, {}), 'homozygous_genotypes')}"
                    for kind, _ in plots_load.LOAD_CLASSES
                ),
                *(
                    significant(value(found.get(kind, {}), "alleles_per_synonymous_allele"))
                    for kind, _ in plots_load.LOAD_CLASSES[:2]
                ),
            ]
        )
    columns = ["sample", "loss of function, het / hom", "missense", "synonymous"]
    columns += ["loss of function / synonymous", "missense / synonymous"]
    sites = data.first("genetic_load").get("sites") or {
        row["class"]: value(row, "sites") for row in rows if value(row, "sites") is not None
    }
    facts = Facts(
        [(f"{label} sites", number(sites.get(kind), 0), "") for kind, label in plots_load.LOAD_CLASSES]
    )
    polarised = {row.get("polarised_by") for row in rows} - {None, "NA", "."}
    by_outgroup = polarised == {"outgroup"}
    lost = data.first("genetic_load").get("unpolarised_sites")
    allele = (
        f"The derived allele is counted, as shown by the outgroup; {number(lost)} sites without an ancestral "
        "allele are left out."
        if by_outgroup and lost
        else "The derived allele is counted, as shown by the outgroup."
        if by_outgroup
        else "Without an outgroup the allele that differs from the reference is counted: a reference "
        "of one of the groups favours that group."
    )
    return Section(
        "load",
        "Genetic load",
        "Coding alleles by what they do to the protein. Drift and inbreeding turn heterozygous load into "
        "homozygous load; alleles per synonymous allele show whether selection removed some.",
        [facts, Text(allele), Plots(drawn), table(columns, shown, "l" + "r" * 5, "Per sample")],
    )


def size_section(data: Populations) -> Section | None:
    blocks: list[Block] = []
    if past := plots_history.size_history(data):
        note = (
            "Each line is one genome, its band the spread over ten draws of its stretches, which leaves out "
            "the bias of the model: the true size is often outside it. Sizes of the last thousands of "
            "generations come from few recombinations; intervals with fewer than ten, and the oldest, are "
            "dotted. Structure and inbreeding look like changes of size."
        )
        blocks.append(Plots([Plot("size-history", "Effective size through time", past, note)], "wide"))
    for name, of_rows in (
        ("effective_size", _linkage_sizes),
        ("temporal", _temporal_sizes),
        ("contrast", _diversity_ratios),
        ("likelihood_contrast", _heterozygosity_ratios),
    ):
        if rows := data.rows(name):
            blocks.append(of_rows(rows))
    if not blocks:
        return None
    return Section(
        "size",
        "Effective size and change",
        "LDNe is about the last few generations and assumes random mating and no migration; “∞” means that "
        "the sample is too small to distinguish the population from a very large one. The temporal "
        "estimate spans the generations between the samples. Ratios above 1 mean that diversity was lost.",
        blocks,
    )


def _linkage_sizes(sizes: Sequence[Row]) -> Table:
    rows: list[list[Cell | str]] = [
        [
            row["group"],
            row["samples"],
            row["chromosomes"],
            _count(row, "pairs"),
            _size(row, "ne_ldne"),
            _interval(row, "ne_ldne_low", "ne_ldne_high"),
            _reason(row),
        ]
        for row in sizes
    ]
    columns = ["group", "samples", "chromosomes", "pairs of sites", "Ne", "95 % interval", "why not"]
    title = "Recent effective size from linkage between chromosomes (LDNe)"
    return table(columns, rows, "lrrrrrl", title, wide_last=True)


def _temporal_sizes(temporal: Sequence[Row]) -> Table:
    rows: list[list[Cell | str]] = [
        [
            row["population"],
            _both_periods(row),
            _number_or_dash(row, "generations"),
            _count(row, "sites"),
            significant(value(row, "fc_nei_tajima")),
            _size(row, "ne_temporal_plan_2"),
            _interval(row, "ne_low", "ne_high"),
            _reason(row),
        ]
        for row in temporal
    ]
    columns = ["population", "historical / modern", "generations", "sites", "Fc", "Ne", "95 % interval"]
    title = "Effective size from the change of allele frequencies (plan II)"
    return table([*columns, "why not"], rows, "lrrrrrrl", title, wide_last=True)


def _diversity_ratios(contrast: Sequence[Row]) -> Table:
    rows: list[list[Cell | str]] = [
        [
            row["population"],
            with_error(value(row, "pi_ratio_historical_to_modern"), value(row, "pi_ratio_standard_error")),
            with_error(
                value(row, "heterozygosity_ratio_historical_to_modern"),
                value(row, "heterozygosity_ratio_standard_error"),
            ),
            _count(row, "sites"),
            row["sites_used"],
        ]
        for row in contrast
    ]
    columns = ["population", "π, historical / modern", "heterozygosity, historical / modern", "sites", "of"]
    return table(columns, rows, "lrrrl", "Historical against modern samples")


def _heterozygosity_ratios(likely: Sequence[Row]) -> Table:
    rows: list[list[Cell | str]] = [
        [
            row["population"],
            _both_periods(row),
            row["sites"],
            significant(value(row, "heterozygosity_historical_per_bp")),
            significant(value(row, "heterozygosity_modern_per_bp")),
            with_error(value(row, "ratio_historical_to_modern"), value(row, "ratio_standard_error")),
        ]
        for row in likely
        if row["sites"] == "transversions"
    ]
    columns = ["population", "historical / modern", "sites"]
    columns += ["historical per bp", "modern per bp", "ratio"]
    title = "Heterozygosity by likelihoods, historical against modern"
    return table(columns, rows, "lrlrrr", title)


def _both_periods(row: Row) -> str:
    return f"{row['samples_historical']} / {row['samples_modern']}"


def _size(row: Row, key: str) -> str:
    return significant(value(row, key))


def _interval(row: Row, low: str, high: str) -> str:
    if value(row, low) is None and value(row, high) is None:
        return "–"
    return f"{significant(value(row, low))} – {significant(value(row, high))}"


def _number_or_dash(row: Row, key: str) -> str:
    return number(value(row, key), 1)


def _reason(row: Row) -> str:
    reason = row.get("reason") or ""
    return "" if reason in (".", "NA") else reason


SECTIONS = (
    diversity_section,
    spectrum_section,
    heterozygosity_section,
    roh_section,
    kinship_section,
    structure_section,
    tree_section,
    ld_section,
    load_section,
    size_section,
)
