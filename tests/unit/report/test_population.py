"""The report of populations: numbers against tables, what is absent and why, and the page in a browser."""

import base64
import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser import assert_report_is_drawn
from pages import CONFIG, read
from population_records import CLASSES, Run

import population_report
from linnaea.base.errors import InputError
from linnaea.population import pedigree
from linnaea.report.population import (
    newick,
    plots_diversity,
    plots_history,
    plots_looks,
    plots_relatedness,
    plots_samples,
    plots_structure,
)
from linnaea.report.population.inputs import read_populations, value
from linnaea.report.population.not_measured import not_measured
from linnaea.report.population.page import VCF_SIGNS, flags
from linnaea.report.population.quality import significant

EVIL = "<script>document.title='broken'</script>\"&"
STATISTICS = [
    "diversity",
    "spectrum",
    "heterozygosity",
    "roh",
    "kinship",
    "structure",
    "tree",
    "ld",
    "load",
    "size",
    "history",
    "scans",
]
QUALITY = ["map", "samples", "depth", "damage", "filters"]
# What `Run` draws with two groups.
PLOTS = {
    "map", "depth", "damage-5p", "damage-3p", "filters", "group-pi", "group-theta", "group-d", "scan",
    "spectrum",
    "spectrum-2d", "heterozygosity", "froh", "roh", "kinship", "pca", "pca-likelihoods", "admixture",
    "admixture-likelihoods",
    "admixture-cv", "tree", "ld", "load", "load-ratio",
}  # fmt: skip


def write(run, folder, *more):
    assert population_report.main([*run.write(folder), *map(str, more)]) == 0
    return folder / "report.html"


def load(run, folder, **parameters):
    """The data as the report reads them."""
    arguments = run.write(folder)
    options = {}
    for argument in arguments:
        if argument.startswith("--"):
            options[argument] = found = []
        else:
            found.append(argument)
    tree = Path(options["--tree"][0]) if "--tree" in options else None
    (folder / "parameters.json").write_text(json.dumps(parameters))
    return read_populations(
        options["--metrics"], options["--tables"], options["--samples"][0], tree, folder / "parameters.json"
    )


def chapters(page):
    """Names of the sections in order, and the text."""
    reader, text = read(page.read_text())
    known = ["attention", *QUALITY, *STATISTICS, "missing", "software", "parameters"]
    return [name for name in reader.ids if name in known], text


def figures(page):
    """Figures of the page by name."""
    found = re.findall(r'id="data-([^"]+)">(.*?)</script>', page.read_text(), re.S)
    return {name: json.loads(text) for name, text in found}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("population")
    (folder / "versions.tsv").write_text("process\ttool\tversion\nPCA\tpcangsd\t1.36\nX:BWA\tbwa\t0.7.17\n")
    (folder / "parameters.json").write_text('{"reference": "/x/Aus_bus.fasta", "gff": "g.gff3"}')
    (folder / "tools.yml").write_text(
        "- {name: bwa, licence: GPL-3.0, homepage: 'https://x.org/bwa', citation: Li 2013}\n"
    )
    more = ["--software", folder / "versions.tsv", "--parameters", folder / "parameters.json"]
    return write(Run(), folder / "run", *more, "--tools", folder / "tools.yml")


def test_a_whole_run_has_all_sections_and_no_network(page):
    found, text = chapters(page)
    assert found == ["attention", *QUALITY, *STATISTICS[:-2], "missing", "software", "parameters"]
    assert "Linnaea population report Populations Aus_bus.fasta" in text
    reader, _ = read(page.read_text())
    outside = [a for a in reader.addresses if not a.startswith(("#", "data:"))]
    assert outside == ["https://x.org/bwa"]
    assert "default-src 'none'" in page.read_text()
    assert set(figures(page)) == PLOTS
    assert re.search(
        r"Diversity of groups, by likelihoods.* north\.historical 2 0\.00251 ± 0\.00010 .* 812,345", text
    )
    assert re.search(r"Related pairs, by likelihoods.* old1 – old2 full siblings 0\.25\d+ ± 0\.011", text)
    assert "err 2.5 to 2.5 times as often as their base qualities state" in text
    assert "39,000 with more than 12, as on collapsed repeats" in text
    # Absent of a run with two populations and shallow old samples: quartets, PBS, temporal contrast.
    missing = text[text.index("Not measured what why") :].split(" Software ")[0]
    assert missing.split("what why ")[1].strip() == (
        "D and f4 fewer than four groups with called genotypes, the outgroup counted "
        "PBS fewer than three groups with called genotypes "
        "temporal contrast no population has both historical and modern samples with called genotypes"
    )


