"""The catalogue: one site of many runs, searched and sorted in a browser without any network."""

import csv
import json
import re
import shutil
from html import unescape
from urllib.parse import unquote

import pytest
from browser import WIDTH, chromium
from results_folders import write_genome, write_results

from linnaea.base.errors import InputError
from linnaea.cli import main
from linnaea.publication.results import labels, title_name
from linnaea.publication.site import catalogue


def rows(path):
    with path.open() as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def targets(page):
    """The files that a page links to."""
    links = re.findall(r' (?:href|src)="([^"]+)"', page.read_text())
    return [(page.parent / unquote(unescape(link))).resolve() for link in links]


@pytest.fixture
def two(tmp_path):
    first = write_results(tmp_path / "first/results", {"ilAusBus1": "Aus bus"}, cohort=True)
    second = write_results(
        tmp_path / "second/results", {"ilCusDus1": "Cus dus & <b>co</b>"}, qv=31.5, annotated=False
    )
    return first, second


def test_numbers_and_verdicts_are_those_of_the_records(two, tmp_path):
    assert main(["catalogue", *map(str, two), "--out", str(tmp_path / "site")]) == 0
    good, bad = rows(tmp_path / "site/species.tsv")
    verdict = json.loads((two[0] / "ilAusBus1/ilAusBus1.verdict.json").read_text())
    judged = verdict["haplotypes"][0]
    values = {metric["metric"]: metric["value"] for metric in judged["metrics"]}
    assert (good["species"], good["verdict"], good["code"]) == (
        "Aus bus",
        judged["verdict"],
        judged["code_sanger"],
    )
    assert (good["qv_phred"], bad["qv_phred"]) == ("45.2", "31.5")
    assert float(good["busco_single_copy_pct"]) == values["busco_single_copy"]
    statistics = json.loads(
        (two[0] / "ilAusBus1/04_evaluation/ilAusBus1.hap1.assembly_statistics.json").read_text()
    )
    assert int(good["assembly_bp"]) == statistics["total_bp"]
    genes = json.loads(
        (two[0] / "ilAusBus1/07_annotation_quality/ilAusBus1.annotation_statistics.json").read_text()
    )
    assert int(good["protein_coding_genes"]) == genes["protein_coding_genes"]
    assert (bad["verdict"], bad["protein_coding_genes"], bad["annotation_verdict"]) == ("fail", "NA", "NA")


def test_packages_for_ena_are_counted_by_verdict(two, tmp_path):
    folder = two[0] / "ilAusBus1/09_submission"
    folder.mkdir()
    (folder / "ilAusBus1.packages.tsv").write_text("part\tverdict\nhap1\tready\nhap2\trefused\nmt\tready\n")
    catalogue([str(one) for one in two], out=tmp_path / "site")
    assert [row["ena_packages"] for row in rows(tmp_path / "site/species.tsv")] == [
        "1 refused, 2 ready",
        "NA",
    ]
    page = tmp_path / "site/species/ilAusBus1.html"
    assert (folder / "ilAusBus1.packages.tsv").resolve() in targets(page)


def test_every_link_leads_to_a_file_and_none_outside(two, tmp_path):
    catalogue([str(one) for one in two], out=tmp_path / "site")
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert [page.relative_to(tmp_path / "site").as_posix() for page in pages] == [
        "cohorts/first_results.html", "index.html", "species/ilAusBus1.html", "species/ilCusDus1.html",
    ]  # fmt: skip
    for page in pages:
        assert all(target.is_file() for target in targets(page)), page
        assert "://" not in page.read_text()
    assert (two[0] / "popgen/report.html").resolve() in targets(pages[0])
    assert (two[0] / "ilAusBus1/report.html").resolve() in targets(pages[1])
    assert "<b>co" not in pages[1].read_text()


def test_copied_reports_let_the_site_move(two, tmp_path):
    catalogue([str(one) for one in two], out=tmp_path / "site", copy_reports=True)
    shutil.rmtree(two[0])
    reports = [link for link in targets(tmp_path / "site/index.html") if "reports" in link.parts]
    assert len(reports) == 3
    assert all(report.is_file() for report in reports)


def test_a_second_catalogue_replaces_the_first_and_nothing_else(two, tmp_path):
    site = tmp_path / "site"
    catalogue([str(one) for one in two], out=site)
    catalogue([str(two[0])], out=site)
    assert [path.name for path in (site / "species").iterdir()] == ["ilAusBus1.html"]
    with pytest.raises(InputError, match="first/results is not empty and not a catalogue; give a new folder"):
        catalogue([str(two[0])], out=two[0])
    assert (two[0] / "ilAusBus1/report.html").is_file()


def test_all_that_are_no_results_are_named_together(two, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "file").write_text("")
    given = [str(two[0]), *(str(tmp_path / name) for name in ("notes", "file", "nowhere"))]
    with pytest.raises(InputError) as fault:
        catalogue(given, out=tmp_path / "site")
    said = str(fault.value)
    assert "notes has no folder pipeline_info; " in said
    assert "file is not a folder; " in said
    assert "nowhere does not exist; give results folders" in said
    assert not (tmp_path / "site").exists()


def test_one_genome_in_two_results_is_refused(two, tmp_path):
    third = write_results(tmp_path / "third", {"ilAusBus1": "Aus bus"})
    with pytest.raises(
        InputError, match=r"1 genomes are in several .*: ilAusBus1 \(.*first/results and .*third\)"
    ):
        catalogue([str(two[0]), str(third)], out=tmp_path / "site")


