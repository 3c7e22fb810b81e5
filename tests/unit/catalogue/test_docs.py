"""Pages of the documentation: links and paths lead somewhere, and the site builds."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tutorial import PAGES as TUTORIALS
from tutorial import agree, commands, differing, numbers

from linnaea.base.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Paths of the repository in code spans.
FOLDERS = ["assets", "bench", "bin", "conf", "containers", "docs", "modules", "tests", "workflows"]
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*\w)/?`")
# A page of docs/, wherever a file names one.
PAGE = re.compile(r"\bdocs/[\w/.-]+\.(?:md|svg|png)\b")
# Pages that the sources of other projects have.
OTHERS = {"docs/metrics.md"}


def headings(page: Path) -> set[str]:
    """Anchors of a page, as GitHub and mkdocs write them."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    titles = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def broken_links(page: Path) -> list[str]:
    """Relative links of a page to files or headings that do not exist."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in headings(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_of_a_page_exist(page):
    assert broken_links(page) == []
    assert [path for path in PATH.findall(page.read_text()) if not (ROOT / path).exists()] == []


def test_a_broken_link_is_seen(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# A b\n[here](#a-b) [gone](b.md) [no heading](a.md#c) [web](https://x.org)\n")
    assert broken_links(page) == ["b.md", "a.md#c"]


def test_files_name_pages_that_exist():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    lost = []
    for name in files.stdout.split():
        path = ROOT / name
        if not path.is_file() or path.suffix in (".png", ".svg", ".gz", ".bam") or path == Path(__file__):
            continue
        named = set(PAGE.findall(path.read_text(errors="replace")))
        lost += [f"{name}: {page}" for page in named - OTHERS if not (ROOT / page).exists()]
    assert lost == []


def test_the_site_builds_without_a_warning(tmp_path):
    site = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"]
    answer = subprocess.run(site, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "WARNING" not in answer.stderr
    assert (tmp_path / "site/reference/parameters/index.html").stat().st_size > 10_000


def test_the_tutorials_name_their_commands():
    """The newcomer's test runs each of them."""
    lines = [line for page in TUTORIALS for line in commands(page)]
    assert lines[:4] == ["make demo", "source .venv/bin/activate", "linnaea status",
                         "linnaea cost --outdir results"]  # fmt: skip
    assert {line.split()[0] for line in lines[4:]} == {"grep", "head", "make", "cat"}
    assert sorted(len(numbers(page)) for page in TUTORIALS) == [8, 12, 12]


def test_a_number_that_the_results_do_not_show_is_named(tmp_path):
    for file, key, shown in numbers("genes"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        record = json.loads((tmp_path / file).read_text()) if (tmp_path / file).exists() else {}
        first, *rest = key.split(".")
        record[first] = [{rest[-1]: shown}] if rest else shown
        (tmp_path / file).write_text(json.dumps(record))
    assert differing("genes", tmp_path) == []
    file, key, shown = numbers("genes")[0]
    (tmp_path / file).write_text(json.dumps(json.loads((tmp_path / file).read_text()) | {key: 1}))
    assert differing("genes", tmp_path) == [f"{file} {key}: {shown}, measured 1"]


@pytest.mark.parametrize(
    "shown, measured, same",
    [("0.248", "0.2477", True), ("0.272", "0.2477", False), ("192", "193", True), ("192", "200", False),
     ("1,504,959", "1504959", True), ("pass", "pass", True), ("pass", "fail", False), ("4", "5", False)],
)  # fmt: skip
def test_numbers_agree_to_their_digits(shown, measured, same):
    assert agree(shown, measured) is same