@pytest.mark.parametrize(
    "shown",
    [
        # Head: 9 called, 2 shallow, 1 outgroup.
        r"samples 12 10 by calls, 2 by likelihoods, 1 outgroup groups 3 north, north\.historical and south",
        r"callable genome 1\.20 Mb of 1\.50 Mb seen variants passed 25,547 of 36,000 sites",
        r"π per bp 0\.00200 – 0\.00250 north to south",
        r"! 2 things to look at",
        r"old1 and old2 are below a median depth of 5× and analysed by genotype likelihoods",
        # Samples: reads of both libraries, half and half.
        r"north1 north 120,000 119,750 kept 98\.7 % 5\.5 % duplicates 11× used 4–22× 99\.2 % 870 kb 79\.1 % "
        r"1\.4 %",
        r"old1 likelihoods north\.historical 120,000 119,750 kept, 98 % merged 98\.7 %",
        r"880 kb 80 % – 0\.825 transversions only",
        r"old1 UDG none 24\.3 % 22\.9 %",
        # Filters of variants.
        r"low quality 3,600 10 % 25,547",
        # Diversity: 5 samples have 45 pairs of chromosomes at each of 900,000 sites.
        r"north 5 0\.00200 ± 5\.0 × 10⁻⁵ 0\.00180 ± 4\.0 × 10⁻⁵ −0\.200 ± 0\.040 900,000 4,500 40,500,000",
        r"north – south 0\.00400 ± 0\.00010 0\.100 ± 0\.0070 0\.110 ± 0\.0080 900,000",
        r"shows no ancestral allele at 11,763 sites",
        r"north1 – north2 same individual ⚑ flagged 0\.496 ± 0\.010 0\.496 ± 0\.020 0\.030 19,313",
        r"north1 – north3 parent and offspring 0\.248",
        r"3,371 unlinked sites of called genotypes\. Left out, too shallow: old1 and old2\.",
        r"K = 2 has the smallest cross-validation error",
        r"Rooted by the outgroup",
        r"north 5 5,853,911 2 kb",
        r"The derived allele is counted, as shown by the outgroup; 376 sites",
        r"north1 north 1 / 2 213 / 355 210 / 351 0\.00171 1\.06",
        r"north 5 2 99,000 51\.2 30\.4 – ∞ south 4 2 0 – – fewer than 10 samples",
        r"BWA 0\.7\.17 GPL-3\.0 Li 2013",
    ],
)
def test_numbers_are_those_of_the_tables(page, shown):
    text = read(page.read_text())[1]
    assert re.search(shown, text), shown


@pytest.mark.slow
def test_a_browser_draws_every_plot(page):
    marks = assert_report_is_drawn(page)
    assert set(marks) == {f"plot-{name}" for name in PLOTS}