def test_two_genomes_of_a_species_and_a_folder_given_twice_are_told(two, tmp_path, capsys):
    third = write_results(tmp_path / "third", {"ilAusBus2": "Aus bus"})
    catalogue([str(two[0]), str(third), str(two[0] / ".." / "results")], out=tmp_path / "site")
    said = capsys.readouterr().err
    assert "note: Aus bus has 2 genomes: ilAusBus1, ilAusBus2" in said
    assert "is given twice" in said
    assert len(rows(tmp_path / "site/species.tsv")) == 2


def test_incomplete_runs_and_damaged_records_are_told_and_marked(two, tmp_path, capsys):
    (two[0] / "index.tsv").unlink()
    (two[1] / "pipeline_info/failure.md").write_text("failed")
    (two[1] / "ilCusDus1/ilCusDus1.verdict.json").write_text("{")
    (two[1] / "pipeline_info/run.json").write_text("{")
    catalogue([str(one) for one in two], out=tmp_path / "site")
    said = capsys.readouterr().err
    assert f"{two[0]}: its run has not ended" in said
    assert f"{two[1]}: the last run into it failed" in said
    assert f"{two[1]}: ilCusDus1/ilCusDus1.verdict.json cannot be read" in said
    assert f"{two[1]}: the record of its run cannot be read" in said
    assert (tmp_path / "site/index.html").read_text().count("see notes") == 3
    assert rows(tmp_path / "site/species.tsv")[1]["verdict"] == "not judged"


def test_a_run_without_genomes_is_refused(tmp_path):
    (tmp_path / "results/pipeline_info").mkdir(parents=True)
    with pytest.raises(InputError, match="no genome or cohort is in these folders"):
        catalogue([str(tmp_path / "results")], out=tmp_path / "site")


def test_the_name_comes_from_the_report_where_the_run_left_no_record(two, tmp_path):
    (two[0] / "pipeline_info/run.json").unlink()
    catalogue([str(two[0])], out=tmp_path / "site")
    assert rows(tmp_path / "site/species.tsv")[0]["species"] == "Aus bus"
    assert title_name(two[0] / "popgen/report.html") == ""


def test_labels_are_the_shortest_ends_that_differ(tmp_path):
    folders = [tmp_path / "a/x/results", tmp_path / "b/x/results", tmp_path / "c"]
    assert labels(folders) == ["a/x/results", "b/x/results", "/".join(folders[2].parts[-3:])]
    assert labels(folders[:1]) == ["results"]


@pytest.mark.slow
def test_two_hundred_species_are_built_and_searched_in_a_browser(tmp_path):
    for batch in range(20):
        folder = write_results(tmp_path / f"run{batch}/results", {}, cohort=batch == 0)
        for i in range(batch * 10, batch * 10 + 10):
            write_genome(
                folder, f"ilSpeNum{i}", f"Species number{i:03}", qv=30 + i / 10, annotated=i % 2 == 0
            )
    for i, verdict in ((0, "refused"), (3, "waiting")):
        table = tmp_path / f"run0/results/ilSpeNum{i}/09_submission/ilSpeNum{i}.packages.tsv"
        table.parent.mkdir()
        table.write_text(f"part\tverdict\nhap1\t{verdict}\n")
    given = [str(tmp_path / f"run{batch}/results") for batch in range(20)]
    catalogue(given, out=tmp_path / "site", title="Genomes of the node")
    assert len(list((tmp_path / "site/species").iterdir())) == 200

    with chromium() as browser:
        browser.get((tmp_path / "site/index.html").as_uri())

        def shown():
            return browser.execute_script(
                "return Array.from(document.querySelectorAll('#species tbody tr:not([hidden])'))"
                ".map(row => row.cells[2].textContent)"
            )

        def sort(title):
            browser.execute_script(
                "Array.from(document.querySelectorAll('#species thead button'))"
                ".find(button => button.textContent === arguments[0]).click()", title,
            )  # fmt: skip

        def look_for(words, verdict=""):
            browser.execute_script(
                "const [search, verdict] = ['search', 'verdict'].map(id => document.getElementById(id));"
                "search.value = arguments[0]; search.dispatchEvent(new Event('input'));"
                "verdict.value = arguments[1]; verdict.dispatchEvent(new Event('change'));", words, verdict,
            )  # fmt: skip

        assert len(shown()) == 200
        sort("QV")
        assert shown()[:2] == ["ilSpeNum199", "ilSpeNum198"]
        sort("QV")
        assert shown()[:2] == ["ilSpeNum0", "ilSpeNum1"]
        sort("packages for ENA")
        assert shown()[:2] == ["ilSpeNum3", "ilSpeNum0"]
        sort("packages for ENA")
        assert shown()[:2] == ["ilSpeNum0", "ilSpeNum3"]
        sort("genes")
        assert set(shown()[:100]) == {f"ilSpeNum{i}" for i in range(0, 200, 2)}
        look_for("number15 ilspe")
        assert sorted(shown()) == sorted(f"ilSpeNum{i}" for i in range(150, 160))
        assert browser.find_element("id", "count").text == "10 of 201 rows"
        look_for("", "fail")
        assert sorted(shown()) == sorted(f"ilSpeNum{i}" for i in range(100))
        look_for("no such species")
        assert shown() == []
        browser.find_element("css selector", "#cohorts tbody a")
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True},
        )
        assert browser.execute_script(WIDTH) <= 390
        browser.get((tmp_path / "site/species/ilSpeNum7.html").as_uri())
        assert browser.find_element("css selector", "h1").text == "Species number007"
        asked = browser.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
        assert asked == []
        assert browser.get_log("browser") == []
