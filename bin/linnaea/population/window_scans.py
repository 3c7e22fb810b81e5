"""Scans of the genome for windows that differ from the rest, and the genes in them.

Windows are ranked within the autosomes. That is no test: drift, low recombination and few sites make extreme
windows too, and a share of all windows is always the most extreme.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.combine_regions import AUTOSOME
from linnaea.population.diversity import ratio
from linnaea.population.genotypes import open_genotypes
from linnaea.population.local_pca import MIN_SAMPLES, REACH, Windows, block_scores, window_snps, windows

TOP_SHARE = 0.01
# Fewer windows have no tail.
MIN_WINDOWS = 40
# A window counts with at least this share of the callable sites that the median window has,
MIN_SITES_SHARE = 0.25
# so many differences between groups (denominator of Fst), and so many segregating sites for Tajima's D.
MIN_DIFFERENCES = 5.0
MIN_SEGREGATING = 10
# So many windows are expected at most beyond what stands out.
EXPECTED = 0.05
MAX_FST = 0.9999
MAX_GENES_NAMED = 30

SCAN_COLUMNS = (
    *(
        "statistic",
        "groups",
        "chromosome",
        "start_bp",
        "end_bp",
        "sites",
        "value",
        "normalised",
        "rank_share",
    ),
    "outlier",
)
OUTLIER_COLUMNS = (
    *("statistic", "groups", "chromosome", "start_bp", "end_bp", "windows", "peak_start_bp", "peak_end_bp"),
    *("peak_value", "rank_share", "expected_windows", "stands_out", "genes", "gene_names"),
)


class Scan(NamedTuple):
    """A statistic of w windows: chromosome (w,), start and end (w,) in bp, sites (w,), value (w,), NaN where
    it rests on too little; `high` says which tail is of interest, `normalised` (w,) is a second value.
    """

    statistic: str
    groups: str
    chromosome: np.ndarray
    start: np.ndarray
    end: np.ndarray
    sites: np.ndarray
    value: np.ndarray
    high: bool = True
    normalised: np.ndarray | None = None


class Tail(NamedTuple):
    """How extreme windows (w,) are: `share` of windows at least as extreme, `expected` number of such windows
    if the tail were exponential; both NaN where there is no value.
    """

    share: np.ndarray
    expected: np.ndarray


def tail(value: np.ndarray, high: bool = True) -> Tail:
    """Rank and expectation of values (w,).

    The exponential tail goes through the median and the outer quartile. Those of neutral genomes are lighter.
    """
    known = np.isfinite(value)
    share, expected = np.full((2, len(value)), np.nan)
    number = int(known.sum())
    if number < MIN_WINDOWS:
        return Tail(share, expected)
    size = value[known] if high else -value[known]
    share[known] = (number - np.searchsorted(np.sort(size), size, side="left")) / number
    middle, outer = np.quantile(size, [0.5, 0.75])
    steps = ratio(size - middle, np.full(number, outer - middle))
    expected[known] = number * np.exp2(-1 - np.nan_to_num(steps, nan=0).clip(-1))
    return Tail(share, expected)


def population_branches(fst: np.ndarray) -> np.ndarray:
    """(3, ...) branch lengths of three groups from (3, ...) Fst of the pairs 12, 13, 23.

    The population branch statistic (Yi et al. 2010, Science 329:75). Fst below 0 counts as 0.
    """
    lengths = -np.log(1 - np.clip(fst, 0, MAX_FST))
    one_two, one_three, two_three = lengths
    return np.stack([one_two + one_three - two_three, one_two + two_three - one_three,
                     one_three + two_three - one_two]) / 2  # fmt: skip


class WindowTable:
    """Autosomal rows of a table of windows, `diversity_windows.tsv` or `divergence_windows.tsv`, by label.

    A label is a group, or a pair of groups in the order of their names. `rows(label)` maps the columns to
    arrays (w,).
    """

    def __init__(self, path: str, labels: Sequence[str], numbers: Sequence[str]) -> None:
        import pandas as pd

        places = ["chromosome", "compartment", "start_bp", "end_bp"]
        types: dict[str, Any] = dict.fromkeys([*places[:2], *labels], "category") | dict.fromkeys(
            numbers, float
        )
        table = pd.read_csv(path, sep="\t", usecols=[*places, *labels, *numbers], dtype=types,
                            keep_default_na=False, na_values={name: ["NA"] for name in numbers})  # fmt: skip
        table = table[table["compartment"] == AUTOSOME]
        self._rows = {
            key: {column: part[column].to_numpy() for column in (*places, *numbers)}
            for key, part in table.groupby(list(labels), observed=True, sort=True)
        }

    def labels(self) -> list[tuple[str, ...]]:
        return sorted(self._rows)

    def rows(self, label: tuple[str, ...]) -> dict[str, np.ndarray]:
        return self._rows[label]


def enough_sites(sites: np.ndarray) -> np.ndarray:
    """(w,) whether a window has enough of the callable sites (w,); all where these are not known."""
    if not np.isfinite(sites).any():
        return np.ones(len(sites), bool)
    return sites >= MIN_SITES_SHARE * np.nanmedian(sites[sites > 0]) if (sites > 0).any() else sites > 0


def diversity_scans(table: WindowTable) -> Iterator[Scan]:
    """Low pi and low Tajima's D of each group."""
    for label in table.labels():
        rows = table.rows(label)
        enough = enough_sites(rows["callable_sites"])
        varied = rows["segregating_sites"] >= MIN_SEGREGATING
        for name, column, chosen in (
            ("pi", "pi_per_bp", enough),
            ("tajimas_d", "tajimas_d", enough & varied),
        ):
            yield _scan(name, label[0], rows, np.where(chosen, rows[column], np.nan), high=False)


