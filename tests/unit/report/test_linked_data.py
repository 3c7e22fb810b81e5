"""The dataset that a report describes for search engines, safe with odd names."""

import json
import re
from datetime import date

import records as make

from linnaea.assembly.verdict import Expected, judge
from linnaea.report.linked_data import dataset
from linnaea.report.material import Material
from linnaea.report.page import Extras, render

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def test_a_report_describes_its_numbers_for_machines():
    records = json.loads(json.dumps(make.whole_run()))
    verdict = judge(make.GENOME, records, Expected(haploid_number=3, ploidy=2))
    name = "Aus </script><b> bus"
    page = render(make.GENOME, name, Material(records, ["raw"]), verdict, Extras())
    (text,) = SCRIPT.findall(page)
    record = json.loads(text)
    assert record["@type"] == "Dataset"
    assert record["about"] == {"@type": "Taxon", "name": name}
    assert record["identifier"] == make.GENOME
    measured = {one["name"]: (one["value"], one.get("unitText")) for one in record["variableMeasured"]}
    for judged in verdict["haplotypes"]:
        for metric in judged["metrics"]:
            label = f"{metric['name']}, {judged['haplotype']}"
            if metric["value"] is None:
                assert label not in measured
            elif not isinstance(metric["value"], str):
                assert abs(measured[label][0] - metric["value"]) <= 1e-5 * abs(metric["value"])
    assert len(measured) > 10


def test_what_is_not_known_is_left_out():
    record = dataset("a", "b", day=date(2026, 11, 30))
    assert not record.keys() & {"about", "identifier", "variableMeasured", "license", "creator"}
    assert (record["dateCreated"], record["keywords"]) == ("2026-11-30", ["genome"])