def test_windows_are_drawn_as_ratios_of_sums(page, tmp_path):
    scan = figures(page)["scan"]
    assert list(scan["views"]) == ["π", "Tajima’s D", "dxy", "Fst"]
    assert [trace["name"] for trace in scan["data"]] == ["north", "south"] * 2 + ["north – south"] * 2
    assert scan["views"]["dxy"]["traces"]["visible"] == [False] * 4 + [True, False]
    run = Run(windows_per_mb=20_000)  # 38,000 windows
    data = load(run, tmp_path / "many")
    drawn = plots_diversity.window_scan(data)["data"]
    rows = [row for row in data.rows("diversity_windows") if row["group"] == "north"]
    shown = [y for y in drawn[0]["y"] if y is not None]
    assert len(rows) == 38_000 and 3000 < len(shown) <= plots_diversity.MAX_SCAN_POINTS
    # The first point is that of the larger window, not the mean of ratios.
    step = -(-len(rows) // plots_diversity.MAX_SCAN_POINTS)
    sums = [sum(value(row, key) for row in rows[:step]) for key in ("pi_differences", "pi_comparisons")]
    assert shown[0] == pytest.approx(sums[0] / sums[1])
    assert drawn[0]["text"][0] == f"chr1:0–{50 * step:,}"


def test_windows_without_data_are_gaps():
    rows = [
        {"chromosome": "1", "start_bp": str(i), "end_bp": str(i + 1), "a": a, "b": b}
        for i, (a, b) in enumerate([("1", "2"), ("0", "0"), ("NA", "NA"), ("3", "4")])
    ]
    scan = plots_diversity.Scan.of(rows)
    assert scan.line(rows, ("a", "b"), 100)["y"] == [0.5, None, None, 0.75, None]
    assert scan.line(rows, ("a", "b"), 2)["y"] == [0.5, 0.75, None]


def test_normalised_spectra_are_flat_for_neutral_populations():
    n = 11
    neutral = np.array([1e6, *(500 / np.arange(1, n)), 3.0])
    assert plots_diversity.normalised(n, neutral, folded=False) == pytest.approx(np.ones(n - 1))
    for n in (10, 11):
        i = np.arange(1, n // 2 + 1)
        expected = 500 * (1 / i + 1 / (n - i)) / np.where(2 * i == n, 2, 1)
        folded = plots_diversity.normalised(n, np.array([1e6, *expected]), folded=True)
        assert folded == pytest.approx(np.ones(n // 2))
    assert np.isnan(plots_diversity.normalised(6, np.array([9.0, 0, 0, 0]), folded=True)).all()


def test_spectra_of_the_page_are_shares_of_variable_sites(page):
    folded = figures(page)["spectrum"]["data"][0]
    assert folded["name"] == "north" and sum(folded["y"]) == pytest.approx(100, abs=0.01)
    # Expected of 10 chromosomes: 3000 (1/i + 1/(10 - i)), half of it at i = 5.
    i = np.arange(1, 6)
    expected = 3000 * (1 / i + 1 / (10 - i)) / np.where(i == 5, 2, 1)
    assert folded["y"] == pytest.approx(100 * expected / expected.sum(), rel=1e-4)


def test_runs_are_stacked_by_class_not_counted_twice(tmp_path):
    run = Run()
    data = load(run, tmp_path / "run")
    bars = plots_relatedness.froh_bars(data)["data"]
    assert [bar["name"] for bar in bars] == ["100 kb – 500 kb", "500 kb – 1 Mb", "over 1 Mb"]
    total = {row["sample"]: 100 * value(row, f"f_roh_min_{CLASSES[0]}bp") for row in data.rows("froh")}
    for place, name in enumerate(bars[0]["x"]):
        assert sum(bar["y"][place] for bar in bars) == pytest.approx(total[name], abs=1e-3)
    tracks, found, drawn = plots_relatedness.roh_tracks(data)
    assert found == drawn == len(data.rows("roh"))
    assert sum(sum(x is None for x in trace["x"]) for trace in tracks["data"]) == found


def test_sources_keep_their_colour_from_panel_to_panel():
    two = np.array([[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]])
    # The same two under other numbers, and a third that takes a part of the last sample.
    three = np.array([[0.05, 0.1, 0.85], [0.05, 0.8, 0.15], [0.4, 0.1, 0.5]])
    made = plots_structure._aligned({2: two, 3: three})
    assert made[3] == pytest.approx(three[:, [2, 1, 0]])


def test_the_tree_is_laid_out_by_its_lengths():
    layout = newick.layout(newick.parse("((a:1,'b''s':2.5):1,(c:-1,d:1e0)x:2):9;\n"))
    assert layout.leaves == [("a", 2, 0), ("b's", 3.5, 1), ("c", 2, 2), ("d", 3, 3)]
    assert (1, 0, 1, 1) in layout.lines and (0, 0.5, 0, 2.5) in layout.lines and len(layout.lines) == 9
    deep = "(" * 3000 + "a" + ":1,b:1)" * 3000 + ";"
    assert len(newick.layout(newick.parse(deep)).leaves) == 3001
    for wrong in ("((a,b);", "(a,b));", "(a:x,b);"):
        with pytest.raises(InputError):
            newick.parse(wrong)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0034934, "0.00349"), (5.8e-5, "5.80 × 10⁻⁵"), (-0.2, "−0.200"), (0, "0"), (None, "–"), (512.4, "512"),
     (float("inf"), "∞"), (45_210.0, "45,210"), (1.0, "1.00")],
)  # fmt: skip
def test_small_numbers_are_readable(number, text):
    assert significant(number) == text


# What to look at


def what(run, folder):
    return [(flag.mark, flag.what) for flag in flags(load(run, folder))]


def test_nothing_is_flagged_where_nothing_is_wrong(tmp_path):
    run = Run(shallow=0)
    columns, rows = run.tables["kinship"]
    run.tables["kinship"] = (columns, [(*row[:-1], ".") for row in rows])
    assert what(run, tmp_path / "run") == []
    page = write(run, tmp_path / "run")
    assert "✓ nothing flagged" in read(page.read_text())[1]


def test_faults_of_samples_are_flagged(tmp_path):
    run = Run()
    run.change("sample_depth", "south2", sex_by_depth="male", sex_by_depth_why="X has 0.52 of the depth")
    cohort = next(record for record in run.records if record["step"] == "cohort")
    for entry in cohort["samples"]:
        if entry["sample"] == "south2":
            entry |= {"sex_given": "female", "sex_by_depth": "male", "sex_disagrees": True}
        if entry["sample"] == "south3":
            entry["median_depth_x"] = 4.0  # called all the same
    columns, rows = run.tables["contamination"]
    changed = {"north3": (7.5, 1.5), "north4": (7.5, 8.1)}  # the second is not sure
    run.tables["contamination"] = (
        columns, [(*r[:5], *changed.get(r[0], r[5:7]), r[7]) for r in rows]
    )  # fmt: skip
    columns, rows = run.tables["froh"]
    run.tables["froh"] = (
        columns,
        [[r[0], "no_diversity", r[2], 3, *[None] * (len(r) - 4)] if r[0] == "south1" else r for r in rows],
    )  # fmt: skip
    run.change("damage", "old2", c_to_t_5p_excess_pct=0.2)
    filters = next(record for record in run.records if record["step"] == "site_filters")
    filters["samples"][0]["missing_pct"] = 44.0
    found = what(run, tmp_path / "run")
    assert found == [
        ("flagged", "north1 and north2 are the same individual"),
        ("flagged", "south2 is given as female, its depth says male"),
        ("warn", "north3 may be contaminated"),
        ("warn", "old2 is historical but shows no damage"),
        ("warn", "2 samples analysed by genotype likelihoods: old1 and old2"),
        ("warn", "Genotypes were called below 5×: south3"),
        ("warn", "south1 has hardly any heterozygous sites"),
        ("warn", "More than 30 % of the sites are missing in north1"),
    ]
    text = read(write(run, tmp_path / "run").read_text())[1]
    assert "! 8 things to look at" in text and "X has 0.52 of the depth. Swapped samples" in text
    assert re.search(r"female disagrees male by depth", text)
    assert "south1: too few heterozygous sites to" in text
    assert re.search(r"north3 7\.5 ± 1\.5 % 29 349", text)


def test_a_given_vcf_that_was_filtered_is_flagged(tmp_path):
    run = Run()
    signs = [{"sign": name, "sentence": f"this is {name}"} for name in VCF_SIGNS]
    run.record("given_vcf", signs=signs, rows=9000, read_whole=False, rows_left_out={"indel": 41})
    filters = next(record for record in run.records if record["step"] == "site_filters")
    filters |= {
        "genotypes_without_depth": filters["genotypes_called"] // 4,
        "undescribed_tags": {"INFO/X": 7},
    }
    columns, rows = run.tables["froh"]
    few = [[r[0], "no_diversity", 60, 3, *[None] * (len(r) - 4)] if r[0] == "south1" else r for r in rows]
    run.tables["froh"] = (columns, few)
    found = what(run, tmp_path / "run")
    assert {("warn", title) for title in VCF_SIGNS.values()} <= set(found)
    assert ("warn", "25 % of the genotypes have no depth") in found
    assert ("warn", "south1 has too few callable sites for runs of homozygosity") in found
    text = read(write(run, tmp_path / "run").read_text())[1]
    assert re.search(r"are not used: 41 indel \(of 9.?000 rows spread over the file\)", text)
    assert "INFO/X (7 rows)" in text


# What is absent


def reasons(run, folder, **parameters):
    return dict(not_measured(load(run, folder, **parameters)))


def test_one_population(tmp_path):
    run = Run({"only": 6}, shallow=0, outgroup=False)
    assert [flag.mark for flag in flags(load(run, tmp_path / "run"))] == ["flagged"]
    run.drop("sfs_2d", "divergence", "divergence_windows")
    run.tables["sfs"] = (run.tables["sfs"][0], [r for r in run.tables["sfs"][1] if r[1] == "folded"])
    why = reasons(run, tmp_path / "run", gff="x")
    assert why["dxy and Fst"] == why["joint spectra"] == "one population only"
    assert why["unfolded spectrum"] == "no outgroup was given"
    assert why["damage"] == "no historical samples"
    found, text = chapters(write(run, tmp_path / "run"))
    assert "damage" not in found and "diversity" in found
    assert "No outgroup was given: the position of the root has no meaning" in text
    drawn = figures(tmp_path / "run" / "report.html")
    assert list(drawn["scan"]["views"]) == ["π", "Tajima’s D"] and "group-pi" not in drawn


@pytest.mark.parametrize("follows", [True, False])
def test_a_component_that_follows_depth_is_flagged(tmp_path, follows):
    run = Run()
    depth = {
        row["sample"]: row["median_depth_x"]
        for record in run.records if record["step"] == "cohort" for row in record["samples"]
    }  # fmt: skip
    columns, rows = run.tables["likelihood_pca"]
    even = [math.sin(2.4 * number) for number in range(len(rows))]
    first = [math.log(depth[row[0]]) if follows else even[place] for place, row in enumerate(rows)]
    spread = [(*row[:3], first[place], even[-place], *row[5:]) for place, row in enumerate(rows)]
    run.tables["likelihood_pca"] = (columns, spread)
    text = read(write(run, tmp_path / "run").read_text())[1]
    assert ("PC1 of the likelihoods follows the depth of samples" in text) == follows


def test_programs_that_the_machine_lacked(tmp_path):
    run = Run()
    run.drop("admixture", "likelihood_pca", "likelihood_admixture")
    run.record("absent_programs", programs=["pcangsd", "fastmixture"])
    why = reasons(run, tmp_path / "run", gff="x")
    programs = {
        "admixture": "fastmixture",
        "PCA of likelihoods": "pcangsd",
        "admixture by likelihoods": "pcangsd",
    }
    for name, program in programs.items():
        assert why[name].startswith(f"{program} was not installed on the machine")
    without = reasons(run, tmp_path / "run", max_k=1)
    assert without["admixture"] == without["admixture by likelihoods"] == "turned off with --max_k 1"


@pytest.mark.slow
def test_one_sample(tmp_path):
    run = Run({"only": 1}, shallow=0, outgroup=False)
    run.drop("sfs_2d", "divergence", "divergence_windows", "kinship", "pca", "eigenvalues", "admixture",
             "distances", "ld_decay", "contamination", "load", "effective_size")  # fmt: skip
    run.tree = ""
    why = reasons(run, tmp_path / "run")
    assert why["kinship"] == "kinship needs two samples"
    assert why["PCA"] == why["tree"] == why["LD decay"] == "1 called sample: too few"
    assert why["genetic load"] == "no GFF was given"
    found, text = chapters(page := write(run, tmp_path / "run"))
    assert not {"kinship", "structure", "tree", "ld", "load", "size"} & set(found)
    assert {"diversity", "heterozygosity", "roh"} <= set(found)
    assert "A group of one called sample: only" in text
    assert_report_is_drawn(page)


@pytest.mark.slow
def test_no_variant(tmp_path):
    run = Run(shallow=0)
    run.change("site_filters", variant_steps=[{"filter": "masked", "failed_alone": 7, "left": 0}], variants=7)
    for name in (
        "kinship",
        "pca",
        "eigenvalues",
        "admixture",
        "distances",
        "ld_decay",
        "load",
        "effective_size",
    ):
        run.tables[name] = (run.tables[name][0], [])
    run.tree = ""
    run.records = [r for r in run.records if r["step"] not in ("ld_decay", "genetic_load")]
    columns, rows = run.tables["sfs"]
    run.tables["sfs"] = (columns, [(*r[:4], r[4] if r[3] == 0 else 0) for r in rows])
    run.tables["sfs_2d"] = (
        run.tables["sfs_2d"][0],
        [(*r[:7], 5e5 * (r[5] + r[6] == 0)) for r in run.tables["sfs_2d"][1]],
    )
    columns, rows = run.tables["froh"]
    run.tables["froh"] = (columns, [[r[0], "no_diversity", r[2], 0, *[None] * (len(r) - 4)] for r in rows])
    run.tables["roh"] = (run.tables["roh"][0], [])
    why = reasons(run, tmp_path / "run", gff="x")
    none = "no variant passed the filters"
    assert {why[name] for name in ("kinship", "PCA", "admixture", "tree", "genetic load", "LD decay")} == {
        none
    }
    assert ("flagged", "No variant passed the filters") in what(run, tmp_path / "run")
    found, text = chapters(page := write(run, tmp_path / "run"))
    assert not {"spectrum", "kinship", "structure", "tree", "ld", "load"} & set(found)
    assert "No run of homozygosity was found in any sample." in text
    assert not {"froh", "roh"} & set(figures(page))
    assert_report_is_drawn(page)


def test_no_runs_of_homozygosity_are_zeros(tmp_path):
    run = Run()
    columns, rows = run.tables["froh"]
    run.tables["froh"] = (columns, [[*r[:6], *[0] * (len(r) - 6)] for r in rows])
    run.tables["roh"] = (run.tables["roh"][0], [])
    page = write(run, tmp_path / "run")
    text = chapters(page)[1]
    assert "No run of homozygosity was found in any sample." in text
    assert "north1 north 870 kb 0.000 0 runs; bcftools 0.000" in text
    assert not {"froh", "roh"} & set(figures(page))


def test_a_vcf_without_reads_or_places(tmp_path):
    run = Run(shallow=0, outgroup=False)
    run.drop("sample_depth", "sample_alignment", "library_trimming", "cohort", "likelihood_heterozygosity")
    run.samples = [(*row[:6], ".", ".", *row[8:]) for row in run.samples]
    run.change("site_filters", vcf_kind="variants", per_bp=False)
    columns, rows = run.tables["diversity"]
    run.tables["diversity"] = (columns, [(*r[:7], None, None, None, None, *r[11:]) for r in rows])
    run.tables["temporal"] = (run.tables["temporal"][0], [])
    why = reasons(run, tmp_path / "run")
    assert why["map"] == "no coordinates were given"
    for missing in ("depth and sex by depth", "reads, mapped and duplicates"):
        assert "started from a VCF" in why[missing]
    assert why["rates per base"].startswith("a variants-only VCF does not show which sites were callable")
    assert why["heterozygosity by likelihoods"] == "all samples are deep enough for calls"
    found, text = chapters(write(run, tmp_path / "run"))
    assert not {"map", "depth", "damage"} & set(found) and "callable genome" not in text
    assert "The input is a variants-only VCF" in text


@pytest.mark.slow
def test_only_shallow_samples(tmp_path):
    run = Run({"a": 2}, shallow=3, outgroup=False)
    run.called, run.members = [], {}
    run.samples = [row for row in run.samples if row[0] in run.shallow]
    for name in list(run.tables):
        if not name.startswith("likelihood"):
            run.drop(name)
    run.records = [
        r for r in run.records if r.get("sample", "old1") in run.shallow and r["step"] != "site_filters"
    ]
    cohort = next(r for r in run.records if r["step"] == "cohort")
    cohort["samples"] = [e for e in cohort["samples"] if e["sample"] in run.shallow]
    run.tree = ""
    for name in ("likelihood_pca", "likelihood_heterozygosity"):
        columns, rows = run.tables[name]
        run.tables[name] = (columns, [row for row in rows if row[0] in run.shallow])
    why = reasons(run, tmp_path / "run")
    assert why["π, θ and Tajima’s D"] == why["kinship"] == "no sample is deep enough for genotypes"
    found, text = chapters(page := write(run, tmp_path / "run"))
    assert {"samples", "depth", "damage", "heterozygosity", "structure"} <= set(found)
    assert "No sample is deep enough for genotypes, so no statistic uses calls." in text
    assert_report_is_drawn(page)


def test_nothing_but_samples_and_stub_tables(tmp_path):
    run = Run()
    arguments = run.write(tmp_path / "run")
    for table in (tmp_path / "run").glob("*.tsv"):
        if table.name != "samples.tsv":
            table.write_text("")  # as a stub run leaves them
    (tmp_path / "run" / "one.json").write_text('{"id": "popgen", "step": "cohort", "samples": []}')
    tables = arguments[arguments.index("--tables") + 1 : arguments.index("--metrics")]
    page = tmp_path / "stub.html"
    assert population_report.main(
        ["--samples", str(tmp_path / "run" / "samples.tsv"), "--tables", *tables, "--metrics",
         str(tmp_path / "run" / "one.json"), "--out", str(page)]
    ) == 0  # fmt: skip
    assert chapters(page)[0] == ["attention", "map", "samples", "missing"]


def test_why_there_is_no_ld_decay(tmp_path):
    run = Run({"a": 3, "b": 3})
    run.tables["ld_decay"] = (run.tables["ld_decay"][0], [])
    record = next(r for r in run.records if r["step"] == "ld_decay")
    for found in record["groups"].values():
        found["left_out"] = "fewer than 4 samples"
    why = reasons(run, tmp_path / "run")
    assert why["LD decay"] == "a: fewer than 4 samples and b: fewer than 4 samples"


def test_temporal_contrast_and_distances(tmp_path):
    run = Run()
    run.tree = ""
    row = ("north", 3, 5, 40.0, 5120, 0.0312, 0.02, 0.004, 712.0, 400.0, float("inf"), "jackknife, 95 %", ".")
    run.tables["temporal"] = (run.tables["temporal"][0], [row])
    row = ("north", 9000, 12, 20.0, 18.0, 1.11, 0.05, 3.0, 2.8, 1.07, 0.04, "transversions")
    run.tables["contrast"] = (run.tables["contrast"][0], [row])
    page = write(run, tmp_path / "run")
    text = chapters(page)[1]
    assert "north 3 / 5 40 5,120 0.0312 712 400 – ∞" in text
    assert "north 1.11 ± 0.050 1.07 ± 0.040 9,000 transversions" in text
    assert "distances" in figures(page) and "tree" not in figures(page)
    assert "temporal contrast" not in text


def test_pairs_that_differ_from_the_pedigree_are_flagged(tmp_path):
    run = Run()
    king = "kinship_king_robust"
    rows = [
        ("north1", "north3", "full_sib", 0.25, 0.01, 0.012, king, "unrelated", "differs"),
        ("north2", "north4", ".", 0.0, 0.26, 0.011, king, "full_sib", "not in the pedigree"),
        ("north3", "north4", "half_sib", 0.125, 0.13, 0.01, king, "second_degree", "agrees"),
    ]
    run.tables["pedigree"] = (pedigree.PEDIGREE_COLUMNS, rows)
    text = chapters(write(run, tmp_path / "run"))[1]
    assert "1 pair differs from the pedigree: north1 and north3" in text
    assert "1 of 3 pairs agree with the pedigree." in text
    assert "north1 – north3 full siblings 0.250 0.0100 ± 0.012 unrelated differs ⚑ flagged" in text
    assert "north2 – north4 – 0 0.260 ± 0.011 full siblings not in the pedigree" in text


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The page of a run of four populations, the third of which is a mixture of the first two."""
    return write(Run({"a": 3, "b": 3, "mix": 3, "z": 3}, shallow=0), tmp_path_factory.mktemp("mixed") / "run")


def test_history_is_drawn_with_its_tests_and_hints(mixed):
    _, text = chapters(mixed)
    assert "4 quartets tested: |Z| above 2.5 would be seen in 5 % of runs" in text
    assert "Mixtures by f3: Z below −2.6, of 12 tests" in text
    assert re.search(r"mix a and b −0\.0\d+ ± 0\.\d+ −\d+\.\d+ 4,000", text)
    assert "The last group is the outgroup." in text
    drawn = figures(mixed)
    assert {"d", "group-tree", "residuals"} <= set(drawn)
    labels = {
        trace["text"][0].strip() for trace in drawn["group-tree"]["data"] if trace["mode"] == "markers+text"
    }
    assert labels == {"a", "b", "mix", "z", "outgroup"}
    assert len(drawn["d"]["data"]) == 4
    reds = [t["y"][0] for t in drawn["d"]["data"] if t["marker"]["color"] == plots_history.VERMILION]
    assert reds and all("mix" in label for label in reds)


def test_scans_name_the_genes_of_their_peaks_and_are_no_test(mixed):
    _, text = chapters(mixed)
    assert "This is a ranking and not a test of selection" in text
    assert "5 of 5 outlier regions stand out" in text and "8 other triples of groups are not scanned." in text
    assert "PBS a; against b, mix chr1:125,000–150,000 1 0.900" in text
    assert "Blocks shorter than about 200 kb are not seen." in text
    drawn = figures(mixed)["pbs"]
    assert list(drawn["views"]) == ["a", "b", "mix", "z"]
    windows, outliers, genes = drawn["data"][:3]
    assert len(outliers["x"]) == 1 and len(windows["x"]) == 63
    assert genes["text"] == ["chr1_125000_a, chr1_125000_b +1"] and genes["x"] == outliers["x"] == [137_500]
    assert len(figures(mixed)["local-pca"]["data"]) == 3


def test_of_many_windows_the_highest_and_all_outliers_are_read(tmp_path):
    run = Run({"a": 3, "b": 3, "c": 3}, shallow=0)
    columns, _ = run.tables["scans"]
    rows = [
        ("pbs", "a;b,c", "chr1", 50 * i, 50 * i + 50, 9, i % 7, None, 0.5, "yes" if i % 1000 < 2 else "no")
        for i in range(9000)
    ]
    run.tables["scans"] = (columns, rows)
    read_rows = load(run, tmp_path / "run").rows("scans")
    assert len(read_rows) == pytest.approx(1800, abs=20)
    assert sum(row["outlier"] == "yes" for row in read_rows) == 18
    assert np.mean([float(row["value"]) for row in read_rows if row["outlier"] == "no"]) > 4.5


def test_z_of_few_blocks_or_sites_is_grey(tmp_path):
    run = Run({"a": 3, "b": 3, "mix": 3, "z": 3}, shallow=0)
    columns, rows = run.tables["f_statistics"]
    at = columns.index("blocks")
    run.tables["f_statistics"] = (columns, [(*row[:at], 12, *row[at + 1 :]) for row in rows])
    page = write(run, tmp_path / "run")
    assert {t["marker"]["color"] for t in figures(page)["d"]["data"]} == {plots_looks.FAINT}
    assert 'title="rests on 12 blocks, fewer than 20"' in page.read_text()
    text = chapters(page)[1]
    assert "0 are beyond it" in text and "No group is a mixture by f3" in text


def test_many_groups_stay_readable(tmp_path):
    run = Run({f"g{i:02}": 3 for i in range(12)}, shallow=0)
    page = write(run, tmp_path / "run")
    text = chapters(page)[1]
    assert "220 quartets tested" in text and "The 40 of largest Z" in text
    assert "D of quartets, the first 100 of 220" in text
    assert len(figures(page)["d"]["data"]) == 40


# Names, scale and faults


@pytest.mark.slow
def test_odd_names_stay_text(tmp_path):
    run = Run({f"g{EVIL}": 4, "b": 3}, prefix=EVIL)
    columns, rows = run.tables["diversity_windows"]
    run.tables["diversity_windows"] = (columns, [(f"{r[0]}{EVIL}", *r[1:]) for r in rows])
    run.tables["roh"] = (
        run.tables["roh"][0],
        [(r[0], f"{r[1]}{EVIL}", *r[2:]) for r in run.tables["roh"][1]],
    )
    run.tree = f"('{EVIL.replace(chr(39), chr(39) * 2)}b1':1,x:1);"
    (tmp_path / "p.json").write_text(json.dumps({"reference": f"a/{EVIL.replace('/', '|')}"}))
    path = write(run, tmp_path / "run", "--parameters", tmp_path / "p.json")
    page = path.read_text()
    assert page.count("<script") == page.count("</script>") and "<script>document" not in page
    assert f"{EVIL}b1" in read(page)[1]
    # Plotly reads some HTML in labels; none of these names may be read so.
    for name, figure in figures(path).items():
        assert "<script" not in json.dumps(figure), name
    assert_report_is_drawn(path)


@pytest.mark.slow
def test_two_hundred_samples(tmp_path):
    run = Run({f"p{i:02d}": 22 for i in range(9)}, shallow=4)
    path = write(run, tmp_path / "run")
    text = path.read_text()
    drawn = figures(path)
    assert sum(len(json.dumps(figure)) for figure in drawn.values()) < 3e6
    assert "fst" in drawn and drawn["kinship"]["layout"]["xaxis"]["showticklabels"] is False
    assert drawn["froh"]["layout"]["xaxis"]["showticklabels"] is False
    assert len(drawn["spectrum-2d"]["views"]) == 6 and "The first 6 of 36 pairs." in text
    assert "Of 36 pairs of groups the 10 of largest Fst are drawn." in text
    assert re.search(r"<details><summary>Per sample \(203 rows\)", text)


def test_places_over_the_date_line_stay_together(tmp_path):
    run = Run({"a": 4}, shallow=0, outgroup=False)
    east = ["179.5", "-179.5", "178", "-178"]
    run.samples = [(*row[:7], x, *row[8:]) for row, x in zip(run.samples, east, strict=True)]
    figure = plots_samples.sample_map(load(run, tmp_path / "run"))
    xs = [x for trace in figure["data"] for x in trace["x"]]
    assert sorted(xs) == [178, 179.5, 180.5, 182]
    axis = figure["layout"]["xaxis"]
    assert dict(zip(axis["tickvals"], axis["ticktext"], strict=True))[182] == "178°W"


def test_faults_of_files_are_told(tmp_path):
    run = Run()
    arguments = run.write(tmp_path / "run")
    (tmp_path / "run" / "kinship.tsv").write_text("sample_1\tsample_2\na\tb\n")
    with pytest.raises(InputError, match=r"kinship\.tsv has no column"):
        population_report.main(arguments)
    run.write(tmp_path / "run")
    (tmp_path / "run" / "kinships.tsv").write_text("sample_1\tsample_2\na\tb\n")
    unknown = [*arguments]
    unknown.insert(unknown.index("--tables") + 1, str(tmp_path / "run" / "kinships.tsv"))
    with pytest.raises(InputError, match=r"kinships\.tsv is not a table of the report"):
        population_report.main(unknown)
    run.write(tmp_path / "run")
    (tmp_path / "run" / "froh.tsv").write_text("sample\tstatus\tcallable_autosomal_bp\nnorth1\tok\tmany\n")
    with pytest.raises(InputError, match="'many' in column callable_autosomal_bp"):
        population_report.main(arguments)
    run.write(tmp_path / "run")
    (tmp_path / "run" / "cohort.99.json").write_text("{}")
    with pytest.raises(InputError, match="not a metrics record"):
        population_report.main(
            [
                *arguments[: arguments.index("--metrics") + 1],
                str(tmp_path / "run" / "cohort.99.json"),
                *arguments[-2:],
            ]
        )
    assert not (tmp_path / "run" / "report.html").exists()


def test_numbers_of_few_sites_are_grey_with_the_reason(tmp_path):
    run = Run()
    columns, rows = run.tables["divergence"]
    few = dict(zip(columns, rows[0], strict=True))
    few |= {"compartment": "mito", "callable_sites": 117, "fst_hudson": -0.0424, "fst_weir_cockerham": None}
    run.tables["divergence"] = (columns, [*rows, tuple(few[column] for column in columns)])
    text = write(run, tmp_path / "few").read_text()
    weak = re.findall(r'<span class="value weak" title="([^"]*)">([^<]*)<', text)
    assert ("rests on 117 sites, fewer than 1,000", "−0.0424") in weak
    assert len(weak) == 2  # dxy and Fst (Hudson) of that row, and nothing else
    assert "Grey: fewer than 1,000 callable sites" in text
    whole = write(Run(), tmp_path / "whole").read_text()
    assert "value weak" not in whole and "Grey: fewer" not in whole


def test_points_and_cells_of_few_sites_are_grey_with_the_reason(tmp_path):
    """Marks of diversity and the matrix of Fst follow the tables."""
    run = Run({"a": 2, "b": 2, "c": 2, "d": 2, "e": 2}, shallow=0, outgroup=False)
    for name, key, chosen in (("diversity", "group", {"b"}), ("divergence", "group_1", {"a"})):
        columns, rows = run.tables[name]
        at, sites, where = columns.index(key), columns.index("callable_sites"), columns.index("compartment")
        run.tables[name] = (columns, [
            tuple(117 if i == sites and row[at] in chosen and row[where] == "autosome" else cell
                  for i, cell in enumerate(row))
            for row in rows
        ])  # fmt: skip
    write(run, tmp_path / "few")
    drawn = figures(tmp_path / "few" / "report.html")
    marks = {trace["name"]: trace for trace in drawn["group-pi"]["data"]}
    assert {name for name, trace in marks.items() if trace["marker"]["color"] == plots_looks.FAINT} == {"b"}
    assert marks["b"]["hovertemplate"].startswith("%{y}: %{x:.4g}, rests on 117 sites, fewer than 1,000")
    coloured, grey = drawn["fst"]["data"]
    pairs = {("a", other) for other in "bcde"}
    for heat, weak in ((coloured, False), (grey, True)):
        z = np.frombuffer(base64.b64decode(heat["z"]["bdata"]), "<f4").reshape(5, 5)
        shown = {tuple(sorted((heat["y"][i], heat["x"][j]))) for i, j in np.argwhere(np.isfinite(z))}
        assert {pair for pair in shown if pair in pairs} == (pairs if weak else set())
        assert len(shown) == (4 if weak else 6)
    assert grey["text"][0][1] == ", rests on 117 sites, fewer than 1,000" and grey["text"][1][2] == ""
    assert {colour for _, colour in grey["colorscale"]} == {plots_looks.FAINT}


# MultiQC


@pytest.mark.slow
def test_multiqc_shows_the_samples(tmp_path):
    run = Run()
    run.record("likelihood_heterozygosity", heterozygosity_all_per_bp=0.0021)
    run.records[-1]["id"] = "old1"
    content = tmp_path / "content"
    write(run, tmp_path / "run", "--multiqc", content)
    assert {path.name for path in content.iterdir()} == {
        f"popgen_{name}_mqc.json"
        for name in ("population_general", "cohort", "depth", "damage_5p", "damage_3p")
    }
    program = shutil.which("multiqc", path=str(Path(sys.executable).parent)) or "multiqc"
    done = subprocess.run(
        [program, "--strict", "--no-ansi", "--config", CONFIG, "--filename", "m.html",
         "--outdir", "out", "content"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "out" / "m_data" / "multiqc_data.json").read_text())[
        "report_saved_raw_data"
    ]
    general = {k.split("-")[-1]: v for k, v in saved["multiqc_general_stats"]["north1"].items()}
    froh = dict(zip(run.tables["froh"][0], run.tables["froh"][1][0], strict=True))
    het = next(r for r in run.tables["heterozygosity"][1] if r[:2] == ("north1", "autosome"))
    assert general == pytest.approx(
        {"depth": 11.0, "mapped": 98.7, "duplicates": 5.5, "missing": 1.4, "callable": 100 * 870 / 1100,
         "heterozygosity": 1000 * het[4], "f_roh": froh[f"f_roh_min_{CLASSES[0]}bp"]}, rel=1e-5,
    )  # fmt: skip
    shallow = {k.split("-")[-1]: v for k, v in saved["multiqc_general_stats"]["old1"].items()}
    assert shallow["heterozygosity"] == pytest.approx(2.1) and "f_roh" not in shallow
    assert saved["multiqc_linnaea_cohort_table"]["old1"]["route"] == "likelihoods"
    shares = json.loads((content / "popgen_depth_mqc.json").read_text())["data"]["north1"]
    histogram = next(r for r in run.records if r.get("sample") == "north1")["depth_histogram_bp"]
    assert shares[3] == [3, pytest.approx(100 * histogram[3] / sum(histogram))]
    curve = json.loads((content / "popgen_damage_5p_mqc.json").read_text())
    assert curve["data"]["old1"][0] == [1, pytest.approx(24.3)] and not curve["pconfig"]["ylog"]
