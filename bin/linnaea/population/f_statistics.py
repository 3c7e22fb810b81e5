"""f2, f3, f4 and Patterson's D between groups, and the tree of groups that fits their f2.

Estimators are those of Patterson et al. (2012, Genetics 192:1065, appendix A): unbiased for the number of
alleles called in each group at each site. Means are over the sites that are variable in the cohort, so f2 to
f4 compare within a run only. Standard errors are from the jackknife over blocks of the genome.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.distance_tree import Tree, neighbour_joining, newick, without_unknown
from linnaea.population.diversity import jackknife, ratio
from linnaea.population.genotypes import Dosages, batches, group_columns, is_transversion, open_genotypes

OUTGROUP = "outgroup"
# The field's blocks of 5 cM, at 1 cM a megabase. Smaller genomes have at least so many, larger at most.
BLOCK_BP = 5_000_000
LEAST_BLOCKS, MOST_BLOCKS = 50, 1000
# A standard error from fewer blocks is no base of a Z.
MIN_BLOCKS = 10
# Quartets of more groups are thousands.
MAX_GROUPS = 16

F_COLUMNS = (
    *("statistic", "group_1", "group_2", "group_3", "group_4", "split", "sites", "blocks"),
    *("estimate", "standard_error", "z", "abba_sites", "baba_sites", "reason"),
)
RESIDUAL_COLUMNS = (
    *("group_1", "group_2", "f2", "tree_distance", "residual", "residual_standard_error", "residual_z"),
    *("f4_groups", "f4_z"),
)


class Combinations:
    """Pairs, triples and quartets of g groups, as indices.

    pairs (p, 2), first < second; triples (t, 3), the target first; quartets (3 q, 4): of each choice of four
    groups a, b, c, d the rows (a, b, c, d), (a, c, b, d), (b, c, a, d). With `rooted`, the last group is an
    outgroup: it is no target, and the last of every quartet.
    """

    def __init__(self, groups: int, rooted: bool) -> None:
        inside = range(groups - rooted)
        self.pairs = np.array(list(combinations(range(groups), 2)), np.intp).reshape(-1, 2)
        self.triples = np.array(
            [
                (target, *sources)
                for target in inside
                for sources in combinations([g for g in inside if g != target], 2)
            ],
            np.intp,
        ).reshape(-1, 3)
        chosen = (
            [(*three, groups - 1) for three in combinations(inside, 3)]
            if rooted
            else list(combinations(inside, 4))
        )
        self.quartets = np.array(
            [row for a, b, c, d in chosen for row in ((a, b, c, d), (a, c, b, d), (b, c, a, d))], np.intp
        ).reshape(-1, 4)
        self._place = np.zeros((groups, groups), np.intp)
        self._sign = np.ones((groups, groups))
        for place, (one, two) in enumerate(self.pairs):
            self._place[one, two] = self._place[two, one] = place
            self._sign[two, one] = -1

    def place(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """Rows of `pairs`, in either order."""
        return self._place[one, two]

    def products(self, table: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Entries of (p, p) products of differences: (w - x)(y - z) of the rows (w, x, y, z)."""
        w, x, y, z = groups.T
        return self._sign[w, x] * self._sign[y, z] * table[self._place[w, x], self._place[y, z]]


