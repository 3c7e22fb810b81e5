"""A report and a verdict parse each record once."""

from collections import Counter
from pathlib import Path

import records as make

import assembly_verdict
import report


def test_each_record_is_parsed_once(tmp_path, monkeypatch):
    metrics, tables = make.write_run(tmp_path, None)
    times: Counter[str] = Counter()
    read_text = Path.read_text

    def counted(path, *arguments, **options):
        times[path.name] += path.parent == metrics[0].parent
        return read_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", counted)
    common = ["--id", make.GENOME, "--metrics", *map(str, metrics), "--tables", *map(str, tables)]
    verdict, page = tmp_path / "verdict.json", tmp_path / "report.html"
    assert assembly_verdict.main([*common, "--out", str(verdict)]) == 0
    assert {path.name: times[path.name] for path in metrics} == {path.name: 1 for path in metrics}
    times.clear()
    assert report.main([*common, "--name", "A", "--verdict", str(verdict), "--out", str(page)]) == 0
    assert {path.name: times[path.name] for path in [*metrics, verdict]} == {
        path.name: 1 for path in [*metrics, verdict]
    }
