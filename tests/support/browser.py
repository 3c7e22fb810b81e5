"""Open a report in headless Chromium and see that it is drawn."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1280,2000",
)
WIDTH = "return document.documentElement.scrollWidth"
COLLAPSED = """
return Array.from(document.querySelectorAll('.plot')).filter(function (plot) {
  return plot.getBoundingClientRect().height < 100;
}).map(function (plot) { return plot.id; });
"""
# The marks a plot has drawn: shapes of traces, heat maps (images) and canvases.
MARKS = """
return Array.from(document.querySelectorAll('.plot')).map(function (plot) {
  const marks = plot.querySelectorAll(
    'g.trace path, g.trace image, .heatmaplayer image, .barlayer path, canvas');
  const seen = Array.from(marks).filter(function (mark) {
    const box = mark.getBoundingClientRect();
    return box.width + box.height > 2;
  });
  return [plot.id, seen.length];
});
"""


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A headless Chromium that keeps its console log and its own profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = shutil.which("chromedriver") or "/usr/bin/chromedriver"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for option in (*QUIET, f"--user-data-dir={profile}"):
            options.add_argument(option)
        browser = webdriver.Chrome(options=options, service=Service(driver))
        try:
            yield browser
        finally:
            browser.quit()


def assert_report_is_drawn(path: str | Path) -> dict[str, int]:
    """Open the report and check it; return how many marks each plot holds.

    Every plot is drawn, the console holds no warning or error, nothing was asked of a network, the
    section links lead somewhere, and no page is wider than a phone's screen.
    """
    with chromium() as browser:
        browser.get(Path(path).resolve().as_uri())
        WebDriverWait(browser, 60).until(
            lambda b: b.execute_script(
                "return document.querySelectorAll('.plot:not([data-drawn])').length === 0"
            ),
            "a plot of the report was not drawn within 60 s",
        )
        marks = dict(browser.execute_script(MARKS))
        assert marks, f"{path} has no plots"
        empty = [name for name, count in marks.items() if count == 0]
        assert not empty, f"plots without marks: {empty}"
        asked = browser.execute_script(
            "return performance.getEntriesByType('resource').map(r => r.name)"
            ".filter(name => !/^(data|blob):/.test(name))"
        )
        assert asked == [], f"the report asks for {asked}"
        lost = browser.execute_script(
            "return Array.from(document.querySelectorAll('nav a'))"
            ".filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)"
        )
        assert lost == [], f"links without a section: {lost}"
        for button in browser.find_elements("css selector", ".views button"):
            browser.execute_script("arguments[0].click()", button)
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True},
        )
        try:
            # The plots follow the new width a moment later.
            WebDriverWait(browser, 10).until(lambda b: b.execute_script(WIDTH) <= 390)
        except TimeoutException:
            width = browser.execute_script(WIDTH)
            raise AssertionError(f"the page is {width} px wide on a screen of 390 px") from None
        collapsed = browser.execute_script(COLLAPSED)
        assert collapsed == [], f"plots that lost their height on a narrow screen: {collapsed}"
        said = [
            entry["message"]
            for entry in browser.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]
        assert said == [], f"the console says: {said}"
    return marks
