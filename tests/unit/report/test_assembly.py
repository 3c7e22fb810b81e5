"""The report: complete, self-contained, safe with odd names, and really drawn by a browser."""

import json
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import records as make
from browser import assert_report_is_drawn
from pages import CONFIG, read

import report
from linnaea.base.errors import InputError
from linnaea.base.text import bases, listing, number, percent, with_unit
from linnaea.formats.tool_metrics import pairs_record
from linnaea.report import plots
from linnaea.report.assembly import _chromosomes_table, history_section, synteny_section
from linnaea.report.material import Material
from linnaea.report.multiqc_content import write_content
from linnaea.report.page import script_json
from linnaea.truth.assembly import checks

pytestmark = pytest.mark.slow


def write_report(folder, records=None, name="Aus bus", **options):
    """Judge and report records in `folder`; return the path of the page."""
    metrics, tables = make.write_run(folder, records)
    common = ["--id", make.GENOME, "--metrics", *map(str, metrics), "--tables", *map(str, tables)]
    arguments = [*common, "--name", name, "--out", str(folder / "report.html")]
    if any(record["step"] == "assembly_statistics" for record in records or make.whole_run()):
        arguments += ["--haploid-number", "3", "--ploidy", "2", "--verdict", str(folder / "verdict.json")]
    for option, values in options.items():
        arguments += [f"--{option}", *map(str, values if isinstance(values, list) else [values])]
    assert report.main(arguments) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "versions.tsv").write_text(
        "process\ttool\tversion\nREADS:FASTP\tfastp\t0.23.2\nHIC:FASTP\tfastp\t0.23.2\n"
        "KMC_COUNT\tkmc\t3.2.1\nNEW\tunlisted\t9\n"
    )
    (folder / "tools.yml").write_text(
        "- {name: fastp, licence: MIT, homepage: 'https://x.org/fastp', citation: Chen 2018}\n"
        "- {name: kmc, licence: GPL-3.0, homepage: 'javascript:alert(1)', citation: Kokot 2017}\n"
    )
    (folder / "parameters.json").write_text('{"kmer_size": 21, "busco_lineage": null}')
    (folder / "warnings.txt").write_text("Coverage is low.\n\n")
    return write_report(
        folder,
        software=folder / "versions.tsv",
        tools=folder / "tools.yml",
        parameters=folder / "parameters.json",
        warnings=folder / "warnings.txt",
    )


def test_the_page_tells_what_was_measured(page):
    reader, text = read(page.read_text())
    for expected in (
        "Aus bus", "demo1", "EBP v7.0 (January 2026)", "5.C.Q46", "5.5.Q46", "target C.C.Q40",
        "7 of 8 metrics pass (3 by proxy)", "no RNA-seq was mapped", "Q46.9", "99.1 %",
        "15.8 kb", "39.2×", "heterozygosity", "0.52 %", "12.1 %", "500 kb / 2", "TTAGGG (found)",
        "95.4 %", "2 of 3 checks agree with the truth", "Chen 2018", "Kokot 2017", "unlisted",
        "kmer_size", "Coverage is low.", "10–30 %", "30–80 %", "15–20×",
    ):  # fmt: skip
        assert expected in text, expected
    assert [address for address in reader.addresses if not address.startswith(("#", "data:"))] == [
        "https://x.org/fastp"
    ]
    assert "FASTP, FASTP" not in text


def test_the_page_is_drawn_by_a_browser(page):
    marks = assert_report_is_drawn(page)
    assert marks.keys() == {
        f"plot-{name}"
        for name in (
            "read-lengths", "read-qualities", "genome-profile", "nx", "sequences-hap1",
            "sequences-hap2", "spectrum-hap1", "spectrum-hap2", "spectrum-both", "depth-hap1",
            "depth-hap2", "synteny", "map-hap1", "decay-hap1", "busco",
        )
    }  # fmt: skip
    assert marks["plot-sequences-hap1"] >= 3 + 6


