"""Sections of the report of populations on their history: f statistics, the tree of groups, scans."""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

from linnaea.base.records import Record
from linnaea.base.tables import Row
from linnaea.base.text import bases, listing, number
from linnaea.report.blocks import Block, Cell, Plot, Plots, Section, Text
from linnaea.report.population import plots_diversity, plots_history
from linnaea.report.population.inputs import OUTGROUP, Populations, value
from linnaea.report.population.plots_history import HINT_Z, MAX_QUARTETS_DRAWN, weak_statistic
from linnaea.report.population.quality import significant, table, with_error

MAX_ROWS = 100


def z_limit(tests: int, sides: int = 2) -> float:
    """|Z| that one of so many true null hypotheses exceeds in 5 % of runs (Bonferroni)."""
    return NormalDist().inv_cdf(1 - 0.05 / sides / max(tests, 1))


def history_section(data: Populations) -> Section | None:
    rows = data.rows("f_statistics")
    tests = [row for row in rows if row["statistic"] == "d" and row["split"] == "best"]
    tests.sort(key=lambda row: -abs(value(row, "z") or 0))
    record = data.first("f_statistics")
    if not tests:
        return None
    limit = z_limit(len(tests))
    blocks: list[Block] = [*_left_out(record)]
    beyond = [row for row in tests if abs(value(row, "z") or 0) > limit and not weak_statistic(row)]
    blocks.append(
        Text(
            f"{number(len(tests))} quartet{'s' * (len(tests) != 1)} tested: |Z| above {limit:.1f} would be "
            f"seen in 5 % of runs without gene flow. {number(len(beyond))} "
            f"{'is' if len(beyond) == 1 else 'are'} beyond it."
        )
    )
    drawn = tests[:MAX_QUARTETS_DRAWN]
    note = "Error bars: two standard errors. D of the split that f2 supports most." + (
        f" The {MAX_QUARTETS_DRAWN} of largest Z; the table f_statistics.tsv has them all."
        if len(drawn) < len(tests)
        else ""
    )
    blocks.append(Plots([Plot("d", "Patterson’s D", plots_history.quartets(drawn, limit), note)], "wide"))
    shown: list[list[Cell | str]] = [
        [
            plots_history.quartet(row),
            plots_history.sharing(row, bool(record.get("outgroup"))),
            with_error(value(row, "estimate"), value(row, "standard_error"), weak=weak_statistic(row)),
            Cell(_z(row), small="beyond the limit" if row in beyond else None, weak=weak_statistic(row)),
            number(value(row, "sites"), 0),
            number(value(row, "blocks"), 0),
        ]
        for row in tests[:MAX_ROWS]
    ]
    columns = ["quartet", "excess sharing", "D", "Z", "sites", "blocks"]
    title = "D of quartets" + (
        f", the first {MAX_ROWS} of {number(len(tests))}" if len(tests) > MAX_ROWS else ""
    )
    blocks.append(table(columns, shown, "llrrrr", title))
    blocks += _mixtures([row for row in rows if row["statistic"] == "f3"])
    blocks += _tree(data, str(record.get("tree") or ""))
    if any(weak_statistic(row) for row in tests):
        blocks.append(Text("Grey: too few sites or blocks of the genome. Their Z may be chance."))
    outgroup = (
        "The last group is the outgroup."
        if record.get("outgroup")
        else "No outgroup was given, so D tests whether the four groups fit an unrooted tree."
    )
    sites = (
        " At transversions, because old DNA is damaged."
        if record.get("sites_used") == "transversions"
        else ""
    )
    return Section(
        "history",
        "Gene flow and the tree of groups",
        f"D of groups 1, 2; 3, 4 is 0 if 1 and 2 are sisters without gene flow to 3; it is positive if 1 "
        f"shares more alleles with 3 than 2 does, negative if 2 does. {outgroup}{sites} A group that nobody "
        "sampled, or structure in the ancestor, may also cause it. Standard errors are from blocks of the "
        "genome.",
        blocks,
    )


