"""Tables and records of a made-up run of the population workflow, as its steps write them."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np

from linnaea.base.tables import write_table
from linnaea.population import (
    admixture,
    effective_size,
    f_statistics,
    kinship,
    likelihood_heterozygosity,
    likelihood_kinship,
    likelihood_spectrum,
    sfs,
    window_scans,
)
from linnaea.population import distance_tree as tree
from linnaea.population import ld_decay as ld
from linnaea.population import runs_of_homozygosity as roh
from linnaea.population import temporal_contrast as temporal
from linnaea.population.genotypes import Dosages

CLASSES = (100_000, 500_000, 1_000_000)
WINDOW = 50_000
CHROMOSOMES = {"chr1": 1_000_000, "chr2|x": 600_000, "chrX": 300_000}
SAMPLE_COLUMNS = (
    "sample", "group", "population", "age_class", "udg", "sex", "latitude", "longitude", "outgroup",
    "library_type",
)  # fmt: skip
DIVERSITY = (
    "samples", "callable_sites", "segregating_sites", "pi_differences", "pi_comparisons", "pi_per_bp",
    "pi_standard_error", "theta_watterson_per_bp", "theta_watterson_standard_error", "tajimas_d",
    "tajimas_d_standard_error",
)  # fmt: skip
DIVERGENCE = (
    "callable_sites", "dxy_differences", "dxy_comparisons", "dxy_per_bp", "dxy_standard_error",
    "fst_hudson_numerator", "fst_hudson_denominator", "fst_hudson", "fst_hudson_standard_error",
    "fst_weir_cockerham", "fst_weir_cockerham_standard_error",
)  # fmt: skip
PLACE = ("chromosome", "compartment", "start_bp", "end_bp")


class NamedGenes:
    """Three genes in every region."""

    given = True

    def inside(self, chromosome, start, end):
        return [f"{chromosome}_{start}_{letter}" for letter in "abc"]


class Run:
    """A run with `sizes` modern samples by population, `shallow` historical ones of the first population, and
    an outgroup when asked for. `write` writes everything; tables may be changed or taken out before."""

    def __init__(self, sizes=None, shallow=2, outgroup=True, windows_per_mb=20, seed=1, prefix=""):
        self.random = np.random.default_rng(seed)
        self.sizes = {"north": 5, "south": 4} if sizes is None else sizes
        first = next(iter(self.sizes))
        self.members = {g: [f"{prefix}{g}{i + 1}" for i in range(n)] for g, n in self.sizes.items()}
        self.shallow = [f"{prefix}old{i + 1}" for i in range(shallow)]
        self.outgroup = [f"{prefix}out"] if outgroup else []
        self.called = [name for names in self.members.values() for name in names]
        self.group_of = {name: group for group, names in self.members.items() for name in names}
        self.group_of |= dict.fromkeys(self.shallow, f"{first}.historical")
        self.samples = [
            (name, self.group_of.get(name, "outgroup"), self.group_of.get(name, "far").split(".")[0],
             "historical" if name in self.shallow else "modern", "none" if name in self.shallow else ".",
             ("female", "male")[i % 2], f"{50 + 8 * self.random.random():.3f}",
             f"{10 + 9 * self.random.random():.3f}", "yes" if name in self.outgroup else "no", "paired")
            for i, name in enumerate([*self.called, *self.shallow, *self.outgroup])
        ]  # fmt: skip
        self.windows_per_mb = windows_per_mb
        self.tables, self.records = {}, []
        self.tree = ""
        self._diversity()
        self._spectra()
        self._individuals()
        self._structure()
        self._history()
        self._scans()
        self._genes_and_size()
        self._reads()

    def record(self, step, **more):
        self.records.append({"id": "popgen", "step": step, **more})

    def change(self, step, sample=None, **more):
        """Change values of a record."""
        found = [r for r in self.records if r["step"] == step and sample in (None, r.get("sample"))]
        assert found
        for record in found:
            record.update(more)

    def drop(self, *names):
        """Take out tables, and records of the same name."""
        for name in names:
            self.tables.pop(name, None)
            self.records = [r for r in self.records if r["step"] != name]

    def _windows(self):
        size = 1_000_000 // self.windows_per_mb
        for name, length in CHROMOSOMES.items():
            for start in range(0, length, size):
                kind = "X" if name == "chrX" else "autosome"
                yield name, kind, start, min(start + size, length)

    def _diversity(self):
        rng, places = self.random, list(self._windows())
        windows, genome, sites = [], [], 900_000
        for i, (group, names) in enumerate(self.members.items()):
            n = 2 * len(names)
            comparisons = sites * n * (n - 1) // 2
            pi = 0.002 + 0.0005 * i
            for place in places:
                part = int((place[3] - place[2]) * 0.8)
                pairs = part * n * (n - 1) // 2
                found = rng.poisson(pi * pairs)
                windows.append((*place, group, len(names), part, part // 100, found, pairs,
                                found / pairs if pairs else None, pi, rng.normal()))  # fmt: skip
            for kind in ("autosome", "X"):
                genome.append((kind, group, len(names), sites, sites // 200, int(pi * comparisons),
                               comparisons,
                               pi, pi / 40, pi * 0.9, pi / 50, 0.1 * i - 0.2, 0.04))  # fmt: skip
        columns = (*PLACE, "group", *DIVERSITY[:6], "theta_watterson_per_bp", "tajimas_d")
        self.tables["diversity_windows"] = (columns, windows)
        self.tables["diversity"] = (("compartment", "group", *DIVERSITY), genome)
        windows, genome = [], []
        for i, pair in enumerate(combinations(sorted(self.members), 2)):
            n = 4 * len(self.members[pair[0]]) * len(self.members[pair[1]])
            for place in places:
                part = int((place[3] - place[2]) * 0.8)
                found, top = rng.poisson(0.004 * part * n), rng.random() * 20
                windows.append((*place, *pair, part, found, part * n, found / (part * n), top, 60.0, top / 60,
                                top, 60.0, top / 60))  # fmt: skip
            fst = 0.1 + 0.003 * i
            genome.append(("autosome", *pair, sites, 1, 2, 0.004, 0.0001, fst * 1000, 1000.0, fst, 0.007,
                           fst + 0.01, 0.008))  # fmt: skip
        self.tables["divergence_windows"] = (
            (*PLACE, "group_1", "group_2", *DIVERGENCE[:4], *DIVERGENCE[5:8], "fst_weir_cockerham_numerator",
             "fst_weir_cockerham_denominator", "fst_weir_cockerham"), windows,
        )  # fmt: skip
        self.tables["divergence"] = (("compartment", "group_1", "group_2", *DIVERGENCE), genome)
        steps = [
            ("input_filter", 0, 1_500_000),
            ("masked", 300_000, 1_200_000),
            ("low_quality", 4000, 1_197_000),
        ]
        variants = [("input_filter", 0, 36_000), ("masked", 7000, 29_000), ("low_quality", 3600, 25_547)]
        genotypes = [("depth", 115_000, 14_211_000), ("allelic_balance", 1643, 14_210_000)]
        named = [
            [dict(zip(("filter", "failed_alone", "left"), step, strict=True)) for step in part]
            for part in (steps, variants, genotypes)
        ]
        self.record(
            "site_filters", vcf_kind="all-sites", window_bp=WINDOW, callable_sites=1_197_000, sites=1_500_000,
            variants=36_000, site_steps=named[0], variant_steps=named[1], genotype_steps=named[2],
            genotypes_called=14_326_754,
            samples=[{"sample": n, "called_sites": 1_180_000, "missing_pct": 1.4} for n in self.called],
        )  # fmt: skip

    def _spectra(self):
        rows, joint = [], []
        for group, names in self.members.items():
            n = 2 * len(names)
            count = np.arange(1, n)
            neutral = 3000.0 / count
            for i, value in enumerate([800_000.0, *neutral, 5000.0]):
                rows.append((group, "unfolded", n, i, value))
            for i, value in enumerate(sfs.fold(np.array([805_000.0, *neutral, 0.0]))[: n // 2 + 1]):
                rows.append((group, "folded", n, i, float(value)))
        for one, other in combinations(sorted(self.members), 2):
            n1, n2 = 2 * len(self.members[one]), 2 * len(self.members[other])
            if len(joint) < 200_000:
                joint += [
                    (one, other, "unfolded", n1, n2, i, j, 5000.0 / (1 + i + j))
                    for i in range(n1 + 1) for j in range(n2 + 1)
                ]  # fmt: skip
        self.tables["sfs"] = (sfs.SPECTRUM_COLUMNS, rows)
        self.tables["sfs_2d"] = (
            ("group_1", "group_2", "kind", "chromosomes_1", "chromosomes_2", "class_1", "class_2", "sites"),
            joint,
        )
        groups = {g: {"chromosomes": 2 * len(n), "folded_sites": 843_262} for g, n in self.members.items()}
        self.record("site_frequency_spectra", no_ancestral_sites=11_763, groups=groups)

    def _individuals(self):
        rng = self.random
        rows, likely, runs, froh, hints = [], [], [], [], []
        for name in [*self.called, *self.outgroup]:
            rate = 0.002 + 0.001 * rng.random()
            for kind in ("X", "autosome"):
                rows.append((name, kind, 870_000, int(rate * 870_000), rate, rate / 25, 900, rate / 3))
            hints.append((name, 29, 349, 15, 62.5, -0.18, 8.2, 4.3))
            found = [int(x) for x in rng.exponential(400_000, rng.integers(1, 4)) + CLASSES[0]]
            found = [min(x, 900_000) for x in found]
            starts = rng.integers(0, 90_000, len(found))
            runs += [(name, "chr1", int(s), int(s) + x, x, int(x * 0.8), 1, 0.98)
                     for s, x in zip(starts, found, strict=True)]  # fmt: skip
            row = [name, "ok", 870_000, int(rate * 870_000), rate, rate / 100]
            for size in CLASSES:
                inside = [x for x in found if x >= size]
                row += [
                    len(inside),
                    sum(inside),
                    sum(inside) * 0.8,
                    sum(inside) * 0.8 / 4e6,
                    sum(inside) / 5.1e6,
                ]
            froh.append(row)
        for name in [*self.called[:3], *self.shallow]:
            for kind, part in (("all", 1.0), ("transversions", 0.33)):
                likely.append((name, kind, "em", 880_000, 0.0025 * part, 0.0001, 0.001))
        self.tables["heterozygosity"] = (
            ("sample", "compartment", "callable_sites", "heterozygous_sites", "heterozygosity_per_bp",
             "heterozygosity_standard_error", "heterozygous_transversions",
             "heterozygosity_transversions_per_bp"),
            rows,
        )  # fmt: skip
        self.tables["contamination"] = (
            ("sample", "sites", "reads", "alternate_reads", "alternate_reads_if_all_foreign",
             "contamination_hint_pct", "standard_error_pct", "error_pct"), hints,
        )  # fmt: skip
        self.tables["likelihood_heterozygosity"] = (likelihood_heterozygosity.HETEROZYGOSITY_COLUMNS, likely)
        columns = ("sample", "chromosome", "start_bp", "end_bp", "length_bp", "callable_bp",
                   "heterozygous_sites",
                   "posterior")  # fmt: skip
        self.tables["roh"] = (columns, runs)
        self.tables["froh"] = (roh.class_columns(CLASSES, bcftools=True), froh)

    def _structure(self):
        rng, names = self.random, self.called
        pairs = []
        for i, (one, other) in enumerate(combinations(names, 2)):
            same = self.group_of[one] == self.group_of[other]
            value, relation, flag = (rng.normal(0, 0.01) if same else -0.2), "unrelated", "."
            if i == 0:
                value, relation, flag = 0.4962, "duplicate", "duplicate_or_swap"
            elif i == 1:
                value, relation = 0.2481, "parent_offspring"
            pairs.append((one, other, self.group_of[one], self.group_of[other], 19_313, 900, 600, 2800, 2900,
                          0.03, value, 0.01, value, value, 0.02, 0.0, 0.0, relation, flag))  # fmt: skip
        self.tables["kinship"] = (kinship.KINSHIP_COLUMNS, pairs)
        components = [f"pc{i}" for i in range(1, 5)]
        places = {g: 3 * i for i, g in enumerate(self.members)}
        rows = [(n, self.group_of[n], 0.01,
                 *(places[self.group_of[n]] * (k == 0) + rng.normal() for k in range(4)))
                for n in names]  # fmt: skip
        self.tables["pca"] = (("sample", "group", "missing_share", *components), rows)
        shares = [(i + 1, 5.0 - i, 0.21 - 0.04 * i) for i in range(4)]
        self.tables["eigenvalues"] = (("component", "eigenvalue", "explained_share"), shares)
        self.record("pca", samples=len(names), pruned_sites=3371)
        if self.shallow:
            rows = [(n, self.group_of[n], "likelihoods" if n in self.shallow else "calls",
                     *(rng.normal() for _ in range(4))) for n in [*names, *self.shallow]]  # fmt: skip
            self.tables["likelihood_diversity"] = (
                likelihood_spectrum.DIVERSITY_COLUMNS,
                [("autosome", g, 2, 2, 812_345, 4021.5, 1e6, 4e8, 0.00251, 0.0001, 0.00263, 0.0001, -0.31,
                  0.05, 25) for g in sorted({self.group_of[n] for n in self.shallow})],
            )  # fmt: skip
            pair = (*sorted(self.shallow)[:2], "north.historical", 20_000, 0.24, 0.51, 0.25, 0.2525, 0.011,
                    "full_sib", ".")  # fmt: skip
            self.tables["likelihood_kinship"] = (likelihood_kinship.KINSHIP_COLUMNS, [pair])
            inbred = [(name, self.group_of[name], 20_000, 0.04, 0.02, ".") for name in self.shallow]
            self.tables["likelihood_inbreeding"] = (likelihood_kinship.INBREEDING_COLUMNS, inbred)
            errors = {name: {"error_factor": 2.5, "errors_corrected": True} for name in self.shallow}
            self.record("likelihood_spectrum", read_errors=errors, sites_read=912_345, sites_used=812_345,
                        thinned_to_share=0.5, cohort_depth_window_x=[4, 12], sites_of_low_cohort_depth=60_000,
                        sites_of_high_cohort_depth=39_000, sites_of_excess_heterozygosity=1000)  # fmt: skip
            self.tables["likelihood_pca"] = (("sample", "group", "route", *components), rows)
            self.record("likelihood_pca", sites=2210, samples=len(rows))
            self.tables["likelihood_admixture"] = (
                admixture.LIKELIHOOD_COLUMNS,
                [
                    (2, name, self.group_of[name], source, 0.5, -9120.4)
                    for name in [*names, *self.shallow]
                    for source in (1, 2)
                ],
            )
            self.record("likelihood_admixture", samples=len(rows), ks={"2": {"log_likelihood": -9120.4}})
        rows = []
        for k, error in ((2, 0.51), (3, 0.54)):
            for name in names:
                q = rng.dirichlet(np.ones(k))
                rows += [(k, name, self.group_of[name], i + 1, float(q[i]), error) for i in range(k)]
        self.tables["admixture"] = (admixture.ADMIXTURE_COLUMNS, rows)
        self.record("admixture", best_k=2, ks={"2": {"cross_validation_error": 0.51}})
        rows = [
            (a, b, 3000.0, 860_000, 0.0035, "p_distance_callable_sites") for a, b in combinations(names, 2)
        ]
        self.tables["distances"] = (tree.DISTANCE_COLUMNS, rows)
        ladder = names[0]
        for name in [*names[1:], *self.outgroup]:
            ladder = f"({ladder}:0.001,{name}:0.002)"
        self.tree = f"{ladder};\n"
        self.record("distance_tree", samples_not_in_tree=[])
        rows = [(g, 1000 * i, 1000 * (i + 1), 77_000, 4.9, 0.4 / (1 + i), 0.3 / (1 + i))
                for g in self.members for i in range(40)]  # fmt: skip
        self.tables["ld_decay"] = (ld.DECAY_COLUMNS, rows)
        groups = {g: {"samples": len(n), "pairs": 5_853_911, "half_decay_bp": 2000, "left_out": None}
                  for g, n in self.members.items()}  # fmt: skip
        self.record("ld_decay", groups=groups)

    def _history(self):
        """f statistics of made-up frequencies; the third population is half the first, half the second."""
        groups = [*self.sizes, *self.outgroup]
        columns = np.split(np.arange(4 * len(groups)), len(groups))
        rng = np.random.default_rng(9)
        frequency = rng.uniform(0.1, 0.9, (4000, 1)) + rng.normal(0, 0.15, (4000, len(groups)))
        if len(self.sizes) > 2:
            frequency[:, 2] = frequency[:, :2].mean(1)
        chance = np.repeat(frequency.clip(0, 1), 4, axis=1)
        sums = f_statistics.FrequencySums(columns, 4 * len(groups), bool(self.outgroup), 100_000)
        sums.add(Dosages("chr1", np.arange(4000) * 1000 + 1, rng.binomial(2, chance).astype(np.int8),
                         np.tile(np.array([0, 1], np.uint8), (4000, 1))))  # fmt: skip
        names = [*self.sizes, *["outgroup"] * len(self.outgroup)]
        rows, pairs, f2 = f_statistics.rows_of(names, sums), sums.combinations.pairs, sums.tables()["f2"]
        fitted = f_statistics.GroupTree(pairs, f2, len(names))
        residuals = f_statistics.residual_rows(names, pairs, f2[0].sum(1) / f2[1].sum(1), fitted, rows)
        self.tables["f_statistics"] = (f_statistics.F_COLUMNS, rows)
        self.tables["f2_residuals"] = (f_statistics.RESIDUAL_COLUMNS, residuals)
        self.record("f_statistics", outgroup="outgroup" if self.outgroup else None, groups_left_out=[],
                    sites_used="all", tree=tree.newick(fitted.tree, names, ["outgroup"]))  # fmt: skip

    def _scans(self):
        """PBS of each population and local PCA, where one window stands out; nothing of two populations."""
        places = [(name, start) for name, length in CHROMOSOMES.items() if name != "chrX"
                  for start in range(0, length, WINDOW // 2)]  # fmt: skip
        starts = np.array([start for _, start in places])
        names = np.array([name for name, _ in places])
        groups = list(self.sizes)
        others = [[other for other in groups if other != name][:2] for name in groups]
        labels = [("pbs", f"{name};{','.join(of)}") for name, of in zip(groups, others, strict=True)]
        scans, outliers = [], []
        for kind, label in [*labels, ("local_pca", ".")] if len(groups) > 2 else []:
            values = self.random.normal(0.1, 0.01, len(places))
            values[5 if kind == "pbs" else 20] = 0.9
            scan = window_scans.Scan(
                kind, label, names, starts, starts + WINDOW // 2, np.full(len(places), 900.0), values
            )
            marked = window_scans.marked(scan, 0.01)
            scans += window_scans.scan_rows(*marked)
            outliers += window_scans.outlier_rows(*marked, NamedGenes())
        self.tables["scans"] = (window_scans.SCAN_COLUMNS, scans)
        self.tables["outliers"] = (window_scans.OUTLIER_COLUMNS, outliers)
        self.record("window_scans", top_share=0.01, scans={"pbs": len(labels)}, triples_left_out=8,
                    local_pca={"median_window_bp": 50_000})  # fmt: skip

    def _genes_and_size(self):
        rows = [
            (n, self.group_of[n], kind, "outgroup", sites, sites, 2 * sites, sites // 5, sites // 3,
             sites, 0.4, ratio)
            for n in self.called
            for kind, sites, ratio in (
                ("loss_of_function", 8, 0.00171), ("missense", 1065, 1.06), ("synonymous", 1054, 1)
            )
        ]  # fmt: skip
        columns = ("sample", "group", "class", "polarised_by", "sites", "called_genotypes", "called_alleles",
                   "heterozygous_genotypes", "homozygous_genotypes", "alleles", "alleles_per_called_allele",
                   "alleles_per_synonymous_allele")  # fmt: skip
        self.tables["load"] = (columns, rows)
        sites = {"loss_of_function": 8, "missense": 1065, "synonymous": 1054}
        self.record("genetic_load", sites=sites, unpolarised_sites=376)
        rows = [(g, len(n), 2, 2000, 0, *(None,) * 6, "jackknife", "fewer than 10 samples") if i else
                (g, len(n), 2, 2000, 99_000, 9.5, 0.11, 0.1, 51.2, 30.4, float("inf"), "jackknife", ".")
                for i, (g, n) in enumerate(self.members.items())]  # fmt: skip
        self.tables["effective_size"] = (effective_size.SIZE_COLUMNS, rows)
        self.tables["temporal"] = (temporal.TEMPORAL_COLUMNS, [])
        self.tables["contrast"] = (temporal.CONTRAST_COLUMNS, [])

    def _reads(self):
        cohort = []
        for name, *_, sex, _, _, _, _ in self.samples:
            shallow = name in self.shallow
            median = 3.0 if shallow else 11.0
            weights = np.exp(-0.5 * ((np.arange(28) - median) / np.sqrt(median)) ** 2)
            self.record(
                "sample_depth", sample=name, median_depth_x=median, mean_depth_x=median + 0.1, min_depth_x=4,
                max_depth_x=22, autosomes_bp=1_100_000, covered_pct=99.2, below_window_pct=1.0,
                above_window_pct=0.5,
                depth_histogram_bp=(1_100_000 * weights / weights.sum()).astype(int).tolist(),
                depth_ratios={"X": 1.0}, sex_by_depth=sex, sex_by_depth_why="X has 1.00 of the depth",
            )  # fmt: skip
            cohort.append({
                "sample": name, "group": self.group_of.get(name, "outgroup"), "median_depth_x": median,
                "min_depth_x": 4, "max_depth_x": 22, "route": "likelihoods" if shallow else "calls",
                "sex_given": sex, "sex_by_depth": sex, "sex_disagrees": False,
            })  # fmt: skip
            self.record("sample_alignment", sample=name, reads=119_750, mapped_pct=98.7, duplicates_pct=5.5)
            for library in ("a", "b"):
                merged = {"pairs_in": 84_021, "merged_pairs": 82_000} if shallow else {}
                self.record("library_trimming", sample=name, library=library, lanes=1, tool="fastp",
                            reads_in=60_000, reads_out=59_875, bases_out_bp=9_000_000, **merged)  # fmt: skip
            if shallow:
                curve = (1.3 + 23 * 0.7 ** np.arange(25)).tolist()
                self.record("damage", sample=name, c_to_t_5p_pct=curve, g_to_a_3p_pct=curve,
                            c_to_t_5p_first_pct=24.3, c_to_t_5p_excess_pct=22.9, g_to_a_3p_first_pct=24.3,
                            g_to_a_3p_excess_pct=22.9)  # fmt: skip
        self.record("cohort", low_depth_x=5.0, samples=cohort)

    def write(self, folder: Path) -> list[str]:
        """Write everything into a new `folder`; return arguments of population_report.py."""
        folder.mkdir(parents=True, exist_ok=True)
        write_table(folder / "samples.tsv", SAMPLE_COLUMNS, self.samples)
        tables, metrics = [], []
        for name, (columns, rows) in self.tables.items():
            tables.append(folder / f"{name}.tsv")
            write_table(tables[-1], columns, rows)
        for i, record in enumerate(self.records):
            metrics.append(folder / f"{record['step']}.{i}.json")
            metrics[-1].write_text(json.dumps(record))
        arguments = ["--samples", folder / "samples.tsv", "--tables", *tables, "--metrics", *metrics]
        if self.tree:
            (folder / "tree.nwk").write_text(self.tree)
            arguments += ["--tree", folder / "tree.nwk"]
        return [*map(str, arguments), "--out", str(folder / "report.html")]