def test_the_browser_check_notices_a_plot_that_is_not_drawn(page, tmp_path):
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text().replace('"type":"heatmap"', '"type":"none","visible":false'))
    with pytest.raises(AssertionError, match="plot-map-hap1"):
        assert_report_is_drawn(broken)


def test_the_page_is_made_in_time_and_is_not_huge(tmp_path):
    metrics, tables = make.write_run(tmp_path)
    script = Path(report.__file__)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, script, "--id", make.GENOME, "--name", "Aus bus", "--out", "report.html",
         "--metrics", *metrics, "--tables", *tables], cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
    without_plotly = (tmp_path / "report.html").stat().st_size - 4.9e6
    assert without_plotly < 1.5e6


def test_names_cannot_break_out_of_the_page(tmp_path):
    evil = "</script><script>document.title='broken'</script>"
    lengths = {f"a{evil}": 600_000, "<img src=x onerror=alert(1)>": 400_000}
    rows = make.sequence_rows(lengths)
    records = make.whole_run()
    depth = next(r for r in records if r["step"] == "read_depth")
    depth["windows"]["sequence"] = [f"{n}{evil}" for n in depth["windows"]["sequence"]]
    path = write_report(tmp_path, records, name=f"Aus {evil}")
    text = path.read_text()
    assert text.count("<script") == text.count("</script>")
    assert "<script>document.title" not in text
    assert evil in read(text)[1]
    shown = json.dumps(plots.sequences(rows))
    assert "<img" not in shown and "<script" not in shown
    assert_report_is_drawn(path)


def test_json_in_scripts_is_safe_and_lossless():
    value = {"a": ["</script>", "\u2028&", 1.5, None, float("nan")], "b": {"c": True}}
    text = script_json(value)
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": ["</script>", "\u2028&", 1.5, None, None], "b": {"c": True}}


def test_only_what_was_measured_has_a_section(tmp_path):
    page = write_report(tmp_path, [make.read_statistics()])
    reader, text = read(page.read_text())
    assert "reads" in reader.ids and not {"hic", "busco", "truth", "verdict"} & set(reader.ids)
    assert "no Hi-C reads were given" in text and "--busco_lineage" in text


def test_the_truth_check_of_the_demo_is_shown_as_it_is_written(tmp_path):
    adapters = {"reads_with_adapter": 40, "reads_found": 43, "recall_pct": 97.5, "precision_pct": 90.0}
    profile = {"haploid_size_bp": {"estimate": 1_515_000, "truth": 1_500_000, "difference_pct": 1}}
    record = {"id": make.GENOME, "step": "truth_check", "profile": profile, "adapters": adapters}
    page = write_report(tmp_path, [make.read_statistics(), record | {"checks": checks(record)}])
    text = read(page.read_text())[1]
    assert "2 of 3 checks agree with the truth" in text
    assert re.search(r"adapter recall 97\.5 % ≥ 95 ✓ pass", text)
    assert re.search(r"adapter precision 90 % ≥ 95 ✗ fail", text)
    assert re.search(r"haploid size 1\.51 Mb 1\.50 Mb 1 %", text)


def test_hifi_reads_below_q20_are_counted(tmp_path):
    page = write_report(tmp_path, [make.read_statistics() | {"reads_below_q20": 1234}])
    assert "1,234 reads below Q20" in read(page.read_text())[1]
    page = write_report(tmp_path, [make.read_statistics() | {"reads_below_q20": 0}])
    assert "below Q20" not in read(page.read_text())[1]


def test_reads_without_qualities_say_so(tmp_path):
    reads = make.read_statistics() | {
        "mean_quality_phred": None, "q20_pct": None, "q30_pct": None,
        "quality_note": "FASTA has no qualities", "quality_histogram": {"phred": [], "reads": []},
    }  # fmt: skip
    page = write_report(tmp_path, [reads])
    assert "FASTA has no qualities" in read(page.read_text())[1]
    assert "plot-read-qualities" not in page.read_text()


