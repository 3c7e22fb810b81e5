"""Report pages as tests read them."""

import re
from html.parser import HTMLParser

from linnaea.base.paths import ROOT

CONFIG = ROOT / "assets" / "multiqc_config.yml"


class Reader(HTMLParser):
    """Collects visible text, element ids and addresses, and checks that elements are closed."""

    VOID = ("meta", "img", "br", "link", "input", "hr")

    def __init__(self):
        super().__init__()
        self.text, self.ids, self.addresses, self.open = [], [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.addresses += [attributes[key] for key in ("src", "href") if key in attributes]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


def read(page):
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    return reader, re.sub(r"\s+", " ", " ".join(reader.text))
