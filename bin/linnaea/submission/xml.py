"""XML files of ENA."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from linnaea.base.files import complete_file


def write_tree(path: str | Path, root: ElementTree.Element) -> None:
    """Write an indented XML file."""
    ElementTree.indent(root)
    with complete_file(path, "wb") as handle:
        ElementTree.ElementTree(root).write(handle, encoding="UTF-8", xml_declaration=True)