def test_failures_and_flags_are_seen_first(tmp_path):
    records = [
        make.assembly_statistics(contig_l90=40, contigs=60, contig_n50_bp=20_000, gaps=57),
        make.kmer_evaluation(make.kmer_entry(qv_phred=31.2)),
        make.genome_profile(haploid_size_bp=2_600_000, warnings=["The coverage is low."]),
    ]
    text = read(write_report(tmp_path, records).read_text())[1]
    assert "below the standard" in text
    assert "below threshold: Contig N50 and Base accuracy (QV)" in text
    assert "Flags of the ERGA assembly report: 2 raised" in text
    assert "The coverage is low." in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"images": "notes.txt"}, "not a PNG"),
        ({"verdict": "verdict.json"}, "no assembly statistics among the metrics"),
        ({"software": "versions.tsv"}, "has no column process"),
    ],
)
def test_faulty_files_are_refused_and_leave_no_page(tmp_path, options, said):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "versions.tsv").write_text("name\tversion\nfastp\t1\n")
    files = {option: tmp_path / name for option, name in options.items()}
    with pytest.raises(InputError, match=said):
        write_report(tmp_path, [make.read_statistics()], **files)
    assert not (tmp_path / "report.html").exists()


def test_labels_of_the_contact_map_do_not_overlap():
    bins = [30, 20, 10, 8, 5, 5, 5, 5, 5, 7]
    sequences = [
        {"name": f"SUPER_{k}", "bins": number, "first_bin": sum(bins[:k]), "length_bp": number}
        for k, number in enumerate(bins)
    ]
    layout = plots.contact_map({"matrix": {"counts": np.ones((100, 100)), "sequences": sequences}})["layout"]
    across, down = layout["xaxis"], layout["yaxis"]
    assert sorted(down["ticktext"]) == [f"SUPER_{k}" for k in range(10)]
    assert across["ticktext"][:2] == ["SUPER_0", "SUPER_1"] and len(across["ticktext"]) < 10
    # A letter has 7 of 430 pixels.
    assert np.diff(np.sort(across["tickvals"])).min() > 100 * 7 * 7 / 430


def test_large_matrices_and_long_tracks_are_thinned_without_losing_contacts():
    rng = np.random.default_rng(5)
    counts = rng.poisson(2, (1000, 1000))
    coarse, factor = plots._coarser(counts)
    assert coarse.shape[0] <= plots.MAX_MATRIX_BINS and factor == 4
    assert coarse.sum() == counts.sum()
    assert coarse[3, 7] == counts[12:16, 28:32].sum()
    starts, sums = plots.merge_bins(range(1001), [1] * 1001)
    assert len(starts) <= plots.MAX_POINTS and sum(sums) == 1001
    windows = 50_000
    track = {"sequence": ["c"] * windows, "start_bp": list(range(windows)),
             "depth": [10.0] * windows}  # fmt: skip
    drawn = plots.read_depth({"windows": track, "window_bp": 1, "median_depth": 10.0})
    assert len(drawn["data"][0]["x"]) <= plots.MAX_DEPTH_WINDOWS + 1
    assert {y for y in drawn["data"][0]["y"] if y is not None} == {10.0}


def test_a_thousand_contigs_make_two_traces_of_the_longest():
    names = [f"c{i}" for i in range(1000) for _ in range(1 + i % 2)]
    starts = [1000 * j for i in range(1000) for j in range(1 + i % 2)]
    track = {"sequence": names, "start_bp": starts, "depth": [5.0] * len(names)}
    drawn = plots.read_depth({"windows": track, "window_bp": 1000, "median_depth": 5.0})
    assert len(drawn["data"]) == 2
    shown = {point[0] for trace in drawn["data"] for point in trace["customdata"] if point}
    assert len(shown) == plots.MAX_TRACKS
    assert all(int(name[1:]) % 2 for name in shown)


