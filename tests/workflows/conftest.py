"""A test of a run that no file has would be skipped in silence."""

from pathlib import Path

import pytest
import yaml


def pytest_collection_modifyitems(items):
    files = Path(__file__).parent.glob("test_*.yml")
    runs = {run["name"] for path in files for run in yaml.safe_load(path.read_text())}
    for item in items:
        for mark in item.iter_markers("workflow"):
            if unknown := set(mark.args) - runs:
                raise pytest.UsageError(f"{item.nodeid}: no run is called {', '.join(sorted(unknown))}")
