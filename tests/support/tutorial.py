"""What the tutorials promise: their commands, the numbers they show, and their pictures.

`python tests/support/tutorial.py results` takes the pictures again from the reports of both demos.
"""

import base64
import io
import json
import re
import sys
import time
from pathlib import Path

from linnaea.base.paths import ROOT
from linnaea.base.tables import read_table

FOLDER = ROOT / "docs" / "tutorial"
PAGES = ("genome", "genes", "populations")
# Rows `| text | `file` | `key` | value |`; a key of a table is `column of value in another column`.
NUMBER = re.compile(r"(?m)^\|[^|]+\| `([^`|]+)` \| `([^`|]+)` \| ([^|]+?) \|$")
# Relative tolerance: versions of tools differ between releases of Debian.
TOLERANCE = 0.02
# Section of a report -> height of its picture in pixels.
PICTURES = {
    "xxLinDemo1": {"profile": 900, "history": 900, "hic": 840, "truth": 900, "accuracy": 700, "look": 760},
    "popgen": {"diversity": 800, "damage": 560, "kinship": 760, "structure": 700},
}
BOX = """
const box = document.getElementById(arguments[0]).getBoundingClientRect();
return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height};
"""


def commands(page: str) -> list[str]:
    """Lines of shell of a tutorial."""
    return re.findall(r"(?m)^    (\w.*?)(?: +#.*)?$", (FOLDER / f"{page}.md").read_text())


def numbers(page: str) -> list[tuple[str, str, str]]:
    """File, key and shown value of every number that a tutorial shows."""
    return NUMBER.findall((FOLDER / f"{page}.md").read_text())


def value(results: Path, file: str, key: str) -> str:
    """Value of a key of a record, or of `column of row` of a table (`row`: values that it has)."""
    path = results / file
    if path.suffix == ".json":
        found = json.loads(path.read_text())
        for part in key.split("."):
            found = found[int(part)] if part.isdigit() and isinstance(found, list) else found[part]
        return str(found)
    column, _, wanted = key.partition(" of ")
    rows = [row for row in read_table(path) if set(wanted.split()) <= set(row.values())]
    assert len(rows) == 1, f"{file}: {len(rows)} rows of {wanted}"
    return rows[0][column]


def agree(shown: str, measured: str) -> bool:
    """Whether a number is as shown, to a tolerance and the digits shown; words must be equal."""
    try:
        number = float(shown.replace(",", ""))
    except ValueError:
        return shown == measured
    digits = len(shown.partition(".")[2])
    return abs(float(measured) - number) <= max(TOLERANCE * abs(number), 0.51 * 10**-digits)


def differing(page: str, results: Path) -> list[str]:
    """Numbers of a tutorial that the results do not show."""
    rows = numbers(page)
    assert rows, f"{page} shows no numbers"
    measured = [(file, key, shown, value(results, file, key)) for file, key, shown in rows]
    return [
        f"{file} {key}: {shown}, measured {got}"
        for file, key, shown, got in measured
        if not agree(shown, got)
    ]


def take_pictures(results: Path) -> None:
    """Pictures of sections of the reports, in 64 colours."""
    from browser import chromium
    from PIL import Image
    from selenium.webdriver.support.ui import WebDriverWait

    with chromium() as browser:
        browser.set_window_size(1100, 1200)
        browser.set_script_timeout(120)
        for report, sections in PICTURES.items():
            browser.get((results / report / "report.html").resolve().as_uri())
            WebDriverWait(browser, 60).until(
                lambda b: b.execute_script(
                    "return document.querySelectorAll('.plot:not([data-drawn])').length === 0"
                )
            )
            time.sleep(2)  # plots drawn last still move what is below them
            for section, height in sections.items():
                box = browser.execute_script(BOX, section)
                clip = box | {"height": min(height, box["height"]), "scale": 1}
                shot = browser.execute_cdp_cmd(
                    "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
                )
                image = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
                image.quantize(64).save(FOLDER / f"{section}.png", optimize=True)


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]))