def test_distance_decay_is_a_density():
    distance = [0, 10, 100, 1000, 10_000]
    figure = plots.distance_decay(
        {"distance_decay": {"distance_bp": distance, "pairs": [5, 90, 900, 9000, 7]}}
    )
    observed = figure["data"][0]
    assert observed["y"] == [1, 1]
    assert observed["x"] == pytest.approx([316, 3162], rel=0.01)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 bp"), (999, "999 bp"), (999_600, "1.00 Mb"), (15_750, "15.8 kb"),
     (1_234_567, "1.23 Mb"), (123_456_789, "123 Mb"), (3_100_000_000, "3.10 Gb")],
)  # fmt: skip
def test_bases(value, text):
    assert bases(value) == text


def test_numbers_and_lists():
    assert (number(1_234_567.0), number(0.1), number(None)) == ("1,234,567", "0.1", "–")
    assert (percent(90.0), percent(0.123, 3)) == ("90 %", "0.123 %")
    assert listing(["a"]) == "a" and listing("abc") == "a, b and c"


def test_multiqc_shows_our_numbers(tmp_path):
    for genome in ("demo1", "sp.fa2"):
        folder = tmp_path / genome
        folder.mkdir()
        records = [record | {"id": genome} for record in make.whole_run()]
        metrics, tables = make.write_run(folder, records)
        given = ["--metrics", *map(str, metrics), "--tables", *map(str, tables)]
        known = ["--id", genome, "--name", "Aus bus", "--haploid-number", "3"]
        made = ["--verdict", folder / "v.json", "--out", folder / "r.html", "--multiqc", tmp_path / "content"]
        assert report.main([*given, *known, *map(str, made)]) == 0
    program = shutil.which("multiqc", path=str(Path(sys.executable).parent)) or "multiqc"
    done = subprocess.run(
        [program, "--strict", "--no-ansi", "--config", CONFIG, "--filename", "m.html",
         "--outdir", "out", "content"], cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "out" / "m_data" / "multiqc_data.json").read_text())
    saved = data["report_saved_raw_data"]
    general = saved["multiqc_general_stats"]
    assert set(general) == {f"{g} {h}" for g in ("demo1", "sp.fa2") for h in ("hap1", "hap2")}
    first = {key.split("-")[-1]: value for key, value in general["demo1 hap1"].items()}
    assert first["qv"] == 46.92 and first["code"] == "5.C.Q46" and first["total_mb"] == 1.5
    assembly = saved["multiqc_linnaea_assembly_table"]["sp.fa2 raw hap2"]
    assert (assembly["scaffold_n50_bp"], assembly["telomeres"]) == (500_000, 6)
    verdicts = saved["multiqc_linnaea_verdict_table"]["demo1 raw hap1"]
    assert (verdicts["qv"], verdicts["transcripts_mappable"]) == ("pass", "not measured")
    reads = saved["multiqc_linnaea_reads_table"]
    assert reads["demo1 hifi1 raw"]["reads"] == 4000
    curve = saved["multiqc_linnaea_profile_plot"]["demo1 observed"]
    expected = make.genome_profile()["histogram"]["observed"]
    assert [list(point) for point in curve][:3] == [[i + 1, expected[i]] for i in range(3)]


