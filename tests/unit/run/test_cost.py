import csv
import os

import pytest

from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.run.calibrate import Point, calibrate, fitted, points_of
from linnaea.run.cost import account, compare, put_into_report, read_trace, table
from linnaea.run.launch import bytes_of, seconds_of
from linnaea.run.plan import COLUMNS

TRACE = "process\ttag\tstatus\tattempt\trealtime\tcpus\t%cpu\tmemory\tpeak_rss\n"
PAGE = "<nav><!-- cost link --><!-- /cost link --></nav><main><!-- cost --><!-- /cost --></main><p>end</p>"


def row(process, tag, status="COMPLETED", realtime="1h", cpus=4, used="200.0%", memory="8 GB", peak="1 GB"):
    return f"{process}\t{tag}\t{status}\t1\t{realtime}\t{cpus}\t{used}\t{memory}\t{peak}\n"


def planned(process, stage, tag, core_s, size=1.0):
    values = {"stage": stage, "process": process, "tag": tag, "core_s": core_s, "size": size, "hours": 4}
    return "\t".join(str(values.get(column, "")) for column in COLUMNS) + "\n"


@pytest.fixture
def results(tmp_path):
    info = tmp_path / "pipeline_info"
    info.mkdir()
    (info / "trace.tsv").write_text(
        TRACE
        + row("ASSEMBLY:READS:KMC_COUNT", "a")
        + row("ASSEMBLY:ASSEMBLE:HIFIASM", "a", "FAILED", "30m", 16)
        + row("ASSEMBLY:ASSEMBLE:HIFIASM", "a", "COMPLETED", "2h 30m", 16, "320.0%", "64 GB", "60 GB")
        + row("ANNOTATION:EVIDENCE:FASTP", "a rna", realtime="1.5s", used="-", memory="2 GB", peak="-")
    )
    (info / "plan.tsv").write_text(
        "\t".join(COLUMNS) + "\n"
        + planned("KMC_COUNT", "assembly/reads", "a", 7200)
        + planned("HIFIASM", "assembly/assemble", "a", 3600)
    )  # fmt: skip
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "report.html").write_text(PAGE)
    return tmp_path


def test_sizes_and_times_of_a_trace():
    assert (bytes_of("1.5 GB"), bytes_of("0"), bytes_of("-")) == (1.5 * 2**30, 0, 0)
    assert seconds_of("1d 2h 3m 4.5s") == 93784.5
    assert (seconds_of("780ms"), seconds_of("-")) == (0.78, 0)


def test_planned_used_asked_and_wasted_by_process(results):
    lines = compare(
        read_trace(results / "pipeline_info/trace.tsv"), read_table(results / "pipeline_info/plan.tsv")
    )
    found = {line.process: line for line in lines}
    assert [line.stage for line in lines] == ["assembly/reads", "assembly/assemble", "annotation/evidence"]
    hifiasm = found["HIFIASM"]
    assert (hifiasm.jobs, hifiasm.failed, hifiasm.wasted) == (1, 1, 16 * 1800)
    assert (hifiasm.used, hifiasm.asked, hifiasm.planned) == (3.2 * 9000, 16 * 9000, 3600)
    assert any("cpus" in said for said in hifiasm.advice) and any(
        "more memory" in said for said in hifiasm.advice
    )
    assert any("8.0 times the plan" in said for said in hifiasm.advice)
    assert found["KMC_COUNT"].advice == ["used 1.0 of 8 GB: request less memory"]
    assert found["FASTP"].advice == []
    text = table(lines)
    assert "all" in text and "HIFIASM 1 attempts failed" in text


def test_account_is_written_and_put_into_the_report_once(results):
    report = results / "a" / "report.html"
    os.link(report, results / "task.html")
    account(results)
    account(results)
    page = report.read_text()
    assert page.count("<!-- cost -->") == page.count('id="cost"') == page.count('href="#cost"') == 1
    assert page.index('id="cost"') < page.index("</main>")
    # The page of the task is not the one that was changed.
    assert (results / "task.html").read_text() == PAGE
    with (results / "pipeline_info/cost.tsv").open() as handle:
        rows = {row["process"]: row for row in csv.DictReader(handle, delimiter="\t")}
    assert (rows["HIFIASM"]["used_core_h"], rows["HIFIASM"]["wasted_core_h"]) == ("8", "8")


def test_an_empty_page_is_left_alone(tmp_path):
    (tmp_path / "report.html").write_text("")
    assert not put_into_report(tmp_path / "report.html", "x")


def test_run_without_a_plan_has_its_cost(results):
    (results / "pipeline_info/plan.tsv").unlink()
    assert "-" in table(account(results))


def test_file_that_is_no_trace_is_refused(tmp_path):
    (tmp_path / "x.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="not a trace"):
        read_trace(tmp_path / "x.tsv")


def test_one_size_tells_the_scale_only():
    base, per, how = fitted([Point(10, 40)] * 5, 5, 1.5)
    assert (base, per, how) == (10, 3, "scale")


def test_sizes_far_apart_tell_base_and_slope_whatever_an_odd_task_did():
    points = [Point(size, 20 + 3 * size) for size in (1, 2, 5, 10, 20)] + [Point(8, 5000)]
    base, per, how = fitted(points, 1, 1)
    assert how == "intercept and slope"
    assert (base, per) == (pytest.approx(20, rel=0.2), pytest.approx(3, rel=0.2))


def test_slope_is_never_negative():
    _, per, _ = fitted([Point(size, 100 / size) for size in (1, 2, 5, 10)], 1, 1)
    assert per >= 0


def test_points_are_tasks_of_plan_and_trace(results):
    points = points_of(results)
    assert points["HIFIASM"] == [Point(1, 3.2 * 9000)]
    assert "FASTP" not in points
    fitted_to = calibrate({"run": points})
    assert fitted_to["HIFIASM"]["n"] == 1 and fitted_to["HIFIASM"]["fitted"] == "scale"
    assert "AUGUSTUS" not in fitted_to


def test_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="pipeline_info"):
        points_of(tmp_path)
