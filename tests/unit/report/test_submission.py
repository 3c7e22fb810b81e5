"""The section on the submission in the report of a genome."""

import json
from html.parser import HTMLParser

from linnaea.report.page import report_genome

PACKAGE = {
    "part": "hap1", "name": "bParMaj1-hap1.1", "verdict": "ready", "sequences": 12, "total_bp": 1_500_000,
    "study": "PRJEB1", "remarks": [], "findings": [], "gaps": [],
    "resolved": ["no_start: 3 × CDS: marked as partial (g1)"],
}  # fmt: skip
REFUSED = PACKAGE | {
    "part": "hap2", "name": "bParMaj1-hap2.1", "verdict": "refused", "study": None, "resolved": [],
    "remarks": ["it has no genes, and ENA takes none later for this assembly"],
    "gaps": [],
    "findings": [{"class": "internal_stop", "count": 2, "sentence": "internal_stop: 2 × CDS with a stop"}],
}  # fmt: skip
RECORD = {
    "id": "bParMaj1", "step": "submission", "packages": [PACKAGE, REFUSED], "samples_ready": 1,
    "samples_waiting": 0, "samples_registered": 2, "experiments_ready": 3, "experiments_waiting": 1,
    "runs_ready": 4, "files": [], "remarks": [],
    "gaps": [{"part": "hifi cell1", "missing": "instrument", "supplier": "sequencing facility",
              "place": "`hifi:`"}],
}  # fmt: skip


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.tag = "", ""

    def handle_starttag(self, tag, attributes):
        self.tag = tag

    def handle_data(self, data):
        if self.tag not in ("script", "style"):
            self.text += f" {data.strip()}"


def page(tmp_path, record):
    (tmp_path / "s.json").write_text(json.dumps(record))
    report_genome(
        id="bParMaj1", name="Parus major", metrics=[str(tmp_path / "s.json")], out=str(tmp_path / "r.html")
    )
    words = Words()
    words.feed((tmp_path / "r.html").read_text())
    return " ".join(words.text.split())


def test_what_is_ready_what_is_refused_and_who_supplies_the_rest(tmp_path):
    text = page(tmp_path, RECORD)
    for words in (
        "1 ready", "0 wait, 1 refused", "✓ ready", "✗ refused", "internal_stop: 2 × CDS with a stop",
        "it has no genes", "1 facts are missing", "sequencing facility", "marked as partial",
    ):  # fmt: skip
        assert words in text, words
    assert "Not measured" not in text


def test_a_stub_record_makes_no_section(tmp_path):
    assert "Submission" not in page(tmp_path, {"id": "bParMaj1", "step": "submission"}).replace(
        "submission", ""
    )


def test_packages_are_listed_for_multiqc(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(RECORD))
    report_genome(
        id="bParMaj1", name="Parus major", metrics=[str(tmp_path / "s.json")], out=str(tmp_path / "r.html"),
        multiqc=tmp_path / "multiqc",
    )  # fmt: skip
    content = json.loads((tmp_path / "multiqc/bParMaj1_submission_mqc.json").read_text())
    assert content["data"]["bParMaj1-hap2.1"]["verdict"] == "refused"
