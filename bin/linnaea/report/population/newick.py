"""Read a Newick tree and lay it out as a phylogram, without a tree library."""

import re
from dataclasses import dataclass, field

from linnaea.base.errors import InputError

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[(),:;]|[^\s'(),:;]+)")


@dataclass
class Node:
    """A node with the length of the branch above it; leaves have no children."""

    name: str = ""
    length: float = 0.0
    children: list["Node"] = field(default_factory=list)


def parse(text: str) -> Node:
    """The root of a tree in Newick. InputError when brackets do not match or a length is no number."""
    root = node = Node()
    above: list[Node] = []
    after_colon = False
    for match in _TOKEN.finditer(text):
        token = match[1]
        if token == "(":
            above.append(node)
            node.children.append(Node())
            node = node.children[-1]
        elif token == "," and above:
            above[-1].children.append(Node())
            node = above[-1].children[-1]
        elif token == ")" and above:
            node = above.pop()
        elif token == ";":
            break
        elif token == ":":
            after_colon = True
            continue
        elif after_colon:
            try:
                node.length = float(token)
            except ValueError:
                raise InputError(f"the tree has {token!r} where a branch length should be") from None
        elif token in ",)":
            raise InputError("the brackets of the tree do not match; make the Newick file again")
        else:
            node.name = token[1:-1].replace("''", "'") if token.startswith("'") else token
        after_colon = False
    if above:
        raise InputError("the brackets of the tree do not match; make the Newick file again")
    return root


@dataclass
class Layout:
    """Places of leaves (name, x, y) and line segments (x0, y0, x1, y1); x is the distance from the root."""

    leaves: list[tuple[str, float, float]] = field(default_factory=list)
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)


def layout(root: Node) -> Layout:
    """Rectangular phylogram: leaves one per row in their order, inner nodes midway between their outermost
    children. Neighbour joining may give negative lengths, which are drawn as zero. No recursion: a tree of
    hundreds of samples may be a ladder."""
    made = Layout()
    height: dict[int, float] = {}
    stack: list[tuple[Node, float, bool]] = [(root, 0.0, False)]
    while stack:
        node, x, seen = stack.pop()
        if not node.children:
            height[id(node)] = float(len(made.leaves))
            made.leaves.append((node.name, x, height[id(node)]))
        elif not seen:
            stack.append((node, x, True))
            stack += [(child, x + max(child.length, 0.0), False) for child in reversed(node.children)]
        else:
            rows = [height[id(child)] for child in node.children]
            height[id(node)] = (rows[0] + rows[-1]) / 2
            made.lines.append((x, min(rows), x, max(rows)))
            made.lines += [
                (x, row, x + max(child.length, 0.0), row)
                for child, row in zip(node.children, rows, strict=True)
            ]
    return made
