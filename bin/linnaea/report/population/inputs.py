"""What the report of populations is made of: records by step, tables by name, samples and the tree."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.records import Record, read_metrics
from linnaea.base.tables import Row, table_rows
from linnaea.base.text import number
from linnaea.population.samples import Sample, read_samples

OUTGROUP = "outgroup"
AUTOSOME = "autosome"
# Rates and Fst of fewer callable sites are greyed: their sign may be chance.
MIN_SITES = 1000
# Columns that the report reads of each table.
TABLES = {
    "diversity": "compartment group samples callable_sites segregating_sites pi_comparisons pi_per_bp "
    "pi_standard_error theta_watterson_per_bp theta_watterson_standard_error tajimas_d "
    "tajimas_d_standard_error",
    "divergence": "compartment group_1 group_2 callable_sites dxy_per_bp dxy_standard_error fst_hudson "
    "fst_hudson_standard_error fst_weir_cockerham fst_weir_cockerham_standard_error",
    "diversity_windows": "chromosome start_bp end_bp group pi_differences pi_comparisons tajimas_d",
    "divergence_windows": "chromosome start_bp end_bp group_1 group_2 dxy_differences dxy_comparisons "
    "fst_hudson_numerator fst_hudson_denominator",
    "heterozygosity": "sample compartment callable_sites heterozygous_sites heterozygosity_per_bp "
    "heterozygosity_standard_error heterozygosity_transversions_per_bp",
    "contamination": "sample sites reads contamination_hint_pct standard_error_pct",
    "sfs": "group kind chromosomes class sites",
    "likelihood_spectrum": "group kind chromosomes class sites",
    "likelihood_diversity": "group samples samples_of_group callable_sites segregating_sites pi_per_bp "
    "pi_standard_error theta_watterson_per_bp theta_watterson_standard_error tajimas_d "
    "tajimas_d_standard_error",
    "likelihood_kinship": "sample_1 sample_2 group sites k0 k1 k2 kinship kinship_standard_error relation",
    "likelihood_inbreeding": "sample group sites inbreeding inbreeding_standard_error",
    "likelihood_divergence": "group_1 group_2 callable_sites dxy_per_bp dxy_standard_error fst_hudson "
    "fst_hudson_standard_error",
    "sfs_2d": "group_1 group_2 kind chromosomes_1 chromosomes_2 class_1 class_2 sites",
    "kinship": "sample_1 sample_2 shared_sites ibs0_share kinship_king_robust kinship_king_standard_error "
    "kinship_sharing kinship_sharing_standard_error relation flag",
    "pedigree": "sample_1 sample_2 recorded expected_kinship kinship kinship_standard_error relation verdict",
    "pca": "sample group pc1",
    "eigenvalues": "component explained_share",
    "likelihood_pca": "sample group route pc1",
    "admixture": "k sample group source proportion cross_validation_error",
    "likelihood_admixture": "k sample group source proportion log_likelihood",
    "distances": "sample_1 sample_2 distance_per_site",
    "ld_decay": "group distance_start_bp distance_end_bp pairs r2_rogers_huff r2_less_sampling",
    "effective_size": "group samples chromosomes sites pairs ne_ldne ne_ldne_low ne_ldne_high reason",
    "size_history": "sample group start_divergence_per_bp end_divergence_per_bp theta_per_bp theta_low "
    "theta_high recombinations start_generations end_generations start_years end_years ne ne_low ne_high "
    "reason",
    "temporal": "population samples_historical samples_modern generations sites fc_nei_tajima "
    "ne_temporal_plan_2 ne_low ne_high reason",
    "contrast": "population sites pi_ratio_historical_to_modern pi_ratio_standard_error "
    "heterozygosity_ratio_historical_to_modern heterozygosity_ratio_standard_error sites_used",
    "f_statistics": "statistic group_1 group_2 group_3 group_4 split sites blocks estimate standard_error z",
    "f2_residuals": "group_1 group_2 f2 tree_distance residual_z f4_groups f4_z",
    "scans": "statistic groups chromosome start_bp end_bp value outlier",
    "outliers": "statistic groups chromosome start_bp end_bp windows peak_start_bp peak_end_bp peak_value "
    "rank_share expected_windows stands_out genes gene_names",
    "roh": "sample chromosome start_bp end_bp length_bp",
    "froh": "sample status callable_autosomal_bp",
    "likelihood_heterozygosity": "sample sites callable_sites heterozygosity_per_bp standard_error_per_bp",
    "likelihood_contrast": "population sites samples_historical samples_modern "
    "heterozygosity_historical_per_bp heterozygosity_modern_per_bp ratio_historical_to_modern "
    "ratio_standard_error",
    "load": "sample group class sites heterozygous_genotypes homozygous_genotypes "
    "alleles_per_synonymous_allele",
}
# Tables of a run that the report does not read.
NOT_READ = ("depth_windows", "load_sites")
MAX_SPECTRUM_PAIRS = 6
# Windows of one scan that are drawn.
MAX_SCAN_WINDOWS = 2000


def value(row: Mapping[str, str | None], key: str) -> float | None:
    """A number of a table; None where it is NA or not a column of this table."""
    text = row.get(key)
    if text in (None, "", "NA", "nan", "."):
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"a table holds {text!r} in column {key} where a number should be") from None


def few_sites(row: Row) -> str | None:
    """Why a row of diversity or divergence should not be relied on; None when it rests on enough sites."""
    sites = value(row, "callable_sites")
    if sites is None or sites >= MIN_SITES:
        return None
    return f"rests on {number(sites, 0)} sites, fewer than {number(MIN_SITES)}"


def best_kinship(row: Mapping[str, str | None]) -> float | None:
    """The kinship that the relation of a pair rests on: by sharing in the first degree of inbred samples."""
    keys = ("kinship_king_robust", "kinship_sharing")
    first, second = reversed(keys) if row["relation"] == "first_degree" else keys
    found = value(row, first)
    return value(row, second) if found is None else found


def table_name(path: Path) -> str:
    """The name of a table, which its file has: those of one sample carry the sample's name behind a dot."""
    name = path.name.removesuffix(".tsv")
    return "likelihood_heterozygosity" if name.startswith("likelihood_heterozygosity.") else name