def test_multiqc_content_refuses_mixed_or_empty_records(tmp_path):
    one, two = make.read_statistics(), make.read_statistics() | {"id": "other"}
    for records, said in (([one, two], "several genomes"), ([make.truth()], "none of the records")):
        with pytest.raises(InputError, match=said):
            write_content(records, tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_a_lower_bound_has_its_sign_and_a_difference_no_q():
    assert with_unit(62.13, "phred") == "Q62.1"
    assert with_unit(62.13, "phred", at_least=True) == "≥ Q62.1"
    assert with_unit(2.7, "Phred") == "2.7 Phred"
    assert with_unit(None, "phred", at_least=True) == "–"


def test_reads_of_rna_alone_are_described_as_rna(tmp_path):
    rna = make.read_trimming() | {"type": "rnaseq", "library": "rna1"}
    text = read(write_report(tmp_path, [rna]).read_text())[1]
    assert "RNA reads were trimmed" in text
    assert "Phased HiFi" not in text and "per haplotype" not in text
    reads = read(write_report(tmp_path, [rna, make.read_statistics()]).read_text())[1]
    assert "Phased HiFi assembly needs" in reads


@pytest.mark.parametrize("others", [[], [make.read_statistics()]])
def test_reads_without_their_mate_are_reported(tmp_path, others):
    def pairs(kind, single):
        record = {"id": make.GENOME, "library": f"{kind}1", "type": kind}
        return record | pairs_record(1000 - single // 2, single)

    records = [*others, pairs("hic", 100), pairs("illumina", 0), pairs("rnaseq", 50)]
    text = read(write_report(tmp_path, records).read_text())[1]
    assert "hic1: 100 reads (5.0 %) have no mate in the file and are left out" in text
    assert "illumina1: " not in text and "rnaseq1: " not in text
    assert "RNA reads were trimmed" not in text


def test_ribbons_join_places_end_to_end_and_cross_where_a_block_is_inverted():
    record = make.synteny()
    traces = {trace.get("name"): trace for trace in plots.synteny(record)["data"]}
    pad = 0.012 * 1_500_000
    assert traces["collinear"]["x"][:4] == [0, 0, 400_000, 400_000]
    x, y = traces["inverted"]["x"], traces["inverted"]["y"]
    ends = {(at, height) for at, height in zip(x, y, strict=True) if height in (0, 1)}
    assert ends == {(400_000, 1), (480_000, 1), (400_000, 0), (480_000, 0)}
    assert (x[0], x[10]) == (480_000, 400_000)  # the side of its beginning goes to its end
    third = 1_100_000 + 2 * pad
    assert {round(third + 200_000), round(third + 212_000)} <= set(traces["translocated"]["x"])
    assert "duplicated" not in traces
    section = synteny_section(Material([record], ["raw"]))
    rows = section.blocks[2].rows
    assert [row[1].small for row in rows] == [None, None, "turned", None]
    assert rows[0][6:8] == ["20.0 kb", "0 bp"]
    assert rows[3][2:] == ["–", "–", "12.0 kb", "–", "–", "–", "–"]


def test_a_chromosome_is_telomere_to_telomere_only_without_gap_and_suspect():
    ends = {"telomere_start_bp": "500", "telomere_end_bp": "600", "gaps": "0"}
    rows = [
        {"sequence": "whole", "length_bp": "4000", **ends},
        {"sequence": "misjoined", "length_bp": "3000", **ends},
        {"sequence": "gapped", "length_bp": "2000", **ends | {"gaps": "1"}},
        {"sequence": "open", "length_bp": "1000", **ends | {"telomere_end_bp": "0"}},
    ]
    names = [row["sequence"] for row in rows]
    depth = {"suspects": {"sequence": names, "errors": [0, 1, 0, 0]}}
    table = _chromosomes_table({"stage": "raw", "haplotype": "hap1"}, rows, depth)
    assert [(row[0], row[-1]) for row in table.rows] == list(
        zip(names, ["yes", "no", "no", "no"], strict=True)
    )
    assert "QV" not in table.columns
    without = _chromosomes_table({"stage": "raw", "haplotype": "hap1"}, rows, None)
    assert [row[-2:] for row in without.rows][:2] == [["–", "yes"], ["–", "yes"]]
    kmers = {
        "sequence": names[:2], "qv_phred": [41.2, 60], "qv_is_lower_bound": [False, True],
        "reliable_pct": [99.5, 100],
    }  # fmt: skip
    table = _chromosomes_table({"stage": "raw", "haplotype": "hap1"}, rows, depth, {"sequences": kmers})
    shown = [dict(zip(table.columns, row, strict=True)) for row in table.rows[:3]]
    assert [(row["QV"], row["reliable k-mers"]) for row in shown] == [
        ("Q41.2", "99.5 %"), ("≥ Q60", "100 %"), ("–", "–"),
    ]  # fmt: skip


def test_polishing_is_shown_with_the_contigs_that_stay():
    polish = {
        "id": "x", "step": "polish", "haplotype": "primary", "tool": "racon", "sequences": 12, "polished": 9,
        "qv_would_fall": 2, "bases_before_bp": 1_500_000, "bases_after_bp": 1_501_000, "changed_bp": 4200,
        "warnings": ["there are no accurate reads"],
    }  # fmt: skip
    table, warning = history_section(Material([polish], ["raw"])).blocks
    assert len(table.align) == len(table.columns)
    shown = dict(zip(table.columns, table.rows[0], strict=True))
    assert (shown["haplotype"].text, shown["haplotype"].small) == ("primary", "racon")
    counts = ("contigs", "polished", "left: the QV would fall", "left for another reason")
    assert [shown[name] for name in counts] == ["12", "9", "2", "1"]
    assert (shown["bases changed"], shown["bases before"], shown["after"]) == (
        "4.20 kb", "1.50 Mb", "1.50 Mb",
    )  # fmt: skip
    assert warning.text == "polish primary: there are no accurate reads"


def test_each_step_from_contigs_on_is_shown_with_what_it_notes():
    step = {
        "sequences": 3, "bases_bp": 1_500_000, "gaps": 0, "n50_bp": 500_000, "removed_bp": 0, "masked_bp": 0,
        "joins": 0, "breaks": 0, "splits": 0, "flips": 0, "renamed": 0, "kept": 0, "reviews": 0,
    }  # fmt: skip
    named = {"id": "x", "haplotype": "primary"}
    decision = {
        "decided_in": "screen", "sequence": "ctg4", "start": 1, "end": 40_000, "length_bp": 40_000,
        "action": "remove", "reason": "contaminant",
    }  # fmt: skip
    history = named | {
        "step": "history", "stage": "purged", "decisions": 5, "largest_decisions": [decision],
        "steps": [
            step | {"step": "contigs", "bases_bp": 1_540_000, "sequences": 4},
            step | {"step": "screen", "removed_bp": 40_000, "reviews": 2},
            step | {"step": "purge"},
        ],
    }  # fmt: skip
    screen = named | {"step": "screen", "warnings": ["a person should look at ctg9"]}
    purge = named | {"step": "purge", "nothing_removed_because": "k-mers show 0.4 % false duplications"}
    section = history_section(Material([history, screen, purge], ["raw", "purged"]))
    plot, table, warning, note, decisions = section.blocks
    assert [sum(bar["y"]) for bar in plot.plots[0].figure["data"]] == [4_540_000, 40_000]
    assert [row[-1] for row in table.rows] == ["", "40.0 kb removed, 2 to review", "nothing changed"]
    assert (warning.text, warning.tone) == ("screen primary: a person should look at ctg9", "warning")
    assert "nothing was removed, because k-mers show 0.4 %" in note.text
    assert decisions.title.endswith("1 of 5") and decisions.rows[0][2] == "ctg4"
    assert history_section(Material([screen], ["raw"])) is None
    join = {
        "sequence": "SUPER_1", "start_bp": 999, "end_bp": 1099, "step": "scaffold", "left": "a", "right": "b",
        "hic_pairs": 40, "expected_hic_pairs": 31.5, "spanning_reads": 2, "clipped_reads": None,
    }  # fmt: skip
    joins = history_section(
        Material([history | {"joins": {key: [value] for key, value in join.items()}}], ["raw"])
    ).blocks[2]
    assert joins.title.endswith("1, 1 with reads across") and joins.rows[0][0].small == "a – b"
    assert joins.rows[0][1:] == ["1,000", "100 bp", "scaffold", "40", "31.5", "2", "–"]
    assert "QV" not in table.columns
    kmers = {
        "qv_phred": 44.3,
        "qv_is_lower_bound": False,
        "completeness_pct": 98.76,
        "false_duplication_pct": 1.5,
    }
    counted = history | {"steps": [each | kmers for each in history["steps"]]}
    table = history_section(Material([counted], ["raw"])).blocks[1]
    shown = dict(zip(table.columns, table.rows[1], strict=True))
    assert (shown["QV"], shown["completeness"], shown["duplicated k-mers"]) == ("Q44.3", "98.76 %", "1.5 %")
    assert len(table.align) == len(table.columns)