def _left_out(record: Record) -> list[Block]:
    lost = record.get("groups_left_out") or []
    if not lost:
        return []
    return [Text(f"Left out, because they have the fewest samples: {listing(lost, 8)}.")]


def _z(row: Row) -> str:
    z = value(row, "z")
    return "–" if z is None else f"{z:.2f}".replace("-", "−")


def _mixtures(rows: list[Row]) -> list[Block]:
    """The groups that are mixtures by f3."""
    if all(value(row, "z") is None for row in rows):
        return []
    limit = z_limit(len(rows), 1)
    mixed = [row for row in rows if (value(row, "z") or 0) < -limit and not weak_statistic(row)]
    mixed.sort(key=lambda row: value(row, "z") or 0)
    if not mixed:
        return [
            Text(
                f"No group is a mixture by f3: of {number(len(rows))} tests none has Z below −{limit:.1f}. "
                "Much drift since a mixture hides it."
            )
        ]
    shown: list[list[Cell | str]] = [
        [
            row["group_1"],
            f"{row['group_2']} and {row['group_3']}",
            with_error(value(row, "estimate"), value(row, "standard_error")),
            _z(row),
            number(value(row, "sites"), 0),
        ]
        for row in mixed[:MAX_ROWS]
    ]
    columns = ["group", "mixed from relatives of", "f3", "Z", "sites"]
    title = f"Mixtures by f3: Z below −{limit:.1f}, of {number(len(rows))} tests"
    return [table(columns, shown, "llrrr", title)]


def _tree(data: Populations, text: str) -> list[Block]:
    rows = data.rows("f2_residuals")
    if not text or len(rows) < 3:
        return []
    # What is like the outgroup is not like the others: the same f4, read from its other end.
    hints = [
        row
        for row in rows
        if (value(row, "residual_z") or 0) < -HINT_Z
        and (value(row, "f4_z") or 0) > HINT_Z
        and OUTGROUP not in (row["group_1"], row["group_2"])
    ]
    note = (
        "Dashed lines join groups more alike than the tree says, candidates of gene flow. " if hints else ""
    ) + "Neighbour-joining of f2, branch lengths by least squares."
    drawn = [Plot("group-tree", "Tree of groups", plots_history.group_tree(data, text, hints), note)]
    known = [row for row in rows if value(row, "residual_z") is not None]
    if known:
        names = sorted({row[key] for row in rows for key in ("group_1", "group_2")})
        title = "Residuals of the tree"
        drawn.append(Plot("residuals", title, plots_history.residual_matrix(rows, names), "Blue: too alike."))
    made: list[Block] = [Plots(drawn, "lead" if len(drawn) > 1 else "wide")]
    shown: list[list[Cell | str]] = [
        [
            f"{row['group_1']} – {row['group_2']}",
            significant(value(row, "f2")),
            significant(value(row, "tree_distance")),
            f"{value(row, 'residual_z'):.1f}".replace("-", "−"),
            row["f4_groups"].replace(",", ", ").replace(";", "; "),
            "–" if value(row, "f4_z") is None else f"{value(row, 'f4_z'):.1f}",
        ]
        for row in hints[:MAX_ROWS]
    ]
    if shown:
        columns = ["pair", "f2", "in the tree", "residual Z", "f4 that shows most sharing", "its Z"]
        made.append(
            table(
                columns,
                shown,
                "lrrrlr",
                f"Pairs more alike than the tree says: Z below −{HINT_Z:.0f}, of an f4 above {HINT_Z:.0f}",
            )
        )
    return made


