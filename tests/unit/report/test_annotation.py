"""The report of an annotation, alone and beside an assembly, drawn by a browser; loci as SVG."""

import base64
import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import records as make
from browser import assert_report_is_drawn
from pages import CONFIG, read

import locus_plots
import report
from linnaea.annotation.locus_plots import Window, binned, packed, tick_step
from linnaea.base.errors import InputError
from linnaea.report.annotation import exon_bars, length_curves

pytestmark = pytest.mark.slow

EVIL = "<script>document.title='broken'</script>\"&"
SVG = "{http://www.w3.org/2000/svg}"


def write_report(folder, records, judged=True):
    metrics, tables = make.write_run(folder, records)
    common = ["--id", make.GENOME, "--metrics", *map(str, metrics)]
    if judged:
        common += ["--annotation-verdict", str(folder / "annotation_verdict.json")]
    more = ["--tables", *map(str, tables), "--name", "Aus bus", "--out", str(folder / "report.html")]
    if any(record["step"] == "assembly_statistics" for record in records):
        more += ["--verdict", str(folder / "ebp.json")]
    assert report.main([*common, *more]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def loci(tmp_path_factory):
    """Pictures of two genes with all kinds of evidence, and the arguments that made them."""
    return draw(tmp_path_factory.mktemp("loci"))


def draw(folder, name="g1.t"):
    row = "chr1\tx\t%s\t%d\t%d\t.\t%s\t%s\t%s\n"
    escaped = name.replace(";", "%3B").replace("=", "%3D").replace("&", "%26")
    models = [("g1", escaped, "+", [(1001, 1200), (1501, 1800)]), ("g2", "g2.t", "-", [(2501, 2900)])]
    text = "##gff-version 3\n"
    for gene, transcript, strand, exons in models:
        span = (exons[0][0], exons[-1][1])
        text += row % ("gene", *span, strand, ".", f"ID={gene}")
        text += row % ("mRNA", *span, strand, ".", f"ID={transcript};Parent={gene}")
        for i, (start, end) in enumerate(exons):
            text += row % ("exon", start, end, strand, ".", f"Parent={transcript}")
            cds = (start + 50, end) if i == 0 else (start, end)
            text += row % ("CDS", *cds, strand, "0", f"Parent={transcript}")
    for file in ("a.gff3", "ref.gff3", "proteins.gff3"):
        (folder / file).write_text(text)
    introns = "chr1\t1200\t1500\tx\t37\t+\nchr1\t1190\t1500\tx\t2\t+\nchr2\t1200\t1500\tx\t99\t+\n"
    with gzip.open(folder / "i.bed.gz", "wt") as handle:
        handle.write(introns)
    (folder / "c.bg").write_text("chr1\t1000\t1200\t12\nchr1\t1500\t1800\t9\nchr2\t1000\t1200\t500\n")
    (folder / "r.bed").write_text("chr1\t1900\t2100\trep\nchr1\t90000\t90100\trep\n")
    quality = make.annotation_quality()
    example = quality["genes_to_look_at"][0]
    quality["genes_to_look_at"] = [
        example | {"genes": ["g1"], "start": 1001, "end": 1800, "reason": f"odd {name}"},
        example
        | {"genes": ["g2"], "start": 2501, "end": 2900, "strand": "-", "kind": "best", "reason": "good"},
    ]
    (folder / "q.json").write_text(json.dumps(quality))
    arguments = [folder / "a.gff3", folder / "q.json", "--reference", folder / "ref.gff3"]
    arguments += ["--rna-introns", folder / "i.bed.gz", "--coverage", folder / "c.bg", "--proteins"]
    arguments += [folder / "proteins.gff3", "--repeats", folder / "r.bed", "--out", folder / "loci.json"]
    assert locus_plots.main(list(map(str, [*arguments, "--outdir", folder / "svg"]))) == 0
    return json.loads((folder / "loci.json").read_text()), folder


@pytest.fixture(scope="module")
def page(tmp_path_factory, loci):
    return write_report(tmp_path_factory.mktemp("report"), [*make.annotation_run(), loci[0]])


def test_an_annotation_alone_has_all_its_sections_and_none_of_an_assembly(page):
    reader, text = read(page.read_text())
    sections = ["annotation-verdict", "busco", "genes", "accuracy", "models", "look", "repeats", "evidence",
                "training", "combination", "noncoding", "function", "missing"]  # fmt: skip
    assert [name for name in reader.ids if name in sections] == sections
    assert not {"assembly", "reads", "verdict", "kmers"} & set(reader.ids)
    assert "Linnaea annotation report" in text and "no Hi-C reads were given" not in text
    assert "! 1 warning 11 of 15 metrics within their limits" in text
    assert "PSAURON was not run (--psauron)" in text
    assert {a for a in reader.addresses if not a.startswith(("#", "data:"))} == set()


@pytest.mark.parametrize(
    "shown",
    [
        r"protein-coding genes 13,602 1\.37 transcripts per gene",
        r"BUSCO of the proteins 94\.1 % complete; eukaryota_odb12",
        r"genes against the reference 70 % exact \(F1\), made from RNA and proteins; exons 82 %",
        r"Introns with RNA-seq support warns when < 75 % 71\.3 % ! warn both ends in a spliced read",
        r"proteins only 121 of 126 genes 84\.5 / 87\.5 F1 86",
        r"iso1: only 33 % of the reads map; is it this species\?",
        r"iso1 long RNA 900,000 33\.3 % 9,200,000 forward declared reverse",
        r"Candidates on 200 genes that were held out .* trained, round 2 ✓ chosen trained 812 93\.4 %",
        r"StringTie 24,000 5,600 23\.3 %",
        r"in repeats without support 611",
        r"stop codon inside the reading frame 7 0\.04 %",
        r"GC-AG 671 0\.95 %",
        r"tRNA aragorn 312",
        r"From UniProt Swiss-Prot and Pfam\.",
        r"g1: one gene split in two\? chr1:1,001-1,800, forward\. Odd g1\.t\.",
        r"tandem 12\.4 Mb 8\.2 % no LTR 10\.0 Mb 6\.7 % –",
        r"repeats found 21\.3 % masked or not",
        r"4 hits inside coding sequence were left out and 31 are pseudogene candidates\.",
        r"similar protein 14,000 .*3 of 9 proteins are not in it",
    ],
)
def test_records_are_shown(page, shown):
    assert re.search(shown, read(page.read_text())[1])


def test_a_browser_draws_every_plot_and_the_loci(page):
    marks = assert_report_is_drawn(page)
    expected = {"gene-lengths", "gene-exons", "accuracy-reference", "sources", "functions", "busco"}
    assert set(marks) == {f"plot-{name}" for name in expected}
    # Six levels of three gene sets.
    assert marks["plot-accuracy-reference"] >= 18


def test_an_assembly_and_its_annotation_share_a_page(tmp_path):
    records = [*make.whole_run(), *make.annotation_run()]
    reader, text = read(write_report(tmp_path, records).read_text())
    assert "Linnaea assembly and annotation report" in text
    order = [n for n in reader.ids if n in ("verdict", "annotation-verdict", "assembly", "genes", "missing")]
    assert order == ["verdict", "annotation-verdict", "assembly", "genes", "missing"]
    assert "BUSCO, proteins against assembly warns when more than 5 points apart -2.8 points ✓ pass" in text
    assert "-2.8 points ✓ pass 96.9 % of eukaryota_odb12 in the assembly" in text


def test_a_few_records_make_a_page_and_say_what_is_missing(tmp_path):
    text = read(write_report(tmp_path, [make.annotation_statistics(histograms={}, lengths={})]).read_text())[
        1
    ]
    assert "no RNA-seq or long RNA was given" in text and "no reference annotation was given" in text
    assert "no warning, not all measured" in text
    only = [make.annotation_quality(), make.transcript_mapping(introns=None, spliced_reads=None)]
    text = read(write_report(tmp_path, only).read_text())[1]
    assert "g12 and g13 chr1:1,001-5,200 neighbours whose proteins are parts of one, P1" in text


def test_the_fallback_of_training_and_notes_of_accuracy_are_seen(tmp_path):
    training = {"id": make.GENOME, "step": "gene_training", "mode": "auto", "chosen": "fly", "reason": None,
                "candidates": [], "fallback": "Nothing to train on.", "test_genes": 0}  # fmt: skip
    accuracy = make.annotation_accuracy(stage="truth", gene_precision_pct=None, notes=["stops were added"])
    text = read(write_report(tmp_path, [training, accuracy], judged=False).read_text())[1]
    assert "Nothing to train on." in text
    assert "Against the truth" in text and "68.5 / –" in text and "stops were added" in text


def test_odd_names_stay_text_everywhere(tmp_path):
    folder = tmp_path / "loci"
    folder.mkdir()
    pictures, _ = draw(folder, f"t{EVIL}")
    records = [
        *make.annotation_run(),
        pictures,
        make.transcript_mapping(f"r{EVIL}".replace("/", "|"), warnings=[EVIL]),
    ]
    for record in records:
        for key in ("sources", "filtered", "classes", "candidates"):
            for item in record.get(key) or ():
                if isinstance(item, dict):
                    item |= {k: f"{v}{EVIL}" for k, v in item.items() if isinstance(v, str)}
    path = write_report(tmp_path, records)
    page = path.read_text()
    assert page.count("<script") == page.count("</script>") and "<script>document" not in page
    assert EVIL in read(page)[1]
    assert_report_is_drawn(path)
    assert f"t{EVIL} →" in [
        e.text for e in ElementTree.fromstring(pictures["loci"][0]["svg"]).iter(f"{SVG}text")
    ]


def elements(svg, name, **attributes):
    return [
        e for e in ElementTree.fromstring(svg).iter(f"{SVG}{name}")
        if all(e.get(key.replace("_", "-")) == value for key, value in attributes.items())
    ]  # fmt: skip


def test_a_locus_shows_models_and_evidence_in_place(loci):
    record, folder = loci
    svg = record["loci"][0]["svg"]
    window = Window("chr1", 600, 2200)  # 400 bp beside the gene
    exons = sorted((float(e.get("x")), float(e.get("width"))) for e in elements(svg, "rect", fill="#0072B2"))
    drawn = [(1000, 1200), (1050, 1200), (1500, 1800), (1500, 1800)]  # exons thin, CDS thick
    expected = [(window.x(start), window.x(end) - window.x(start)) for start, end in drawn]
    assert np.allclose(exons, sorted(expected), atol=0.11)
    assert len(elements(svg, "rect", fill="#009E73")) == len(elements(svg, "rect", fill="#C77F00")) == 4
    (repeat,) = elements(svg, "rect", fill="#8a9099")
    assert float(repeat.get("x")) == pytest.approx(window.x(1900), abs=0.1)
    words = [e.text for e in elements(svg, "text")]
    assert "37" in words and "99" not in words and "depth, 0 to 12" in words
    assert len(elements(svg, "path")) == 2 and {"g1.t →", "chr1", "reference", "proteins"} <= set(words)
    places = [e.text for e in elements(svg, "text", font_size="11.5")]
    assert places[:3] == ["800", "1,000", "1,200"]
    assert (folder / "svg" / "demo1.locus1.split.svg").read_text() == svg
    # The second locus has neither introns nor repeats, and says so.
    assert [e.text for e in elements(record["loci"][1]["svg"], "text")].count("none here") == 2


def test_only_given_evidence_has_a_track(tmp_path, loci):
    _, folder = loci
    out = tmp_path / "l.json"
    assert locus_plots.main([str(folder / "a.gff3"), str(folder / "q.json"), "--out", str(out)]) == 0
    words = [e.text for e in elements(json.loads(out.read_text())["loci"][0]["svg"], "text")]
    assert "genes" in words and not {"reference", "RNA reads", "RNA introns", "proteins", "repeats"} & set(
        words
    )
    with pytest.raises(InputError, match="lists no genes to look at"):
        locus_plots.main([str(folder / "a.gff3"), str(folder / "loci.json"), "--out", str(out)])


def test_models_of_one_row_never_overlap_and_focus_comes_first():
    rng = np.random.default_rng(6)
    items = [(left, left + width) for left, width in rng.uniform(5, 300, (80, 2)).tolist()]
    rows = packed(items, gap=4)
    for i, (left, right) in enumerate(items):
        for j in range(i):
            if rows[i] == rows[j]:
                assert items[j][1] + 4 <= left or right + 4 <= items[j][0]
    assert rows[0] == 0 and set(rows) == set(range(max(rows) + 1))
    assert packed([(0, 10), (30, 40), (12, 18)], gap=1) == [0, 0, 0]


@pytest.mark.parametrize(
    ("span", "step"), [(10, 2), (1700, 500), (80, 10), (88_000, 20_000), (1_000_000, 200_000)]
)
def test_ticks_are_round_and_few(span, step):
    assert tick_step(span) == step


def test_coverage_keeps_its_peaks():
    rng = np.random.default_rng(7)
    depth = rng.integers(0, 50, 1000)
    track = [(i, i + 1, float(d)) for i, d in enumerate(depth)]
    assert binned(track, Window("c", 0, 1000), 100).tolist() == depth.reshape(100, 10).max(1).tolist()
    assert binned([(0, 10_000, 3.0)], Window("c", 5000, 5010), 100).tolist() == [3.0] * 100


def test_lengths_and_exons_are_shares():
    statistics = make.annotation_statistics()["histograms"]
    figure = length_curves(statistics)
    assert [trace["name"] for trace in figure["data"]] == ["genes", "CDS", "exons", "introns"]
    assert all(sum(trace["y"][:-1]) == pytest.approx(100) for trace in figure["data"])
    bars = exon_bars(statistics["exons_per_transcript"])["data"][0]
    assert sum(bars["y"]) == pytest.approx(100) and bars["x"][-1] == "&gt;25"
    assert bars["customdata"][-1] == sum(statistics["exons_per_transcript"]["counts"][25:])


def test_multiqc_shows_the_annotation(tmp_path):
    for genome in ("demo1", "other.fa"):
        folder = tmp_path / genome
        folder.mkdir()
        records = [record | {"id": genome} for record in make.annotation_run()]
        metrics = list(map(str, make.write_run(folder, records)[0]))
        made = [folder / "v.json", "--out", folder / "r.html", "--multiqc", tmp_path / "content"]
        known = ["--id", genome, "--name", "Aus bus", "--metrics", *metrics]
        assert report.main([*known, "--annotation-verdict", *map(str, made)]) == 0
    program = shutil.which("multiqc", path=str(Path(sys.executable).parent)) or "multiqc"
    done = subprocess.run(
        [program, "--strict", "--no-ansi", "--config", CONFIG, "--filename", "m.html",
         "--outdir", "out", "content"], cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "out" / "m_data" / "multiqc_data.json").read_text())[
        "report_saved_raw_data"
    ]
    general = {k.split("-")[-1]: v for k, v in saved["multiqc_general_stats"]["other.fa"].items()}
    assert general == {"genes": 13_602, "busco": 94.1, "warnings": 1}
    table = saved["multiqc_linnaea_annotation_table"]["demo1"]
    assert (table["protein_coding_genes"], table["introns_with_rna_pct"]) == (13_602, 71.3)
    accuracy = saved["multiqc_linnaea_annotation_accuracy_table"]["demo1 reference ab initio"]
    assert accuracy["gene_f1_pct"] == 48
    assert saved["multiqc_linnaea_annotation_verdict_table"]["demo1"]["introns_with_rna"] == "warn"
    assert saved["multiqc_linnaea_rna_table"]["other.fa iso1"]["mapped_pct"] == 33.3


def test_pictures_cannot_run_scripts(page):
    reader, _ = read(page.read_text())
    pictures = [a for a in reader.addresses if a.startswith("data:image/svg")]
    assert len(pictures) == 2
    for address in pictures:
        svg = base64.b64decode(address.split(",")[1]).decode()
        assert {e.tag.removeprefix(SVG) for e in ElementTree.fromstring(svg).iter()} <= {
            "svg", "rect", "line", "text", "path", "polygon", "polyline",
        }  # fmt: skip