class FrequencySums:
    """Sums of products of allele frequencies, by block of the genome.

    `columns` are those of each group; `lengths` maps chromosomes to bp, where they are known. Short scaffolds
    share a block.
    """

    def __init__(
        self,
        columns: Sequence[np.ndarray],
        samples: int,
        rooted: bool,
        block_bp: int,
        lengths: Mapping[str, int | None] | None = None,
        transversions_only: bool = False,
    ) -> None:
        self.combinations = Combinations(len(columns), rooted)
        self.block_bp, self.lengths, self.transversions_only = block_bp, lengths or {}, transversions_only
        self.sites = 0
        self._member = np.zeros((len(columns), samples), np.float32)
        for group, places in enumerate(columns):
            self._member[group, places] = 1
        self._chromosome, self._last, self._offset = "", 0, 0
        self._blocks: dict[int, np.ndarray] = {}

    def add(self, sites: Dosages) -> None:
        """Add sites, chromosomes in the order of the file."""
        if sites.chromosome != self._chromosome:
            self._offset += self.lengths.get(self._chromosome) or self._last
            self._chromosome = sites.chromosome
        self._last = int(sites.position[-1])
        rows = is_transversion(sites.alleles) if self.transversions_only else slice(None)
        dosage, block = sites.dosage[rows], (self._offset + sites.position[rows] - 1) // self.block_bp
        self.sites += len(dosage)
        for number in np.unique(block):
            sums = self._sums(dosage[block == number])
            self._blocks[int(number)] = self._blocks.get(int(number), 0) + sums

    def _sums(self, dosage: np.ndarray) -> np.ndarray:
        """Of (k, m) dosages: numerators and sites of f2, of f3, of f4, and the denominators of D."""
        called = 2 * (self._member @ (dosage >= 0).T.astype(np.float32)).astype(float)
        alternate = (self._member @ np.maximum(dosage, 0).T.astype(np.float32)).astype(float)
        frequency = ratio(alternate, called)
        known = called > 0
        # What sampling adds to a squared frequency.
        noise = np.where(known, frequency * (1 - frequency) / np.maximum(called - 1, 1), 0)
        one, two = self.combinations.pairs.T
        a, b = np.where(known, frequency, 0)[one], np.where(known, frequency, 0)[two]
        both = (known[one] & known[two]).astype(float)
        difference, either = (a - b) * both, (a + b - 2 * a * b) * both
        products, sites, patterns = (table @ table.T for table in (difference, both, either))
        # noise is 0 where the group has no call, so this is over the sites of all three groups
        noise_sums = noise @ both.T
        pair = np.arange(len(one))
        f2 = products[pair, pair] - noise_sums[one, pair] - noise_sums[two, pair]
        target, *sources = self.combinations.triples.T
        f3 = self.combinations.products(products, np.array([target, sources[0], target, sources[1]]).T)
        f3 -= noise_sums[target, self.combinations.place(*sources)]
        first, second = (self.combinations.place(target, source) for source in sources)
        w, x, y, z = self.combinations.quartets.T
        left, right = self.combinations.place(w, x), self.combinations.place(y, z)
        return np.concatenate(
            [
                *(f2, sites[pair, pair], f3, sites[first, second]),
                self.combinations.products(products, self.combinations.quartets),
                *(sites[left, right], patterns[left, right]),
            ]
        )

    def tables(self) -> dict[str, np.ndarray]:
        """Sums by block (b): `f2` (2, p, b), `f3` (2, t, b), `f4` (3, q, b): numerators, sites and, of f4,
        the denominators of D.
        """
        of = self.combinations
        sizes = [len(of.pairs)] * 2 + [len(of.triples)] * 2 + [len(of.quartets)] * 3
        blocks = [self._blocks[number] for number in sorted(self._blocks)]
        whole = np.array(blocks).reshape(len(blocks), sum(sizes)).T
        parts = np.split(whole, np.cumsum(sizes)[:-1])
        return {"f2": np.stack(parts[:2]), "f3": np.stack(parts[2:4]), "f4": np.stack(parts[4:])}


