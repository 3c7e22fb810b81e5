"""What names a tool: files written by hand are few, the others are made from them."""

import re
import subprocess

import pytest

from linnaea.base.paths import ROOT
from linnaea.catalogue import docs, outputs, resources, software

MADE = {path.relative_to(ROOT).as_posix() for path in software.made_files()} | {
    path.relative_to(ROOT).as_posix() for path in (resources.CONFIG, resources.SCHEMA, outputs.CONFIG)
}
TOOLS = {
    "star": ("modules/star.nf", "workflows/annotation/evidence.nf"),
    "trnascan": ("modules/trnascan.nf", "workflows/annotation/noncoding.nf"),
}
TABLES = {"containers/software.yml", "conf/resources.yml", "assets/outputs.tsv"}


@pytest.mark.parametrize("tool", TOOLS)
def test_files_that_name_a_tool_by_hand(tool):
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    word = re.compile(rf"(?i)(?<![a-z]){tool}(?![a-z])")
    skip = ("docs/", "tests/", "bench/", "CHANGELOG.md", "README.md", "mkdocs.yml")
    files = [name for name in tracked.split() if not name.startswith(skip) and name not in MADE]
    naming = {name for name in files if word.search((ROOT / name).read_text(errors="replace"))}
    # a reader of what the tool writes, and sentences about it, are not what the engine needs
    assert {name for name in naming if not name.startswith("bin/")} <= TABLES | set(TOOLS[tool])


def test_a_choice_of_the_table_becomes_one_of_the_schema(monkeypatch):
    values = {"rna_aligner": ["hisat2", "star", "minimap2"]}
    monkeypatch.setattr(resources, "chosen_values", lambda: values)
    assert '"star",\n                        "minimap2"' in resources.schema_text()


def test_excerpts_show_the_code_of_today():
    page = "<!-- excerpt: conf/resources.yml | ^STAR_ALIGN: | ^  files -->\n```yaml\nold\n```\n"
    shown = docs.with_excerpts(page)
    assert "STAR_ALIGN:\n  stage: annotation/evidence\n" in shown and "old" not in shown
    assert docs.with_excerpts(shown) == shown