def scan_section(data: Populations) -> Section | None:
    record, rows = data.first("window_scans"), data.rows("scans")
    outliers = sorted(
        data.rows("outliers"),
        key=lambda row: (row["stands_out"] != "yes", value(row, "expected_windows") or 0),
    )
    if not (rows or outliers):
        return None
    places = plots_diversity.Scan.of([*data.rows("diversity_windows"), *rows])
    drawn = []
    by_groups: dict[str, list[Row]] = {}
    for row in rows:
        by_groups.setdefault(row["groups"] if row["statistic"] == "pbs" else "", []).append(row)
    blocks_of = by_groups.pop("", [])
    pbs = {label.split(";")[0]: of for label, of in by_groups.items()}
    of_pbs = [row for row in outliers if row["statistic"] == "pbs"]
    if found := plots_history.manhattan(pbs, of_pbs, places, "PBS"):
        left = record.get("triples_left_out")
        note = "The branch of a group since it split from the two groups closest to it." + (
            f" {number(left)} other triples of groups are not scanned." if left else ""
        )
        drawn.append(Plot("pbs", "Population branch statistic", found, note))
    of_blocks = [row for row in outliers if row["statistic"] == "local_pca"]
    local = record.get("local_pca") or {}
    if found := plots_history.manhattan({"": blocks_of}, of_blocks, places, "excess similarity"):
        drawn.append(Plot("local-pca", "Blocks by local PCA", found, _block_note(local)))
    blocks: list[Block] = [Plots([plot], "wide") for plot in drawn]
    if not blocks_of and local.get("reason"):
        blocks.append(Text(f"No local PCA: {local['reason']}."))
    standing = [row for row in outliers if row["stands_out"] == "yes"]
    blocks.append(
        Text(
            f"{number(len(standing))} of {number(len(outliers))} outlier regions stand out: fewer than 0.05 "
            "such windows are expected in a scan. Without selection there are outliers all the same, and "
            f"among {number(sum((record.get('scans') or {}).values()))} scans some stand out by chance."
        )
    )
    shown: list[list[Cell | str]] = [
        [
            Cell(SCANS[row["statistic"]], small=_scanned(row["groups"])),
            f"{row['chromosome']}:{number(value(row, 'start_bp'), 0)}–{number(value(row, 'end_bp'), 0)}",
            row["windows"],
            significant(value(row, "peak_value")),
            significant(value(row, "expected_windows"), 2),
            "stands out" if row["stands_out"] == "yes" else "",
            "–"
            if row["genes"] == "NA"
            else row["gene_names"].replace(",", ", ")
            if row["genes"] != "0"
            else "none",
        ]
        for row in outliers[:MAX_ROWS]
    ]
    columns = ["scan", "region", "windows", "peak", "windows expected", "", "genes"]
    title = "Outlier regions" + (
        f", the first {MAX_ROWS} of {number(len(outliers))}" if len(outliers) > MAX_ROWS else ""
    )
    if shown:
        blocks.append(table(columns, shown, "llrrrll", title, wide_last=True))
    return Section(
        "scans",
        "Scans for outlier windows",
        f"The most extreme {number(100 * (record.get('top_share') or 0.01))} % of the autosomal windows: the "
        "highest PBS and Fst, the lowest π and Tajima’s D. "
        "This is a ranking and not a test of selection: drift, low recombination and few sites make extreme "
        "windows too.",
        blocks,
    )


SCANS = {
    "pbs": "PBS",
    "fst": "Fst",
    "pi": "low π",
    "tajimas_d": "low Tajima’s D",
    "local_pca": "local PCA",
}


def _scanned(groups: str) -> str | None:
    """The groups of a scan; that of local PCA is of all samples."""
    return None if groups == "." else groups.replace(";", "; against ").replace(",", ", ")


def _block_note(local: Mapping[str, Any]) -> str:
    length = local.get("median_window_bp")
    return (
        "Windows two and three steps apart that group the samples alike, and otherwise than the rest of the "
        "genome does: an inversion, an introgressed block, or a region without recombination."
        + (f" Blocks shorter than about {bases(4 * length)} are not seen." if length else "")
    )


SECTIONS = (history_section, scan_section)
