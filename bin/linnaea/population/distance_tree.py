"""Distances of samples and their neighbour-joining tree (Saitou & Nei 1987, Mol Biol Evol 4:406)."""

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.genotypes import Dosages, open_genotypes

DISTANCE_COLUMNS = ("sample_1", "sample_2", "differences", "shared_sites", "distance_per_site", "estimator")
# Names of the two kinds of distance: per callable site, or per variant site where the callable sites are not
# known.
PER_SITE, PER_VARIANT = "p_distance_callable_sites", "p_distance_variant_sites"


class DistanceCounts:
    """Mean allele differences of pairs of m samples, (m, m), and at how many sites both are called.

    A site's difference of two samples is the chance that an allele of one differs from an allele of the
    other, (x (2 - y) + y (2 - x)) / 4 for dosages x and y; `quarters` holds four times their sum as whole
    numbers.
    """

    def __init__(self, samples: int):
        self.quarters = np.zeros((samples, samples), np.int64)
        self.shared = np.zeros((samples, samples), np.int64)
        self.sites = 0

    def add(self, dosage: np.ndarray) -> None:
        """Add (k, m) dosages, -1 missing."""
        for start in range(0, len(dosage), 1 << 16):
            part = dosage[start : start + (1 << 16)]
            called = (part >= 0).astype(np.float32)
            alternate = np.maximum(part, 0).astype(np.float32)
            reference = 2 * called - alternate
            product = alternate.T @ reference
            self.quarters += (product + product.T).astype(np.int64)
            self.shared += (called.T @ called).astype(np.int64)
            self.sites += len(part)

    def distances(self, callable_sites: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(m, m) differences per shared site, NaN where there is none, and (m, m) shared sites.

        With the number of sites callable in any sample, invariant ones included, a pair shares of all of them
        the share it has of the variant ones: both kinds are taken to be missing alike.
        """
        shared = self.shared.astype(float)
        if callable_sites is not None and self.sites:
            shared *= callable_sites / self.sites
        with np.errstate(invalid="ignore", divide="ignore"):
            result = np.where(shared > 0, self.quarters / 4 / shared, np.nan)
        np.fill_diagonal(result, 0)
        return result, shared


def count_distances(stream: Iterable[Dosages], samples: int) -> DistanceCounts:
    """Counts of all pairs over a stream of sites."""
    counts = DistanceCounts(samples)
    for sites in stream:
        counts.add(sites.dosage)
    return counts


# A tree without root: nodes 0 to m - 1 are the samples, and each node has its neighbours with the branch
# lengths.
Tree = dict[int, dict[int, float]]


def neighbour_joining(distances: np.ndarray) -> Tree:
    """Tree of (m, m) distances, m >= 2; of equal candidates the first pair is joined.

    Lengths are those of the method and may be negative. Raises ValueError for distances that are not finite.
    """
    if not np.isfinite(distances).all():
        raise ValueError("a distance is not known")
    matrix = distances.astype(float).copy()
    nodes = list(range(len(matrix)))
    tree: Tree = {node: {} for node in nodes}
    while len(nodes) > 2:
        number = len(nodes)
        total = matrix.sum(axis=1)
        criterion = (number - 2) * matrix - total[:, None] - total[None, :]
        np.fill_diagonal(criterion, np.inf)
        # Rounding must not choose between equal pairs.
        limit = criterion.min() + 1e-9 * max(abs(criterion.min()), 1e-300)
        first, second = divmod(int(np.argmax(criterion <= limit)), number)
        length = matrix[first, second] / 2 + (total[first] - total[second]) / (2 * (number - 2))
        new = len(tree)
        tree[new] = {}
        _join(tree, new, nodes[first], length)
        _join(tree, new, nodes[second], matrix[first, second] - length)
        to_new = (matrix[first] + matrix[second] - matrix[first, second]) / 2
        rest = [place for place in range(number) if place not in (first, second)]
        matrix = np.pad(matrix[np.ix_(rest, rest)], ((0, 1), (0, 1)))
        matrix[-1, :-1] = matrix[:-1, -1] = to_new[rest]
        nodes = [*(nodes[place] for place in rest), new]
    if len(nodes) == 2:
        _join(tree, nodes[0], nodes[1], matrix[0, 1])
    return tree


def newick(tree: Tree, names: list[str], outgroup: Collection[str] = ()) -> str:
    """The tree in Newick format; rooted in the middle of the outgroup's branch where it has one of its own.

    Otherwise the tree stays unrooted and is written from its last inner node. A negative length is written as
    0.
    """
    if len(names) == 1:
        return f"{names[0]};"
    members = {place for place, name in enumerate(names) if name in set(outgroup)}
    edge = _branch_of(tree, members, len(names)) if members and len(members) < len(names) else None
    if edge is not None:
        inside, other = edge
        half = max(tree[inside][other], 0) / 2
        parts = [_written(tree, names, side, away, half) for side, away in ((inside, other), (other, inside))]
        return f"({','.join(parts)});"
    root = max(tree)
    if len(names) == 2:
        return f"({_written(tree, names, 0, 1, 0.0)},{_written(tree, names, 1, 0, tree[0][1])});"
    return f"({','.join(_written(tree, names, child, root, tree[root][child]) for child in tree[root])});"


def distance_rows(
    names: list[str], counts: DistanceCounts, callable_sites: int | None
) -> list[tuple[Any, ...]]:
    """Rows of `DISTANCE_COLUMNS`."""
    distances, shared = counts.distances(callable_sites)
    kind = PER_VARIANT if callable_sites is None else PER_SITE
    return [
        (
            *(names[first], names[second], counts.quarters[first, second] / 4),
            *(round(shared[first, second]), float(distances[first, second]), kind),
        )
        for first in range(len(names))
        for second in range(first + 1, len(names))
    ]


def without_unknown(distances: np.ndarray) -> np.ndarray:
    """Rows of the samples left when those with most unknown distances are taken out, until none is
    unknown.
    """
    left = np.arange(len(distances))
    while True:
        unknown = (~np.isfinite(distances[np.ix_(left, left)])).sum(axis=1)
        if not unknown.any():
            return left
        left = np.delete(left, int(unknown.argmax()))


def _join(tree: Tree, first: int, second: int, length: float) -> None:
    tree[first][second] = tree[second][first] = float(length)


def _branch_of(tree: Tree, members: set[int], samples: int) -> tuple[int, int] | None:
    """The branch with exactly `members` on its first side, None where they are no such group."""
    for node in sorted(tree):
        for other in tree[node]:
            side, stack = set(), [(node, other)]
            while stack:
                here, before = stack.pop()
                if here < samples:
                    side.add(here)
                stack += [(child, here) for child in tree[here] if child != before]
            if side == members:
                return node, other
    return None


def _written(tree: Tree, names: list[str], node: int, parent: int, length: float) -> str:
    """Newick text of the part below `node`, by a stack: trees of many samples may be deep."""
    text: dict[int, str] = {}
    lengths = {node: length}
    stack = [(node, parent, False)]
    while stack:
        here, before, ready = stack.pop()
        children = [child for child in tree[here] if child != before]
        if not ready and children:
            stack.append((here, before, True))
            for child in children:
                lengths[child] = tree[here][child]
                stack.append((child, here, False))
            continue
        label = f"({','.join(text.pop(child) for child in children)})" if children else names[here]
        text[here] = f"{label}:{max(lengths[here], 0) + 0.0:.6g}"
    return text[node]


def build_tree(
    *,
    vcf: str,
    samples: str,
    distances: str,
    tree: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    callable_sites: int | None = None,
) -> None:
    """Genetic distances of all pairs of samples and their neighbour-joining tree.

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are no autosomes
    callable_sites: autosomal sites callable in any sample, invariant too
    tree: Newick
    out: metrics record
    """
    genotypes = open_genotypes(vcf, samples, compartments, outgroup=True)
    names = genotypes.names
    counts = count_distances(genotypes.stream, len(names))
    write_table(distances, DISTANCE_COLUMNS, distance_rows(names, counts, callable_sites))
    matrix, _ = counts.distances(callable_sites)
    left = without_unknown(matrix)
    kept = [names[row] for row in left]
    outgroup = [name for name in kept if name not in genotypes.group_of]
    joined = neighbour_joining(matrix[left][:, left])
    with complete_file(tree) as handle:
        handle.write(newick(joined, kept, outgroup) + "\n")
    write_metrics(
        out,
        {
            "id": id,
            "step": "distance_tree",
            "samples": len(names),
            "variant_sites": counts.sites,
            "callable_sites": callable_sites,
            "samples_not_in_tree": [name for name in names if name not in kept],
        },
    )
