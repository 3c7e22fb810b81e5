"""A report and the verdicts and content made with it parse each record once."""

from collections import Counter
from pathlib import Path

import pytest
import records as make
from population_records import Run

import population_report
import report


@pytest.fixture
def times(monkeypatch):
    """How often a file of each name was read."""
    read: Counter[str] = Counter()
    read_text = Path.read_text

    def counted(path, *arguments, **options):
        read[path.name] += 1
        return read_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", counted)
    return read


def test_a_genome_is_judged_and_reported_in_one_reading(tmp_path, times):
    records = [*make.whole_run(), *make.annotation_run()]
    metrics, tables = make.write_run(tmp_path, list({str(record): record for record in records}.values()))
    made = [tmp_path / name for name in ("v.json", "a.json", "report.html", "content")]
    options = zip(("--verdict", "--annotation-verdict", "--out", "--multiqc"), map(str, made), strict=True)
    given = ["--id", make.GENOME, "--metrics", *map(str, metrics), "--tables", *map(str, tables)]
    assert report.main([*given, "--name", "A", *(word for pair in options for word in pair)]) == 0
    assert {path.name: times[path.name] for path in metrics} == {path.name: 1 for path in metrics}
    assert not times["v.json"] and not times["a.json"]
    assert all(path.exists() for path in [*made, tmp_path / "v.tsv", tmp_path / "a.tsv"])


def test_populations_are_reported_in_one_reading(tmp_path, times):
    arguments = Run().write(tmp_path / "run")
    assert population_report.main([*arguments, "--multiqc", str(tmp_path / "content")]) == 0
    records = sorted(path.name for path in (tmp_path / "run").glob("*.json"))
    assert records and {name: times[name] for name in records} == dict.fromkeys(records, 1)