def _scan(
    statistic: str, groups: str, rows: Mapping[str, np.ndarray], value: np.ndarray, **more: Any
) -> Scan:
    chromosome, start, end = (rows[name] for name in ("chromosome", "start_bp", "end_bp"))
    return Scan(statistic, groups, chromosome, start, end, rows["callable_sites"], value, **more)


def fst_of(rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """(w,) Fst of windows with enough sites and differences, NaN elsewhere."""
    enough = enough_sites(rows["callable_sites"]) & (rows["fst_hudson_denominator"] >= MIN_DIFFERENCES)
    return np.where(enough, ratio(rows["fst_hudson_numerator"], rows["fst_hudson_denominator"]), np.nan)


def closest_triples(genome: Mapping[tuple[str, ...], float]) -> list[tuple[str, str, str]]:
    """For each group the group of smallest Fst to it, and of the others the one closest to both.

    `genome` is Fst over all windows, by pair in the order of names.
    """
    names = sorted({name for pair in genome for name in pair})

    def fst(one: str, two: str) -> float:
        value = genome[min(one, two), max(one, two)]
        return value if np.isfinite(value) else np.inf

    triples = []
    for name in names if len(names) > 2 else []:
        others = [other for other in names if other != name]
        sister = min(others, key=lambda other: (fst(name, other), other))
        rest = [other for other in others if other != sister]
        third = min(rest, key=lambda other: (fst(name, other) + fst(sister, other), other))
        triples.append((name, sister, third))
    return triples


def divergence_scans(table: WindowTable) -> tuple[list[Scan], list[Scan]]:
    """Fst of each pair of groups, and PBS of each group with its two closest."""
    values: dict[tuple[str, ...], np.ndarray] = {}
    genome: dict[tuple[str, ...], float] = {}
    for label in table.labels():
        rows = table.rows(label)
        values[label] = fst_of(rows)
        genome[label] = float(ratio(rows["fst_hudson_numerator"].sum(), rows["fst_hudson_denominator"].sum()))
    pairs = [_scan("fst", ",".join(label), table.rows(label), values[label]) for label in table.labels()]
    branches = []
    for triple in closest_triples(genome):
        keys = [(min(pair), max(pair)) for pair in combinations(triple, 2)]
        lengths = population_branches(np.stack([values[key] for key in keys]))
        rows = table.rows(keys[0])
        sites = np.min([table.rows(key)["callable_sites"] for key in keys], axis=0)
        # of Crawford et al. 2017: small where all three branches are long
        normalised = lengths[0] / (1 + lengths.sum(axis=0))
        name = f"{triple[0]};{triple[1]},{triple[2]}"
        scan = _scan("pbs", name, rows, lengths[0], normalised=normalised)
        branches.append(scan._replace(sites=sites))
    return pairs, branches


class Genes:
    """Genes of a GFF by place: `inside(chromosome, start, end)` gives names of those that overlap."""

    def __init__(self, gff: str | None) -> None:
        from linnaea.formats.gff3 import read_genes

        found: dict[str, list[tuple[int, int, str]]] = {}
        for gene in read_genes(gff) if gff else ():
            name = gene.attributes.get("Name") or gene.id
            found.setdefault(gene.seqid, []).append((gene.start, gene.end, name))
        self._of = {
            seqid: (np.array([g[0] for g in genes]), np.array([g[1] for g in genes]), [g[2] for g in genes])
            for seqid, genes in ((seqid, sorted(genes)) for seqid, genes in found.items())
        }
        self.given = gff is not None

    def inside(self, chromosome: str, start: int, end: int) -> list[str]:
        if chromosome not in self._of:
            return []
        starts, ends, names = self._of[chromosome]
        return [names[row] for row in np.flatnonzero((starts < end) & (ends > start))]


class Region(NamedTuple):
    """Neighbouring outlier windows of a scan, rows `first` to `last`, the most extreme `peak`."""

    first: int
    last: int
    peak: int


def regions(scan: Scan, outlier: np.ndarray) -> list[Region]:
    """Runs of outliers (w,) bool that are neighbours in the table."""
    rows = np.flatnonzero(outlier)
    if not len(rows):
        return []
    apart = (np.diff(rows) > 1) | (scan.chromosome[rows[1:]] != scan.chromosome[rows[:-1]])
    size = scan.value if scan.high else -scan.value
    return [
        Region(int(run[0]), int(run[-1]), int(run[np.argmax(np.nan_to_num(size[run], nan=-np.inf))]))
        for run in np.split(rows, np.flatnonzero(apart) + 1)
    ]


def outlier_rows(scan: Scan, outlier: np.ndarray, of: Tail, genes: Genes) -> list[tuple[Any, ...]]:
    """Rows of `OUTLIER_COLUMNS`."""
    made = []
    for first, last, peak in regions(scan, outlier):
        place = (str(scan.chromosome[first]), int(scan.start[first]), int(scan.end[last]))
        names = genes.inside(*place)
        named = ",".join(names[:MAX_GENES_NAMED]) + (",…" if len(names) > MAX_GENES_NAMED else "")
        values = (float(scan.value[peak]), float(of.share[peak]), float(of.expected[peak]))
        made.append(
            (
                *(scan.statistic, scan.groups, *place, last - first + 1, int(scan.start[peak])),
                *(int(scan.end[peak]), *values, "yes" if of.expected[peak] < EXPECTED else "no"),
                *((len(names), named or ".") if genes.given else (None, "NA")),
            )
        )
    return made


def scan_rows(scan: Scan, outlier: np.ndarray, of: Tail) -> Iterator[tuple[Any, ...]]:
    """Rows of `SCAN_COLUMNS`, all windows with a value."""
    for row in np.flatnonzero(np.isfinite(scan.value)):
        sites = scan.sites[row]
        yield (
            *(scan.statistic, scan.groups, str(scan.chromosome[row]), int(scan.start[row])),
            *(int(scan.end[row]), int(sites) if np.isfinite(sites) else None, float(scan.value[row])),
            None if scan.normalised is None else float(scan.normalised[row]),
            *(float(of.share[row]), "yes" if outlier[row] else "no"),
        )


class Marked(NamedTuple):
    """A scan with its outliers (w,) bool."""

    scan: Scan
    outlier: np.ndarray
    tail: Tail


def marked(scan: Scan, top_share: float) -> Marked:
    """The `top_share` most extreme windows, at least one, and all that stand out."""
    of = tail(scan.value, scan.high)
    number = max(int(np.isfinite(of.share).sum()), 1)
    return Marked(scan, (of.share <= max(top_share, 1 / number)) | (of.expected < EXPECTED), of)


def marked_blocks(found: Windows) -> Marked:
    """Windows whose excess similarity stands out, with those on whose likeness it rests."""
    scores, sides = block_scores(found)
    of, outlier = tail(scores), np.zeros(len(scores), bool)
    for row in np.flatnonzero(of.expected < EXPECTED):
        other = row + REACH * int(sides[row])
        outlier[min(row, other) : max(row, other) + 1] = True
    scan = Scan("local_pca", ".", found.chromosome, found.start, found.end, found.snps, scores)
    return Marked(scan, outlier, of)


def scan_blocks(
    vcf: str, samples: str, compartments: str | None, variants: int
) -> tuple[list[Marked], dict[str, Any]]:
    """The scan by local PCA, none with the reason in the record where there is too little."""
    genotypes = open_genotypes(vcf, samples, compartments)
    size, number = window_snps(variants), len(genotypes.names)
    facts: dict[str, Any] = {"samples": number, "window_snps": size, "windows": 0, "reason": None}
    # Of any cohort the variants are read to their end, or the writer of the pipe dies by SIGPIPE.
    found = windows(genotypes.stream, size)
    if number < MIN_SAMPLES:
        return [], facts | {"reason": f"fewer than {MIN_SAMPLES} samples"}
    facts["windows"] = len(found.chromosome)
    if len(found.chromosome) < MIN_WINDOWS:
        return [], facts | {"reason": f"fewer than {MIN_WINDOWS} windows of {size} common SNPs"}
    blocks = marked_blocks(found)
    facts |= {
        "median_window_bp": int(np.median(found.end - found.start)),
        "blocks": len(regions(blocks.scan, blocks.outlier)),
    }
    return [blocks], facts


def scan_windows(
    *,
    vcf: str,
    samples: str,
    diversity: str,
    divergence: str,
    scans: str,
    outliers: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    variants: int = 0,
    gff: str | None = None,
    top_share: float = 0.01,
) -> None:
    """Windows of the autosomes that differ from the rest, with the genes in them.

    PBS and Fst between groups, pi and Tajima's D within groups, and blocks where samples group otherwise than
    in the rest of the genome (local PCA).

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    diversity: windows of groups (diversity_windows.tsv)
    divergence: windows of pairs of groups (divergence_windows.tsv)
    compartments: chromosomes that are no autosomes
    variants: number of variants in the VCF, which sets the windows of local PCA
    gff: genes, GFF3 or GTF
    top_share: this share of windows are outliers
    scans: PBS and local PCA of all windows
    outliers: outlier windows, neighbours joined
    out: metrics record
    """
    genes = Genes(gff)
    within = WindowTable(
        diversity, ["group"], ["callable_sites", "segregating_sites", "pi_per_bp", "tajimas_d"]
    )
    pairs, branches = divergence_scans(
        WindowTable(
            divergence,
            ["group_1", "group_2"],
            ["callable_sites", "fst_hudson_numerator", "fst_hudson_denominator"],
        )
    )
    by_window = [marked(scan, top_share) for scan in (*branches, *pairs, *diversity_scans(within))]
    blocks, facts = scan_blocks(vcf, samples, compartments, variants)
    drawn = [each for each in by_window if each.scan.statistic == "pbs"] + blocks
    write_table(scans, SCAN_COLUMNS, (row for each in drawn for row in scan_rows(*each)))
    rows = [row for each in (*by_window, *blocks) for row in outlier_rows(*each, genes)]
    write_table(outliers, OUTLIER_COLUMNS, rows)
    groups = len(within.labels())
    kinds = [each.scan.statistic for each in by_window]
    record = {
        "id": id,
        "step": "window_scans",
        "top_share": top_share,
        "scans": {name: kinds.count(name) for name in ("pbs", "fst", "pi", "tajimas_d")},
        "triples_left_out": groups * (groups - 1) * (groups - 2) // 2 - len(branches),
        "windows": max((int(np.isfinite(each.tail.share).sum()) for each in by_window), default=0),
        "regions": len(rows),
        "regions_that_stand_out": sum(row[OUTLIER_COLUMNS.index("stands_out")] == "yes" for row in rows),
        "local_pca": facts,
    }
    write_metrics(out, record)