def block_size(lengths: Iterable[int | None], block_bp: int = BLOCK_BP) -> int:
    """Block of the jackknife in bp for chromosomes of these lengths; `block_bp` if one is not known."""
    known = list(lengths)
    if not known or None in known:
        return block_bp
    total = sum(length or 0 for length in known)
    return max(1, min(block_bp, total // LEAST_BLOCKS), -(-total // MOST_BLOCKS))


def best_splits(f4: np.ndarray) -> np.ndarray:
    """(3 q,) bool: the row of each quartet whose split (1, 2 | 3, 4) has the smallest sum of f2, from (3 q,)
    f4 in the order of `Combinations.quartets`.

    f4 are differences of these sums (Patterson 2012): (a, b; c, d) is half of S(ad|bc) - S(ac|bd), and so on.
    """
    three = f4.reshape(-1, 3)
    sums = np.stack([np.zeros(len(three)), three[:, 2], three[:, 1]], axis=1)
    best = np.zeros(three.shape, bool)
    best[np.arange(len(three)), np.argmin(np.where(np.isnan(sums), np.inf, sums), axis=1)] = True
    return (best & np.isfinite(three).all(axis=1, keepdims=True)).ravel()


def estimate(
    numerator: np.ndarray, denominator: np.ndarray, sites: np.ndarray
) -> tuple[float, float, float, int]:
    """Ratio of the sums of blocks (b,), its standard error and Z, and the blocks with sites.

    Blocks weigh by their sites. Z is NaN with fewer than MIN_BLOCKS blocks.
    """
    blocks = int((sites > 0).sum())
    value = float(ratio(numerator.sum(), denominator.sum()))
    error = jackknife(np.stack([numerator, denominator]), lambda sums: ratio(sums[0], sums[1]), sites)
    z = value / error if blocks >= MIN_BLOCKS and error > 0 else float("nan")
    return value, error, z, blocks


def rows_of(names: Sequence[str], sums: FrequencySums) -> list[tuple[Any, ...]]:
    """Rows of `F_COLUMNS`."""
    of, tables = sums.combinations, sums.tables()
    rows: list[tuple[Any, ...]] = []
    for kind, chosen in (("f2", of.pairs), ("f3", of.triples)):
        for place, groups in enumerate(chosen):
            numerator, sites = tables[kind][:, place]
            rows.append(
                _row(kind, [names[g] for g in groups], ".", sites, estimate(numerator, sites, sites), None)
            )
    numerators, sites, patterns = tables["f4"]
    best = best_splits(ratio(numerators.sum(1), sites.sum(1)))
    for kind, denominators in (("f4", sites), ("d", patterns)):
        for place, groups in enumerate(of.quartets):
            found = estimate(numerators[place], denominators[place], sites[place])
            total, difference = patterns[place].sum(), numerators[place].sum()
            counts = ((total - difference) / 2, (total + difference) / 2) if kind == "d" else None
            split = "best" if best[place] else "other"
            rows.append(_row(kind, [names[g] for g in groups], split, sites[place], found, counts))
    return rows


def _row(
    kind: str,
    groups: list[str],
    split: str,
    sites: np.ndarray,
    found: tuple[float, float, float, int],
    patterns: tuple[float, float] | None,
) -> tuple[Any, ...]:
    value, error, z, blocks = found
    reason = "."
    if not sites.sum():
        reason = "no site is called in all of them"
    elif blocks < MIN_BLOCKS:
        reason = f"fewer than {MIN_BLOCKS} blocks"
    elif not np.isfinite(z):
        reason = "no site varies among them"
    cells = [*groups, *["."] * (4 - len(groups))]
    return (
        kind,
        *cells,
        split,
        int(sites.sum()),
        blocks,
        value,
        error,
        z,
        *(patterns or (None, None)),
        reason,
    )


class GroupTree:
    """The neighbour-joining tree of (p, 2) sums of f2 with branch lengths by weighted least squares.

    `places` are the groups in it: those whose f2 are all known. `residual` (p,) is f2 less its distance in
    the tree, negative where two groups are more alike than the tree says; NaN for pairs that are not in it.
    """

    def __init__(self, pairs: np.ndarray, sums: np.ndarray, groups: int) -> None:
        f2 = ratio(sums[0].sum(1), sums[1].sum(1))
        matrix = np.zeros((groups, groups))
        matrix[pairs[:, 0], pairs[:, 1]] = matrix[pairs[:, 1], pairs[:, 0]] = f2
        self.places = without_unknown(matrix)
        self.tree: Tree = neighbour_joining(matrix[np.ix_(self.places, self.places)])
        self.distance, self.residual, self.error, self.z = np.full((4, len(pairs)), np.nan)
        row = {int(place): row for row, place in enumerate(self.places)}
        inside = np.array([int(one) in row and int(two) in row for one, two in pairs], bool)
        if len(self.places) < 3:
            return
        paths = _paths(self.tree, [(row[int(one)], row[int(two)]) for one, two in pairs[inside]])
        kept = sums[:, inside]
        errors = np.array([estimate(kept[0, p], kept[1, p], kept[1, p])[1] for p in range(kept.shape[1])])
        weight = 1 / np.where((errors > 0) & np.isfinite(errors), errors, 1)
        fit = np.linalg.pinv(paths * weight[:, None]) * weight
        lengths = fit @ f2[inside]
        for edge, (one, two) in enumerate(_edges(self.tree)):
            self.tree[one][two] = self.tree[two][one] = float(lengths[edge])
        self.distance[inside] = paths @ lengths
        residues = np.eye(len(paths)) - paths @ fit
        free = np.abs(np.diag(residues)) > 1e-6
        self.residual[inside] = np.where(free, residues @ f2[inside], 0)
        size = kept[1].mean(0)
        for place, pair in enumerate(np.flatnonzero(inside)):
            if free[place] and (size > 0).sum() >= MIN_BLOCKS:
                self.error[pair] = jackknife(
                    kept.reshape(-1, kept.shape[2]), partial(_weighed, residues[place]), size
                )
        self.z = ratio(self.residual, self.error)


def _weighed(weights: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """`weights` (p,) times the f2 of (2 p, b) sums of numerators and sites."""
    return weights @ ratio(*np.split(sums, 2))


def _edges(tree: Tree) -> list[tuple[int, int]]:
    return [(one, two) for one in sorted(tree) for two in sorted(tree[one]) if one < two]


def _paths(tree: Tree, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """(pairs, branches) 1 where the branch is between the two leaves."""
    edges = _edges(tree)
    leaves = sorted({leaf for pair in pairs for leaf in pair})
    behind = np.zeros((len(edges), max(leaves) + 1), bool)
    for row, (one, two) in enumerate(edges):
        stack = [(two, one)]
        while stack:
            node, before = stack.pop()
            if node <= leaves[-1]:
                behind[row, node] = True
            stack += [(child, node) for child in tree[node] if child != before]
    return np.array([behind[:, one] != behind[:, two] for one, two in pairs], float)


def residual_rows(
    names: Sequence[str], pairs: np.ndarray, f2: np.ndarray, tree: GroupTree, rows: Sequence[Sequence[Any]]
) -> list[tuple[Any, ...]]:
    """Rows of `RESIDUAL_COLUMNS`, the pairs that are most alike for the tree first."""
    f4 = [row for row in rows if row[0] == "f4" and row[5] == "best" and np.isfinite(row[10])]
    order = np.argsort(np.where(np.isfinite(tree.z), tree.z, np.inf), kind="stable")
    made = []
    for pair in order:
        one, two = (names[group] for group in pairs[pair])
        values = (f2[pair], tree.distance[pair], tree.residual[pair], tree.error[pair], tree.z[pair])
        made.append((one, two, *values, *_support(one, two, f4)))
    return made


def _support(one: str, two: str, f4: Sequence[Sequence[Any]]) -> tuple[str, float | None]:
    """The f4 of largest Z that shows more sharing of two groups than the tree has, as `1,2;3,4`."""
    found: list[tuple[float, str]] = []
    for row in f4:
        w, x, y, z = row[1:5]
        # (w - x)(y - z) is positive when w is like y or x like z
        if {one, two} in ({w, y}, {x, z}):
            sharing = row[10]
        elif {one, two} in ({w, z}, {x, y}):
            sharing = -row[10]
        else:
            continue
        found.append((sharing, f"{w},{x};{y},{z}"))
    best = max(found, default=(0.0, "."))
    return (best[1], best[0]) if best[0] > 0 else (".", None)


def compare_groups(
    *,
    vcf: str,
    samples: str,
    table: str,
    residuals: str,
    tree: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    block_bp: int = 5_000_000,
    max_groups: int = 16,
) -> None:
    """f2, f3, f4 and Patterson's D of groups with Z, and the tree of groups with its residuals.

    Groups of old DNA that is not repaired are compared at transversions. With an outgroup, every f4 and D has
    it as the last group.

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are no autosomes
    block_bp: largest block of the jackknife; small genomes have 50 blocks
    max_groups: so many groups, those of most samples
    table: f2, f3, f4 and D
    residuals: f2 against the tree
    tree: Newick
    out: metrics record
    """
    genotypes = open_genotypes(vcf, samples, compartments, outgroup=True)
    members = group_columns(genotypes)
    outside = np.array(
        [c for c, name in enumerate(genotypes.names) if name not in genotypes.group_of], np.intp
    )
    kept = sorted(sorted(members, key=lambda name: (-len(members[name]), name))[:max_groups])
    columns, names, rooted = [members[name] for name in kept], list(kept), len(outside) > 0
    if rooted:
        columns, names = [*columns, outside], [*names, OUTGROUP]
    lengths = genotypes.autosomes
    size = block_size(lengths.values(), block_bp)
    sums = FrequencySums(
        columns, len(genotypes.names), rooted, size, lengths, transversions_only=genotypes.damaged
    )
    for sites in batches(genotypes.stream, 4096):
        sums.add(sites)
    tables = sums.tables()
    rows = rows_of(names, sums)
    write_table(table, F_COLUMNS, rows)
    fitted = GroupTree(sums.combinations.pairs, tables["f2"], len(names))
    f2 = ratio(tables["f2"][0].sum(1), tables["f2"][1].sum(1))
    pairs = sums.combinations.pairs
    write_table(residuals, RESIDUAL_COLUMNS, residual_rows(names, pairs, f2, fitted, rows))
    inside = [names[place] for place in fitted.places]
    text = newick(fitted.tree, inside, [OUTGROUP] if rooted else [])
    with complete_file(tree) as handle:
        handle.write(text + "\n")
    write_metrics(
        out,
        {
            "id": id,
            "step": "f_statistics",
            "groups": {name: len(of) for name, of in zip(names, columns, strict=True)},
            "outgroup": OUTGROUP if rooted else None,
            "groups_left_out": sorted(set(members) - set(kept)),
            "groups_not_in_tree": [name for name in names if name not in inside],
            "sites": sums.sites,
            "sites_used": "transversions" if genotypes.damaged else "all",
            "blocks": tables["f2"].shape[2],
            "block_bp": size,
            "tests_f3": len(sums.combinations.triples),
            "tests_d": len(sums.combinations.quartets) // 3,
            "tree": text,
        },
    )