def _rows(path: Path, name: str) -> Iterator[Row]:
    with path.open(newline="") as handle:
        yield from table_rows(handle, path, TABLES[name].split())


def _first_pairs(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows of the first MAX_SPECTRUM_PAIRS pairs of groups: joint spectra are the largest tables by far."""
    pairs: set[tuple[str, str]] = set()
    for pair, of_pair in groupby(rows, key=lambda row: (row["group_1"], row["group_2"])):
        if pair not in pairs and len(pairs) == MAX_SPECTRUM_PAIRS:
            return
        pairs.add(pair)
        yield from of_pair


def _highest_windows(rows: Iterable[Row]) -> Iterator[Row]:
    """Of each scan all outliers and at most MAX_SCAN_WINDOWS others, the highest of their neighbours."""
    for _, of_scan in groupby(rows, key=lambda row: (row["statistic"], row["groups"])):
        windows = list(of_scan)
        step = -(-len(windows) // MAX_SCAN_WINDOWS)
        for start in range(0, len(windows), step):
            near = windows[start : start + step]
            highest = max(near, key=lambda row: value(row, "value") or 0)
            yield from (row for row in near if row is highest or row["outlier"] == "yes")


# Tables of which the report reads a part.
_PARTS = {"sfs_2d": _first_pairs, "scans": _highest_windows}


def read_tables(paths: Iterable[str | Path]) -> dict[str, list[Row]]:
    """Rows of the tables that the report shows, by name.

    Raises InputError for a table that no step writes, or that lacks a column.
    """
    found: dict[str, list[Row]] = {}
    for path in sorted(map(Path, paths)):
        name = table_name(path)
        if name in NOT_READ:
            continue
        if name not in TABLES:
            raise InputError(f"{path} is not a table of the report; it shows {', '.join(sorted(TABLES))}")
        rows = _rows(path, name)
        found.setdefault(name, []).extend(_PARTS.get(name, iter)(rows))
    return found


@dataclass
class Populations:
    """All that the report of populations shows."""

    samples: Sequence[Sample]
    records: Sequence[Record] = ()
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    tree: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def first(self, step: str) -> Record:
        """The record of a step, empty when there is none."""
        return next((record for record in self.records if record["step"] == step), {})

    def by_sample(self, step: str) -> dict[str, Record]:
        """Sample -> its record of a step."""
        return {
            record["sample"]: record
            for record in self.records
            if record["step"] == step and "sample" in record
        }

    def rows(self, name: str) -> Sequence[Row]:
        """Rows of a table, none when it was not given."""
        return self.tables.get(name, ())

    def autosomal(self, name: str) -> list[Row]:
        """Rows of a table that are of autosomes."""
        return [row for row in self.rows(name) if row["compartment"] == AUTOSOME]

    @cached_property
    def group_of(self) -> dict[str, str]:
        """Sample -> its group, `outgroup` for samples of the outgroup."""
        return {s.sample: OUTGROUP if s.outgroup else s.group for s in self.samples}

    @cached_property
    def groups(self) -> list[str]:
        """Names of the groups, sorted, without the outgroup."""
        return sorted({s.group for s in self.samples if not s.outgroup})

    def ordered(self, names: Iterable[str]) -> list[str]:
        """Names of samples by group, then name; the outgroup and strangers last."""
        place = {group: i for i, group in enumerate(self.groups)}
        return sorted(set(names), key=lambda name: (place.get(self.group_of.get(name, ""), len(place)), name))

    @cached_property
    def cohort(self) -> dict[str, Record]:
        """Sample -> what its depth decided; empty when the run started from a VCF."""
        return {entry["sample"]: entry for entry in self.first("cohort").get("samples") or ()}

    def route(self, name: str) -> str:
        """`calls` or `likelihoods`; with a VCF there are only calls."""
        return str(self.cohort.get(name, {}).get("route", "calls"))

    @property
    def shallow(self) -> list[str]:
        """Samples that are too shallow for calls."""
        return self.ordered(name for name in self.cohort if self.route(name) == "likelihoods")

    @property
    def called(self) -> list[str]:
        """Samples whose genotypes were called."""
        return self.ordered(s.sample for s in self.samples if self.route(s.sample) == "calls")

    @property
    def called_groups(self) -> list[str]:
        """Groups that have samples with calls."""
        return sorted({self.group_of[name] for name in self.called} - {OUTGROUP})

    @property
    def variants_passed(self) -> int | None:
        """Variant sites that no filter hit, None when they were not counted."""
        steps = self.first("site_filters").get("variant_steps")
        return steps[-1]["left"] if steps else None


def read_populations(
    metrics: Iterable[str | Path],
    tables: Iterable[str | Path],
    samples: str | Path,
    tree: Path | None = None,
    parameters: Path | None = None,
) -> Populations:
    """Read everything. InputError names the file that is not what it should be."""
    return Populations(
        read_samples(samples),
        list(map(read_metrics, metrics)),
        read_tables(tables),
        tree.read_text().strip() if tree else "",
        json.loads(parameters.read_text()) if parameters else {},
    )
