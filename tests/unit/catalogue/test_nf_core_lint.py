"""Those of nf-core's lint tests that need no network and mean something outside nf-core.

Left out: names, files and profiles of the nf-core template, its registry of modules, and
`system_exit` (main.nf leaves with 1 after a run in which a task lost a child process to memory: the
engine offers no other way from its completion handler).
"""

import pytest
from nf_core.pipelines.lint import PipelineLint

from linnaea.base.paths import ROOT

TESTS = [
    "schema_lint", "schema_params", "schema_description", "pipeline_todos", "merge_markers",
    "pipeline_name_conventions", "base_config", "pipeline_if_empty_null", "plugin_includes",
]  # fmt: skip


@pytest.fixture(scope="module")
def lint():
    lint = PipelineLint(str(ROOT))
    assert lint._load()
    return lint


@pytest.mark.parametrize("name", TESTS)
def test_lint(lint, name):
    found = getattr(lint, name)()
    assert found.get("failed", []) == []
    assert found.get("warned", []) == []
